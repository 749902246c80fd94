// The side of the callers: any thread; what it shares with the loop is behind the mutex.
#include "service/submitter/impl.hpp"

#include "base/host/threads.hpp"
#include "service/access/own_keys.hpp"
#include "service/in_process.hpp"
#include "service/options.hpp"
#include "wire/task_rules.hpp"

namespace nias {
inline namespace v1 {
namespace {

constexpr auto kSlowCallback =
    std::chrono::milliseconds(200);  // long enough to keep an answer from its caller

/// The place of a task in its group is told by its id: one that is drawn here would tell a wrong place.
Status has_place(const Task& task) {
    if (task.group == TaskId{} || task.id != TaskId{}) { return {}; }
    return Error{
        ErrorCode::invalid,
        "the task is of a group and has no id: give it one of TaskId::member(), which tells its place"};
}

}  // namespace

std::string Submitter::Impl::client_name() {
    constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv";
    std::uint64_t value = make_incarnation();
    std::string out(13, '0');
    for (std::size_t i = out.size(); i-- > 0; value >>= 5U) { out[i] = digits[value & 31U]; }
    return out;
}

Result<std::unique_ptr<Submitter::Impl>> Submitter::Impl::open(const SubmitterOptions& options,
                                                               SubmitterCallbacks callbacks) {
    if (auto checked = service::check(options); !checked) { return checked.error(); }
    auto keys = service::keys_of(options.keys, Role::submitter);
    if (!keys) { return keys.error(); }
    net::Context context = service::context_of(options.in_process, std::move(*keys));
    auto intake = net::Socket::connect(context, net::Kind::push, options.intake,
                                       {.hwm = wire::kBatchQueueMax, .routing_id = {}});
    if (!intake) { return intake.error(); }
    auto control = net::Socket::connect(context, net::Kind::dealer, options.control);
    if (!control) { return control.error(); }
    auto events = net::Socket::connect(context, net::Kind::sub, options.events,
                                       {.hwm = wire::kEventReadAheadMax, .routing_id = {}});
    if (!events) { return events.error(); }
    return with_threads("a submitter", [&] {
        return std::make_unique<Impl>(options, std::move(callbacks), std::move(context), std::move(*intake),
                                      std::move(*control), std::move(*events));
    });
}

Status Submitter::Impl::of_this_process() const {
    if (process_.is_own()) { return {}; }
    return Error{
        ErrorCode::invalid,
        "this process was forked, and the submitter's thread stayed with its parent: open a submitter here"};
}

Status Submitter::Impl::may_wait(std::string_view call) const {
    if (std::this_thread::get_id() == loop_) {
        return Error{ErrorCode::invalid,
                     std::string(call) +
                         "() was called from a callback, whose return it would wait for: use "
                         "submit_async() or another thread"};
    }
    if (closing_) { return closed(); }
    return {};
}

Error Submitter::Impl::closed() const {
    return {ErrorCode::unavailable, "the submitter is closed: nothing more is sent or heard by it"};
}

Error Submitter::Impl::no_answer(Time since) const {
    if (closing_) { return closed(); }
    const Time time = now();
    const auto seconds = [](Duration span) {
        const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(span).count() / 100;
        return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
    };
    constexpr std::string_view again = "; the task may be submitted again with the same id";
    if (const Duration ran = guard_.ran(since, time); ran >= kSlowCallback) {
        return {ErrorCode::unavailable, "a callback has been running for " + seconds(ran) +
                                            ", and meanwhile nothing is sent or heard: keep callbacks short" +
                                            std::string(again)};
    }
    if (!denied_.empty()) { return {ErrorCode::denied, denied_}; }
    if (const auto heard = core_.heard_at()) {
        return {ErrorCode::unavailable, "the ventilator at " + options_.intake + " was heard " +
                                            seconds(time - *heard) +
                                            " ago, and has not answered for this task: is it running, and "
                                            "does its disk take what it writes?" +
                                            std::string(again)};
    }
    return {ErrorCode::unavailable, "the ventilator at " + options_.intake +
                                        " did not answer: is it running? Nothing was heard from it yet" +
                                        std::string(again)};
}

Result<TaskId> Submitter::Impl::submit_async(Task&& task) {
    if (auto own = of_this_process(); !own) { return own.error(); }
    if (std::string fault = wire::fault_of(task); !fault.empty()) {
        return Error{ErrorCode::invalid, std::move(fault)};
    }
    if (auto placed = has_place(task); !placed) { return placed.error(); }
    TaskId id = task.id;
    bool presses = false;
    {
        std::unique_lock lock(mutex_);
        const auto room = [this] {
            return core_.unanswered() < options_.in_flight_max &&
                   (options_.unfinished_max == 0 || core_.unfinished() < options_.unfinished_max);
        };
        if (!room() && std::this_thread::get_id() != loop_) {
            changed_.wait(lock, [&] { return closing_ || room(); });
        }
        if (closing_) { return closed(); }
        if (id == TaskId{}) { id = task.id = ids_.make(unix_ms_about()); }
        const auto added = core_.add(task);
        if (added == core::Submit::Added::differs) {
            return Error{ErrorCode::conflict,
                         "another task with the id " + to_string(id) +
                             " lives, with another payload, owner or spec: draw an id of its own"};
        }
        presses = added == core::Submit::Added::presses;
    }
    if (presses) { waker_.wake(); }  // else the thread comes to it by itself
    return id;
}

Result<TaskId> Submitter::Impl::submit(Task task, std::chrono::milliseconds timeout) {
    if (auto own = of_this_process(); !own) { return own.error(); }
    if (auto placed = has_place(task); !placed) { return placed.error(); }
    const Time begun = now();
    {
        const std::lock_guard lock(mutex_);
        if (auto may = may_wait("submit"); !may) { return may.error(); }
        if (task.id == TaskId{}) { task.id = ids_.make(unix_ms_about()); }  // a rising one is not looked up
        submit_waits_.insert(task.id);
    }
    const TaskId wanted = task.id;
    auto id = submit_async(std::move(task));
    std::unique_lock lock(mutex_);
    const auto leave = [&](Result<TaskId> result) {
        submit_waits_.erase(wanted);
        refused_.erase(wanted);
        return result;
    };
    if (!id) { return leave(id); }
    const auto unanswered = [&] { return core_.is_unanswered(wanted); };
    const bool answered = changed_.wait_for(lock, timeout, [&] { return closing_ || !unanswered(); });
    if (!answered || closing_) {
        if (unanswered()) { core_.forget(wanted); }
        return leave(no_answer(begun));
    }
    if (auto place = refused_.find(wanted); place != refused_.end()) { return leave(place->second); }
    return leave(wanted);
}

Result<Outcome> Submitter::Impl::wait(const TaskId& id, std::chrono::milliseconds timeout) {
    if (auto own = of_this_process(); !own) { return own.error(); }
    std::unique_lock lock(mutex_);
    if (const auto kept = ended_.find(id); kept != ended_.end()) { return kept->second.outcome; }
    if (auto may = may_wait("wait"); !may) { return may.error(); }
    Wait& wait = waits_[id];
    ++wait.callers;
    if (!core_.lives(id)) {  // another submitter's, or ended: the ventilator knows
        core_.watch(id);
        waker_.wake();
    }
    const bool there =
        changed_.wait_for(lock, timeout, [&] { return closing_ || wait.ended || !core_.lives(id); });
    std::optional<Ended> ended = wait.ended;
    if (--wait.callers == 0) { waits_.erase(id); }
    if (ended) { return std::move(ended->outcome); }
    if (closing_) { return closed(); }
    if (there) {
        return Error{ErrorCode::not_found, "the ventilator does not know task " + to_string(id) +
                                               ", and this submitter keeps only the last " +
                                               std::to_string(kKeptOutcomesMax) +
                                               " outcomes that no callback or future was told"};
    }
    return Error{ErrorCode::unavailable, "task " + to_string(id) + " has not ended in the time given"};
}

Status Submitter::Impl::status() const {
    if (auto own = of_this_process(); !own) { return own; }
    if (auto callbacks = guard_.status(); !callbacks) { return callbacks; }
    const std::lock_guard lock(mutex_);
    return closing_ ? Status(closed()) : Status();
}

Result<TaskId> Submitter::Impl::submit_promised(Task&& task, Promise& promise,
                                                std::chrono::milliseconds accepted_within) {
    if (auto own = of_this_process(); !own) { return own.error(); }
    if (auto placed = has_place(task); !placed) { return placed.error(); }
    TaskId id = task.id;
    std::uint64_t call = 0;
    {  // before the task leaves: its outcome may be back before submit_async() is
        const std::lock_guard lock(mutex_);
        if (closing_) { return closed(); }
        if (id == TaskId{}) { id = task.id = ids_.make(unix_ms_about()); }
        call = promise.call = ++calls_;
        promised_[id].push_back(std::move(promise));
    }
    auto submitted = submit_async(std::move(task));
    const std::lock_guard lock(mutex_);
    if (!submitted) {
        break_promise(id, call, submitted.error());
        return submitted;
    }
    core_.give_up_at(id, now() + accepted_within);
    return submitted;
}

std::future<Result<Outcome>> Submitter::Impl::submit_future(Task task,
                                                            std::chrono::milliseconds accepted_within) {
    Promise promise;
    auto future = promise.promise.get_future();
    const auto submitted = submit_promised(std::move(task), promise, accepted_within);
    if (!submitted && promise.call == 0) { promise.promise.set_value(submitted.error()); }
    return future;
}

Result<TaskId> Submitter::Impl::submit_then(Task task, std::function<void(Result<Outcome>)> then,
                                            std::chrono::milliseconds accepted_within) {
    if (!then) {
        return Error{ErrorCode::invalid, "submit_then() was given an empty function: give it one to call"};
    }
    Promise promise;
    promise.then = std::move(then);
    return submit_promised(std::move(task), promise, accepted_within);
}

Status Submitter::Impl::cancel(const TaskId& id) {
    if (auto own = of_this_process(); !own) { return own; }
    {
        const std::lock_guard lock(mutex_);
        if (closing_) { return closed(); }
        if (!core_.cancel(id)) {
            return Error{ErrorCode::overloaded, "too many cancellations wait to be sent: try again"};
        }
    }
    waker_.wake();
    return {};
}

Submitter::Submitter(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Submitter::Submitter(Submitter&&) noexcept = default;
Submitter& Submitter::operator=(Submitter&& other) noexcept {
    if (this != &other) {
        end();
        impl_ = std::move(other.impl_);
    }
    return *this;
}
// In a forked child the thread and the sockets are the parent's: to end them here would end them there, or
// hang.
void Submitter::end() noexcept {
    if (impl_ == nullptr) { return; }
    if (impl_->is_own()) {
        impl_->end();  // a group may hold on to it, and finds it closed
    } else {
        Impl::leak(std::move(impl_));
    }
}
Submitter::~Submitter() { end(); }

Result<Submitter> Submitter::open(const SubmitterOptions& options, SubmitterCallbacks callbacks) {
    auto impl = Impl::open(options, std::move(callbacks));
    if (!impl) { return impl.error(); }
    return Submitter(std::shared_ptr<Impl>(std::move(*impl)));
}
Result<TaskId> Submitter::submit(Task task, std::chrono::milliseconds timeout) {
    return impl_->submit(std::move(task), timeout);
}
Result<TaskId> Submitter::submit_async(Task task) { return impl_->submit_async(std::move(task)); }
Result<Outcome> Submitter::wait(const TaskId& id, std::chrono::milliseconds timeout) {
    return impl_->wait(id, timeout);
}
std::future<Result<Outcome>> Submitter::submit_future(Task task, std::chrono::milliseconds accepted_within) {
    return impl_->submit_future(std::move(task), accepted_within);
}
Result<TaskId> Submitter::submit_then(Task task, std::function<void(Result<Outcome>)> then,
                                      std::chrono::milliseconds accepted_within) {
    return impl_->submit_then(std::move(task), std::move(then), accepted_within);
}
int Submitter::descriptor() const noexcept { return impl_->descriptor(); }
std::size_t Submitter::dispatch() { return impl_->dispatch(); }
Result<std::vector<TaskInfo>> Submitter::list(const TaskFilter& filter, std::chrono::milliseconds patience) {
    return impl_->list(filter, patience);
}
Result<TaskState> Submitter::state(const TaskId& id, std::chrono::milliseconds patience) {
    return impl_->state(id, patience);
}
Result<std::string> Submitter::explain(const TaskId& id, std::chrono::milliseconds patience) {
    return impl_->explain(id, patience);
}
Status Submitter::cancel(const TaskId& id) { return impl_->cancel(id); }
Status Submitter::cancel_group(const TaskId& group) { return impl_->cancel_group_once(group); }
Status Submitter::status() const { return impl_->status(); }
void Submitter::close() noexcept {
    if (impl_->is_own()) { impl_->close(); }
}

}  // namespace v1
}  // namespace nias
