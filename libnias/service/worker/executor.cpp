#include "service/worker/executor.hpp"

#include <algorithm>
#include <optional>
#include <system_error>
#include <unordered_set>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/words.hpp"
#include "core/digest.hpp"
#include "core/made_outcome.hpp"
#include "service/bulk/client.hpp"
#include "service/worker/call.hpp"
#include "service/worker/shared_blobs.hpp"
#include "store/blobs/blobs.hpp"

namespace nias::service {
namespace {

constexpr std::size_t kLogBytesMax = 16U << 20U;  // kept in memory until the attempt ends, to be repeated
constexpr auto kLogOfStopped = std::chrono::seconds(3);
constexpr auto kClocksAgree = std::chrono::seconds(1);  // both are read again after this time at the latest
constexpr auto kLookAfter = std::chrono::milliseconds(100);
constexpr std::size_t kNotesABatch = 512;  // outcomes of small tasks that leave together
constexpr std::string_view kLogCut = "\n[nias: the log is cut here: it passed 16 MiB]\n";

}  // namespace

// One attempt's view of the pipeline. The bulk connection opens at first use: small tasks need none. A
// handler's threads take turns at it.
class Executor::HandlerContext final : public Context {
public:
    HandlerContext(Executor& owner, Slot& slot, std::optional<Time> deadline)
        : owner_(owner), slot_(slot), attempt_(slot.attempt), deadline_(deadline) {}

    [[nodiscard]] bool cancelled() const override {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (lock && bulk_ && !log_.empty()) {
            bulk_->push_log(attempt_, log_);
        }  // goes on after a silence of the program
        if (lock && bulk_) { bulk_->tend_shown(); }
        return is_to_stop();
    }
    void started() override { owner_.tell_started(slot_); }

    void log(std::string_view bytes) override {
        const std::lock_guard lock(mutex_);
        if (log_cut_) { return; }
        const std::size_t room = kLogBytesMax - log_.size();
        log_.append(bytes.substr(0, room));
        if (bytes.size() > room) {
            log_.append(kLogCut);
            log_cut_ = true;
        }
        if (open_bulk()) { bulk_->push_log(attempt_, log_); }
    }
    void progress(double fraction, std::string_view text) override {
        const std::lock_guard lock(mutex_);
        if (!open_bulk()) { return; }
        const double part = fraction > 0 ? std::min(fraction, 1.0) : 0;  // also of what is no number
        bulk_->send_progress({attempt_, part, std::string(cut_utf8(text, wire::kNoteBytesMax))});
    }
    Status fetch(const BlobRef& blob, const std::string& path) override {
        const std::lock_guard lock(mutex_);
        if (!owner_.options_.shared_blobs.empty()) {
            return link_shared_blob(owner_.options_.shared_blobs, blob, path);
        }
        auto ready = open_bulk();
        return ready ? bulk_->get(blob, path, [this] { return is_to_stop(); }) : ready;
    }
    Result<BlobRef> store(const std::string& path) override {
        const std::lock_guard lock(mutex_);
        if (!owner_.options_.shared_blobs.empty()) {
            auto blobs = store::Blobs::open(owner_.options_.shared_blobs);
            if (!blobs) { return blobs.error(); }
            return blobs->add_file(path);
        }
        if (auto ready = open_bulk(); !ready) { return ready.error(); }
        return bulk_->put(path, [this] { return is_late(); });
    }
    void give(const BlobRef& blob) override {
        const std::lock_guard lock(mutex_);
        given_ = blob;
    }
    Status show_file(std::string_view name, const std::string& path) override {
        const std::lock_guard lock(mutex_);
        auto ready = open_bulk();
        return ready ? bulk_->show_file(attempt_, name, path) : ready;
    }
    [[nodiscard]] const std::optional<BlobRef>& given() const { return given_; }
    void forget_shown() {
        if (bulk_) { bulk_->forget_shown(attempt_); }
    }
    /// The log is whole at the sink before the outcome leaves; of a stopped attempt, as far as a moment
    /// allows.
    void close_log() {
        if (log_.empty() || !bulk_) { return; }
        const Time until = now() + kLogOfStopped;
        const auto flushed = bulk_->flush_log(attempt_, log_, [&] { return is_to_stop() && now() > until; });
        if (!flushed) {
            log::warn("the log of " + to_string(attempt_.id) + " is not whole: " + flushed.error().message);
        }
    }

private:
    [[nodiscard]] bool is_late() const { return deadline_ && now() > *deadline_; }
    [[nodiscard]] bool is_to_stop() const { return slot_.cancel.load() || is_late(); }
    Status open_bulk() {
        if (bulk_) { return {}; }
        auto opened = BulkClient::open(owner_.context_, owner_.options_.bulk);
        if (!opened) { return opened.error(); }
        bulk_.emplace(std::move(*opened));
        return {};
    }

    Executor& owner_;
    Slot& slot_;
    const AttemptRef attempt_;
    const std::optional<Time> deadline_;
    mutable std::mutex mutex_;  // guards all below
    mutable std::optional<BulkClient> bulk_;
    std::string log_;
    bool log_cut_ = false;
    std::optional<BlobRef> given_;
};

Executor::Executor(const WorkerOptions& options, Worker::JobHandler handler, bool limits,
                   net::Context& context, const net::Waker& loop)
    : options_(options),
      handler_(std::move(handler)),
      limits_(limits),
      context_(context),
      loop_(loop),
      slots_(options.slots) {
    try {
        for (Slot& slot : slots_) {
            threads_.emplace_back([this, &slot] { work(slot); });
        }
    } catch (const std::system_error&) {
        close();
        throw;
    }
}

Executor::~Executor() { close(); }

void Executor::close() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        waiting_.clear();
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) { thread.join(); }
}

void Executor::run(wire::Runs<Task> tasks) {
    const bool several = tasks.size() > 1;
    {
        const std::lock_guard lock(mutex_);
        waiting_.add(std::move(tasks));
    }
    several ? wake_.notify_all() : wake_.notify_one();
}

void Executor::stop(const AttemptRef& attempt) {
    const std::lock_guard lock(mutex_);
    for (Slot& slot : slots_) {
        if (slot.busy && slot.attempt == attempt) { slot.cancel.store(true); }
    }
    waiting_.stop(attempt);
}

void Executor::stop_all() {
    const std::lock_guard lock(mutex_);
    for (Slot& slot : slots_) { slot.cancel.store(true); }
    waiting_.clear();
}

std::vector<AttemptRef> Executor::recall() {
    const std::lock_guard lock(mutex_);
    return waiting_.remove([](const AttemptRef&) { return true; });
}

Executor::Recalled Executor::recall(const std::vector<AttemptRef>& asked) {
    std::unordered_set<AttemptRef, core::AttemptHash> left(asked.begin(), asked.end());
    Recalled out;
    {
        const std::lock_guard lock(mutex_);
        out.taken = waiting_.remove([&](const AttemptRef& attempt) { return left.erase(attempt) > 0; });
    }
    out.begun.assign(left.begin(), left.end());
    return out;
}

void Executor::drain(Notes& into, Time time) {
    into.started.clear();
    into.finished.clear();
    const std::lock_guard lock(mutex_);
    look_at_slots(time);
    if (!rung_ && time - taken_ < kAskAgain) { return; }
    taken_ = time;
    rung_ = false;
    std::swap(notes_, into);
}

bool Executor::is_idle() {
    const std::lock_guard lock(mutex_);
    return std::none_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.busy; });
}

bool Executor::has_waiting() {
    const std::lock_guard lock(mutex_);
    return !waiting_.empty();
}

bool Executor::is_to_wake() {
    if (rung_ || (!waiting_.empty() && notes_.size() < kNotesABatch)) { return false; }
    rung_ = true;
    return true;
}

void Executor::look_at_slots(Time time) {
    if (!limits_ || time - looked_ < kLookAfter) { return; }
    looked_ = time;
    for (Slot& slot : slots_) {
        const bool runs_on = slot.busy && slot.seen == slot.attempt && !slot.told;
        slot.seen = slot.busy ? slot.attempt : AttemptRef{};
        if (!runs_on) { continue; }
        slot.told = rung_ = true;
        notes_.started.push_back(slot.attempt);
    }
}

void Executor::tell_started(Slot& slot) {
    bool ring = false;
    {
        const std::lock_guard lock(mutex_);
        if (slot.told) { return; }
        slot.told = true;
        notes_.started.push_back(slot.attempt);
        ring = is_to_wake();
    }
    if (ring) { loop_.wake(); }
}

void Executor::work(Slot& slot) {
    Clocks clocks;
    WaitingTasks::Taken taken;
    std::unique_lock lock(mutex_);
    while (true) {
        if (waiting_.empty()) { clocks.ended = {}; }
        wake_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
        if (closing_) { return; }
        waiting_.dequeue(taken);
        slot.attempt = {taken.task.id, taken.task.attempt};
        const bool stopped = waiting_.was_stopped(slot.attempt);
        slot.cancel.store(stopped);
        slot.busy = true;
        slot.told = false;
        lock.unlock();
        const Outcome outcome = handle(taken.task, stopped, slot, clocks);
        lock.lock();
        slot.busy = false;
        notes_.finished.push_back(outcome);
        if (!is_to_wake()) { continue; }
        lock.unlock();
        loop_.wake();
        lock.lock();
    }
}

std::optional<Time> Executor::deadline_of(const Task& task, Time begun) const {
    if (!limits_ || task.spec.time_limit_ms == 0) { return std::nullopt; }
    constexpr std::chrono::milliseconds most =
        std::chrono::hours(24 * 365 * 100);  // longest time that a peer may say
    const auto limit = std::min<std::uint64_t>(task.spec.time_limit_ms, most.count());
    return begun + std::chrono::milliseconds(limit);
}

Outcome Executor::answer(const Task& task, Slot& slot, Time begun) {
    const std::optional<Time> deadline = deadline_of(task, begun);
    HandlerContext context(*this, slot, deadline);
    Outcome outcome = call(handler_, task, context);
    if (context.given() && outcome.status == OutcomeStatus::succeeded && !outcome.output_blob) {
        outcome.output_blob = context.given();
        bound(outcome);
    }
    if (deadline && now() > *deadline && !slot.cancel.load()) {
        const Usage usage = outcome.usage;
        outcome = {};
        outcome.usage = usage;
        outcome.status = OutcomeStatus::timed_out;
        outcome.cause = Cause::time_limit;
        outcome.error = "it ran past its time limit of " + std::to_string(task.spec.time_limit_ms) + " ms";
    }
    context.close_log();
    context.forget_shown();
    return outcome;
}

// A task begins when the one before it ended, unless the slot was idle between them.
Outcome Executor::handle(const Task& task, bool stopped, Slot& slot, Clocks& clocks) {
    const auto ms_between = [](Time from, Time to) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
    };
    if (clocks.ended == Time{} || clocks.ended - clocks.idle > kClocksAgree) {
        clocks.idle = clocks.ended = now();
        clocks.idle_unix_ms = unix_ms_now();
    }
    const Time begun = clocks.ended;
    Outcome outcome = stopped ? core::cancelled_before_it_began(slot.attempt) : answer(task, slot, begun);
    outcome.id = task.id;
    outcome.attempt = task.attempt;
    outcome.request = task.request;
    clocks.ended = now();
    if (outcome.started_unix_ms == 0) {
        outcome.started_unix_ms = clocks.idle_unix_ms + ms_between(clocks.idle, begun);
    }
    if (outcome.usage.wall_ms == 0) {
        outcome.usage.wall_ms = static_cast<std::uint64_t>(ms_between(begun, clocks.ended));
    }
    if (outcome.ended_unix_ms == 0) {
        outcome.ended_unix_ms = clocks.idle_unix_ms + ms_between(clocks.idle, clocks.ended);
    }
    return outcome;
}

}  // namespace nias::service
