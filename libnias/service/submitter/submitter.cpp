// The side of the callers: any thread; what it shares with the loop is behind the mutex.
#include "service/submitter/impl.hpp"

#include "service/access/own_keys.hpp"
#include "service/options.hpp"
#include "wire/codec/codec.hpp"

namespace nias {
inline namespace v1 {

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
    net::Context context(std::move(*keys));
    auto intake = net::Socket::connect(context, net::Kind::push, options.intake,
                                       {.hwm = wire::kBatchQueueMax, .routing_id = {}});
    if (!intake) { return intake.error(); }
    auto control = net::Socket::connect(context, net::Kind::dealer, options.control);
    if (!control) { return control.error(); }
    auto events = net::Socket::connect(context, net::Kind::sub, options.events,
                                       {.hwm = wire::kEventReadAheadMax, .routing_id = {}});
    if (!events) { return events.error(); }
    return std::make_unique<Impl>(options, std::move(callbacks), std::move(context), std::move(*intake),
                                  std::move(*control), std::move(*events));
}

Result<TaskId> Submitter::Impl::submit_async(Task&& task) {
    if (task.payload.size() > kInlineMax) {
        return Error{ErrorCode::invalid, "the payload passes 65536 bytes: put it into a blob"};
    }
    if (task.owner.empty()) { return Error{ErrorCode::invalid, "the task has no owner: name one"}; }
    if (const auto checked = check(task.spec.resources.counted); !checked) { return checked.error(); }
    TaskId id = task.id;
    bool presses = false;
    {
        std::unique_lock lock(mutex_);
        const auto room = [this] { return core_.unanswered() < options_.in_flight_max; };
        if (!room() && std::this_thread::get_id() != thread_.get_id()) {
            changed_.wait(lock, [&] { return closing_ || room(); });
        }
        if (closing_) { return Error{ErrorCode::unavailable, "the submitter is closing"}; }
        if (id == TaskId{}) { id = task.id = ids_.make(unix_ms_about()); }
        presses = core_.add(task) == core::Submit::Added::presses;
    }
    if (presses) { waker_.wake(); }  // else the thread comes to it by itself
    return id;
}

Error Submitter::Impl::no_answer() const {
    return {ErrorCode::unavailable,
            "the ventilator at " + options_.intake +
                " did not answer: is it running? The task may be submitted again with the same id"};
}

Result<TaskId> Submitter::Impl::submit(Task task, std::chrono::milliseconds timeout) {
    {
        const std::lock_guard lock(mutex_);
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
        return leave(no_answer());
    }
    if (auto place = refused_.find(wanted); place != refused_.end()) {
        const bool full = wire::refusal_of(place->second) == wire::Refusal::queue_full;
        return leave(Error{full ? ErrorCode::overloaded : ErrorCode::invalid, place->second});
    }
    return leave(wanted);
}

Result<Outcome> Submitter::Impl::wait(const TaskId& id, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (const auto kept = ended_.find(id); kept != ended_.end()) { return kept->second.outcome; }
    Wait& wait = waits_[id];
    ++wait.callers;
    if (!core_.lives(id)) {  // of another submitter, or ended before: the ventilator knows
        core_.watch(id);
        waker_.wake();
    }
    const bool there =
        changed_.wait_for(lock, timeout, [&] { return closing_ || wait.ended || !core_.lives(id); });
    std::optional<Ended> ended = wait.ended;
    if (--wait.callers == 0) { waits_.erase(id); }
    if (ended) { return std::move(ended->outcome); }
    if (there && !closing_) {
        return Error{ErrorCode::not_found, "the ventilator does not know task " + to_string(id)};
    }
    return Error{ErrorCode::unavailable, "task " + to_string(id) + " has not ended in the time given"};
}

std::future<Result<Outcome>> Submitter::Impl::submit_future(Task task,
                                                            std::chrono::milliseconds accepted_within) {
    std::promise<Result<Outcome>> promise;
    auto future = promise.get_future();
    TaskId id = task.id;
    {  // before the task leaves: its outcome may be back before submit_async() is
        const std::lock_guard lock(mutex_);
        if (closing_) {
            promise.set_value(Error{ErrorCode::unavailable, "the submitter is closing"});
            return future;
        }
        if (id == TaskId{}) { id = task.id = ids_.make(unix_ms_about()); }
        promised_[id].push_back(std::move(promise));
    }
    const auto submitted = submit_async(std::move(task));
    const std::lock_guard lock(mutex_);
    if (!submitted) {
        keep_promises(id, submitted.error());
        return future;
    }
    core_.give_up_at(id, now() + accepted_within);
    return future;
}

Status Submitter::Impl::cancel(const TaskId& id) {
    {
        const std::lock_guard lock(mutex_);
        if (closing_) { return Error{ErrorCode::unavailable, "the submitter is closing"}; }
        if (!core_.cancel(id)) {
            return Error{ErrorCode::overloaded, "too many cancellations wait to be sent: try again"};
        }
    }
    waker_.wake();
    return {};
}

Submitter::Submitter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Submitter::Submitter(Submitter&&) noexcept = default;
Submitter& Submitter::operator=(Submitter&&) noexcept = default;
Submitter::~Submitter() = default;

Result<Submitter> Submitter::open(const SubmitterOptions& options, SubmitterCallbacks callbacks) {
    auto impl = Impl::open(options, std::move(callbacks));
    if (!impl) { return impl.error(); }
    return Submitter(std::move(*impl));
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
Status Submitter::cancel(const TaskId& id) { return impl_->cancel(id); }
void Submitter::close() noexcept { impl_->close(); }

}  // namespace v1
}  // namespace nias
