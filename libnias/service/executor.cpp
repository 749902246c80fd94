#include "service/executor.hpp"

#include <exception>
#include <filesystem>
#include <optional>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "service/bulk_client.hpp"
#include "store/blobs.hpp"

namespace nias::service {
namespace {

constexpr std::size_t kLogBytesMax = 16U << 20U;  // kept in memory until the attempt ends, to be repeated
constexpr std::string_view kLogCut = "\n[nias: the log is cut here: it passed 16 MiB]\n";

}  // namespace

// One attempt's view of the pipeline. The bulk connection opens at first use: small tasks need none.
class Executor::HandlerContext final : public Context {
public:
    HandlerContext(Executor& owner, AttemptRef attempt, std::shared_ptr<std::atomic<bool>> cancel)
        : owner_(owner), attempt_(attempt), cancel_(std::move(cancel)) {}

    [[nodiscard]] bool cancelled() const override {
        if (bulk_ && !log_.empty()) { bulk_->push_log(attempt_, log_); }  // goes on after a silence of the program
        return cancel_->load();
    }
    void started() override { owner_.tell(StartedNote{attempt_}); }

    void log(std::string_view bytes) override {
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
        if (open_bulk()) { bulk_->send_progress({attempt_, fraction, std::string(text)}); }
    }
    Status fetch(const BlobRef& blob, const std::string& path) override {
        if (!owner_.options_.shared_blobs.empty()) {
            auto blobs = store::Blobs::open(owner_.options_.shared_blobs);
            if (!blobs) { return blobs.error(); }
            auto found = blobs->find(blob.hash);
            if (!found) { return found.error(); }
            std::error_code error;
            std::filesystem::create_symlink(std::filesystem::absolute(blobs->path_of(blob.hash)), path, error);
            if (error) { return Error{ErrorCode::unavailable, path + ": " + error.message()}; }
            return {};
        }
        auto ready = open_bulk();
        return ready ? bulk_->get(blob, path, [this] { return cancel_->load(); }) : ready;
    }
    Result<BlobRef> store(const std::string& path) override {
        if (!owner_.options_.shared_blobs.empty()) {
            auto blobs = store::Blobs::open(owner_.options_.shared_blobs);
            if (!blobs) { return blobs.error(); }
            return blobs->add_file(path);
        }
        if (auto ready = open_bulk(); !ready) { return ready.error(); }
        return bulk_->put(path, {});
    }
    /// The log is whole at the sink before the outcome leaves, unless the worker is being ended.
    void close_log(const std::atomic<bool>& hurry) {
        if (log_.empty() || !bulk_) { return; }
        const auto flushed = bulk_->flush_log(attempt_, log_, [&hurry] { return hurry.load(); });
        if (!flushed) { log::warn("the log of " + to_string(attempt_.id) + " is not whole: " + flushed.error().message); }
    }

private:
    Status open_bulk() {
        if (bulk_) { return {}; }
        auto opened = BulkClient::open(owner_.context_, owner_.options_.bulk);
        if (!opened) { return opened.error(); }
        bulk_.emplace(std::move(*opened));
        return {};
    }

    Executor& owner_;
    AttemptRef attempt_;
    std::shared_ptr<std::atomic<bool>> cancel_;
    mutable std::optional<BulkClient> bulk_;
    std::string log_;
    bool log_cut_ = false;
};

Executor::Executor(const WorkerOptions& options, Worker::JobHandler handler, net::Context& context, const net::Waker& loop)
    : options_(options), handler_(std::move(handler)), context_(context), loop_(loop) {
    for (std::uint32_t i = 0; i < options_.slots; ++i) { threads_.emplace_back([this] { work(); }); }
}

Executor::~Executor() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) { thread.join(); }
}

void Executor::run(Task task) {
    {
        const std::lock_guard lock(mutex_);
        cancels_[{task.id, task.attempt}] = std::make_shared<std::atomic<bool>>(false);
        waiting_.push_back(std::move(task));
    }
    wake_.notify_one();
}

void Executor::stop(const AttemptRef& attempt) {
    const std::lock_guard lock(mutex_);
    if (auto place = cancels_.find(attempt); place != cancels_.end()) { place->second->store(true); }
}

void Executor::stop_all() {
    const std::lock_guard lock(mutex_);
    for (auto& [attempt, cancel] : cancels_) { cancel->store(true); }
}

std::vector<Note> Executor::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(notes_, {});
}

void Executor::tell(Note note) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = notes_.empty();
        notes_.push_back(std::move(note));
    }
    if (first) { loop_.wake(); }
}

void Executor::work() {
    while (true) {
        Task task;
        std::shared_ptr<std::atomic<bool>> cancel;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
            if (waiting_.empty()) { return; }
            task = std::move(waiting_.front());
            waiting_.pop_front();
            cancel = cancels_[{task.id, task.attempt}];
        }
        const AttemptRef attempt{task.id, task.attempt};
        HandlerContext context(*this, attempt, cancel);
        Outcome outcome;
        const std::int64_t started = unix_ms_now();
        try {
            outcome = handler_(task, context);
        } catch (const std::exception& thrown) {  // the handler is the user's code: its exception is its answer
            outcome.status = OutcomeStatus::failed;
            outcome.error = std::string("the handler threw: ") + thrown.what();
        }
        context.close_log(*cancel);
        outcome.id = task.id;
        outcome.attempt = task.attempt;
        outcome.worker = options_.name;
        if (outcome.started_unix_ms == 0) { outcome.started_unix_ms = started; }
        outcome.ended_unix_ms = unix_ms_now();
        {
            const std::lock_guard lock(mutex_);
            cancels_.erase(attempt);
        }
        tell(FinishedNote{std::move(outcome)});
    }
}

}  // namespace nias::service
