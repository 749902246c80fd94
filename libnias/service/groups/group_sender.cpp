#include "service/groups/group_sender.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

#include "base/log.hpp"

namespace nias::service {
namespace {

/// The group whose member has this id.
TaskId group_of(const TaskId& id) { return id.member(kGroupIndexMax + 1); }

}  // namespace

class GroupSender::Impl {
public:
    explicit Impl(UnsentGroups unsent) : unsent_(std::move(unsent)) {}

    Status open(const SubmitterOptions& options) {
        SubmitterCallbacks callbacks;
        callbacks.on_accepted = [this](const TaskId& id) { answered(id, std::nullopt); };
        callbacks.on_rejected = [this](const TaskId& id, const Error& why) { answered(id, why); };
        auto submitter = Submitter::open(options, std::move(callbacks));
        if (!submitter) { return submitter.error(); }
        submitter_.emplace(std::move(*submitter));
        return {};
    }

    Status send(const std::vector<Task>& tasks, std::chrono::milliseconds timeout) {
        const TaskId group = tasks.front().group;
        if (was_sent(group)) { return {}; }
        if (begin(group, tasks.size())) {
            if (auto kept = unsent_.keep(tasks); !kept) {
                forget(group);
                return kept;
            }
            submit_all(tasks);
        }
        return wait(group, timeout);
    }

    Status cancel(const TaskId& group) {
        {
            const std::lock_guard lock(mutex_);
            if (const auto found = sendings_.find(group); found != sendings_.end()) {
                found->second.fault = Error{ErrorCode::conflict, "the array was cancelled while it was sent"};
            }
        }
        if (auto forgotten = unsent_.forget(group); !forgotten) { return forgotten; }
        return submitter_->cancel_group(group);
    }

    Status resume() {
        const auto groups = unsent_.all();
        if (!groups) { return groups.error(); }
        for (const TaskId& group : *groups) {
            const auto tasks = unsent_.read(group);
            if (!tasks) {
                log::error("an array stays as it is, cut short: " + tasks.error().message);
                continue;
            }
            log::info("the rest of the array " + to_string(group) + " is sent");
            if (begin(group, tasks->size())) { submit_all(*tasks); }
        }
        return {};
    }

    [[nodiscard]] Result<Task> first_unsent(const TaskId& group) const {
        if (!unsent_.has(group)) { return Error{ErrorCode::not_found, "no such group is being sent"}; }
        auto tasks = unsent_.read(group);
        if (!tasks) { return tasks.error(); }
        return std::move(tasks->front());
    }

private:
    /// A group of which some tasks are not answered yet.
    struct Sending {
        std::size_t left = 0;        ///< tasks that were neither accepted nor refused
        std::optional<Error> fault;  ///< why it is not to go on; the first one counts
    };

    /// By this process, not long ago.
    bool was_sent(const TaskId& group) {
        const std::lock_guard lock(mutex_);
        const auto ended = ended_.find(group);
        return ended != ended_.end() && ended->second;
    }

    /// False: it is being sent already.
    bool begin(const TaskId& group, std::size_t tasks) {
        const std::lock_guard lock(mutex_);
        ended_.erase(group);
        return sendings_.try_emplace(group, Sending{.left = tasks, .fault = {}}).second;
    }

    void submit_all(const std::vector<Task>& tasks) {
        for (const Task& task : tasks) {
            const auto submitted = submitter_->submit_async(task);
            if (!submitted) { answered(task.id, submitted.error()); }
        }
    }

    void answered(const TaskId& id, const std::optional<Error>& fault) {
        const TaskId group = group_of(id);
        {
            const std::lock_guard lock(mutex_);
            const auto found = sendings_.find(group);
            if (found == sendings_.end()) { return; }
            if (fault && !found->second.fault) { found->second.fault = fault; }
            if (--found->second.left > 0) { return; }
        }
        finish(group);
    }

    // Another process that cancelled the group has taken the file away: the tasks that were accepted after
    // its Cancel are cancelled here.
    void finish(const TaskId& group) {
        const bool kept = unsent_.has(group);
        const std::lock_guard lock(mutex_);
        const auto found = sendings_.find(group);
        std::optional<Error> fault = found->second.fault;
        if (!fault && !kept) {
            fault = Error{ErrorCode::conflict, "the array was cancelled while it was sent"};
        }
        if (fault) {
            if (auto asked = submitter_->cancel_group(group); !asked) {
                log::error("array " + to_string(group) + " is not whole: " + asked.error().message);
            }
        }
        if (auto forgotten = unsent_.forget(group); !forgotten) { log::warn(forgotten.error().message); }
        sendings_.erase(found);
        if (ended_.size() >= kEndedMax) { ended_.erase(ended_.begin()); }  // the oldest, by its id
        ended_.emplace(group, fault ? Status(*fault) : Status());
        changed_.notify_all();
    }

    void forget(const TaskId& group) {
        const std::lock_guard lock(mutex_);
        sendings_.erase(group);
        changed_.notify_all();
    }

    Status wait(const TaskId& group, std::chrono::milliseconds timeout) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, timeout, [&] { return !sendings_.contains(group); })) {
            return Error{ErrorCode::unavailable,
                         std::to_string(sendings_.at(group).left) +
                             " members of the array are not accepted yet: they are sent until they are"};
        }
        const auto ended = ended_.find(group);
        if (ended != ended_.end()) { return ended->second; }
        return Error{ErrorCode::unavailable, "the array was not kept: send it again"};
    }

    static constexpr std::size_t kEndedMax = 1000;

    UnsentGroups unsent_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<TaskId, Sending> sendings_;  // under mutex_
    std::map<TaskId, Status> ended_;      // under mutex_; the last kEndedMax that were sent
    std::optional<Submitter> submitter_;  // last: its thread ends first
};

GroupSender::GroupSender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GroupSender::~GroupSender() = default;

Result<std::unique_ptr<GroupSender>> GroupSender::open(SubmitterOptions options, UnsentGroups unsent) {
    options.in_flight_max = 10'000'000;  // whoever sends waits for the answers, not for room
    auto impl = std::make_unique<Impl>(std::move(unsent));
    if (auto opened = impl->open(options); !opened) { return opened.error(); }
    return std::unique_ptr<GroupSender>(new GroupSender(std::move(impl)));
}

Status GroupSender::send(const std::vector<Task>& tasks, std::chrono::milliseconds timeout) {
    return impl_->send(tasks, timeout);
}
Status GroupSender::cancel(const TaskId& group) { return impl_->cancel(group); }
Status GroupSender::resume() { return impl_->resume(); }
Result<Task> GroupSender::first_unsent(const TaskId& group) const { return impl_->first_unsent(group); }

}  // namespace nias::service
