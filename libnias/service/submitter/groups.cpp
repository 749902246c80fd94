// Groups of tasks: their books lie with the submitter, whose thread writes the ends into them.
#include <nias/task_group.hpp>

#include "core/made_outcome.hpp"
#include "net/descriptors.hpp"
#include "service/submitter/impl.hpp"
#include "wire/task_rules.hpp"

namespace nias {
inline namespace v1 {

namespace {

constexpr std::size_t kGroupsOpenMax = 65536;

}  // namespace

Status Submitter::Impl::open_group(const TaskId& id, core::Group book) {
    const std::lock_guard lock(mutex_);
    if (auto may = may_wait("TaskGroup::submit"); !may) { return may; }
    if (groups_.size() >= kGroupsOpenMax) {
        return Error{ErrorCode::overloaded,
                     std::to_string(kGroupsOpenMax) + " groups are open: close others first"};
    }
    if (!groups_.try_emplace(id, std::move(book)).second) {
        return Error{ErrorCode::conflict, "group " + to_string(id) + " is open in this submitter already"};
    }
    return {};
}

void Submitter::Impl::close_group(const TaskId& id) {
    const std::lock_guard lock(mutex_);
    groups_.erase(id);
    news_of_groups_.erase(id);
    core_.forget_group(id);
}

Status Submitter::Impl::submit_member(const TaskId& group, Task task) {
    {
        const std::lock_guard lock(mutex_);
        const auto book = groups_.find(group);
        if (book == groups_.end()) { return closed(); }
        if (!book->second.lives(task.group_index())) { return {}; }
        if (book->second.is_stopped()) {
            book->second.end(task.id, core::cancelled_before_it_began({task.id, task.attempt}));
            if (book->second.has_ended()) { core_.forget_group(group); }
            show_news(group, book->second);
            changed_.notify_all();
            return {};
        }
    }
    const auto id = submit_async(std::move(task));
    return id ? Status() : Status(id.error());
}

std::vector<std::pair<std::uint32_t, TaskId>> Submitter::Impl::retry_group(const TaskId& id) {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::uint32_t, TaskId>> again;
    const auto book = groups_.find(id);
    if (book == groups_.end()) { return again; }
    core_.forget_group(id);
    for (const std::uint32_t index : book->second.retry()) {
        again.emplace_back(index, book->second.task_of(index));
    }
    show_news(id, book->second);
    return again;
}

Status Submitter::Impl::cancel_group(const TaskId& id) {
    if (auto own = of_this_process(); !own) { return own; }
    {
        const std::lock_guard lock(mutex_);
        if (closing_) { return closed(); }
        const auto book = groups_.find(id);
        if (book == groups_.end() || book->second.has_ended()) { return {}; }
        book->second.stop();
        if (!core_.cancel_group(id)) {
            return Error{ErrorCode::overloaded, "too many groups are being cancelled: try again"};
        }
    }
    waker_.wake();
    return {};
}

Status Submitter::Impl::cancel_group_once(const TaskId& group) {
    if (auto own = of_this_process(); !own) { return own; }
    {
        const std::lock_guard lock(mutex_);
        if (closing_) { return closed(); }
        if (!core_.cancel_group_once(group)) {
            return Error{ErrorCode::overloaded, "too many groups are being cancelled: try again"};
        }
    }
    waker_.wake();
    return {};
}

Result<std::optional<MemberEnd>> Submitter::Impl::next_of_group(const TaskId& id,
                                                                std::chrono::milliseconds timeout) {
    std::optional<MemberEnd> end;
    auto waited = wait_for_group(id, "TaskGroup::next", timeout, [&](core::Group& book) {
        end = book.next();
        if (end) { show_news(id, book); }
        return end || book.is_told();
    });
    if (!waited) { return waited.error(); }
    return end;
}

Result<int> Submitter::Impl::descriptor_of_group(const TaskId& id) {
    if (auto own = of_this_process(); !own) { return own.error(); }
    const std::lock_guard lock(mutex_);
    const auto book = groups_.find(id);
    if (book == groups_.end()) { return closed(); }
    auto news = news_of_groups_.find(id);
    if (news == news_of_groups_.end()) {
        if (auto room = net::has_room(1, "the descriptor of a group"); !room) { return room.error(); }
        news = news_of_groups_.try_emplace(id).first;
    }
    show_news(id, book->second);
    return news->second.descriptor();
}

void Submitter::Impl::show_news(const TaskId& id, const core::Group& book) {
    const auto news = news_of_groups_.find(id);
    if (news == news_of_groups_.end()) { return; }
    book.has_news() || closing_ ? news->second.wake() : news->second.drain();
}

Status Submitter::Impl::wait_group(const TaskId& id, std::chrono::milliseconds timeout) {
    return wait_for_group(id, "TaskGroup::wait", timeout, [](core::Group& book) { return book.has_ended(); });
}

template <typename Until>
Status Submitter::Impl::wait_for_group(const TaskId& id, std::string_view call,
                                       std::chrono::milliseconds timeout, Until until) {
    if (auto own = of_this_process(); !own) { return own; }
    std::unique_lock lock(mutex_);
    const auto place = groups_.find(id);
    if (place == groups_.end()) { return closed(); }
    core::Group& book = place->second;  // it stays where it is, whatever other groups are opened
    if (until(book)) { return {}; }
    if (auto may = may_wait(call); !may) { return may; }
    bool is_there = false;
    changed_.wait_for(lock, timeout, [&] { return (is_there = until(book)) || closing_; });
    if (is_there) { return {}; }
    if (closing_) { return closed(); }
    return Error{ErrorCode::unavailable,
                 "no member of group " + to_string(id) + " has ended in the time given"};
}

TaskGroupProgress Submitter::Impl::progress_of(const TaskId& id) const {
    const std::lock_guard lock(mutex_);
    const auto book = groups_.find(id);
    if (book == groups_.end()) { return {}; }
    const core::Group::Counts& counts = book->second.counts();
    const std::uint32_t ended =
        counts.succeeded + counts.failed + counts.cancelled + counts.timed_out + counts.lost + counts.refused;
    return {.tasks = book->second.size(),
            .alive = book->second.size() - ended,
            .succeeded = counts.succeeded,
            .failed = counts.failed,
            .cancelled = counts.cancelled,
            .timed_out = counts.timed_out,
            .lost = counts.lost,
            .refused = counts.refused,
            .stopped = book->second.is_stopped()};
}

// With mutex_ held. `group`: of the report; all zero: it does not say.
bool Submitter::Impl::tell_group(const TaskId& group, const TaskId& id, const Result<Outcome>& outcome) {
    if (groups_.empty()) { return false; }
    const auto write = [&](const TaskId& name, core::Group& book) {
        if (!book.end(id, outcome)) { return false; }
        show_news(name, book);
        if (book.has_ended()) {
            core_.forget_group(name);
        } else if (book.is_stopped()) {
            (void)core_.cancel_group(name);  // where too many are, the next end asks again
        }
        return true;
    };
    if (group != TaskId{}) {
        const auto book = groups_.find(group);
        return book != groups_.end() && write(group, book->second);
    }
    for (auto& [name, book] : groups_) {
        if (write(name, book)) { return true; }
    }
    return false;
}

class [[gnu::visibility("hidden")]] TaskGroup::Impl {
public:
    Impl(std::shared_ptr<Submitter::Impl> submitter, const TaskId& id, std::vector<Task> tasks)
        : submitter_(std::move(submitter)), id_(id), tasks_(std::move(tasks)) {}
    // In a forked child the locks may be held for ever.
    ~Impl() {
        if (submitter_->is_own()) {
            submitter_->close_group(id_);
        } else {
            Submitter::Impl::leak(std::move(submitter_));
        }
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Status submit_all() {
        for (const Task& task : tasks_) {
            if (auto submitted = submitter_->submit_member(id_, task); !submitted) { return submitted; }
        }
        return {};
    }
    Result<std::size_t> retry() {
        const auto again = submitter_->retry_group(id_);
        for (const auto& [index, id] : again) {
            tasks_[index].id = id;
            if (auto submitted = submitter_->submit_member(id_, tasks_[index]); !submitted) {
                return submitted.error();
            }
        }
        return again.size();
    }
    [[nodiscard]] Submitter::Impl& submitter() const { return *submitter_; }
    [[nodiscard]] const TaskId& id() const { return id_; }

private:
    std::shared_ptr<Submitter::Impl> submitter_;
    TaskId id_;
    std::vector<Task> tasks_;  ///< by index, each with the id that stands for it at present
};

namespace {

/// Gives the tasks their ids and their group. `invalid`: the first that cannot be taken.
Status make_members(std::vector<Task>& tasks, const TaskId& group) {
    if (tasks.empty() || tasks.size() > kGroupIndexMax) {
        return Error{ErrorCode::invalid, "a group has 1 to " + std::to_string(kGroupIndexMax) +
                                             " tasks; there are " + std::to_string(tasks.size())};
    }
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        Task& task = tasks[i];
        const std::string which = "task " + std::to_string(i) + " of the group: ";
        if (task.id != TaskId{} || task.group != TaskId{}) {
            return Error{ErrorCode::invalid, which + "leave out its id and group, which the group gives it"};
        }
        task.group = group;
        task.group_size = static_cast<std::uint32_t>(tasks.size());
        task.id = group.member(static_cast<std::uint32_t>(i));
        if (const std::string fault = wire::fault_of(task); !fault.empty()) {
            return Error{ErrorCode::invalid, which + fault};
        }
    }
    return {};
}

}  // namespace

TaskGroup::TaskGroup(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TaskGroup::TaskGroup(TaskGroup&&) noexcept = default;
TaskGroup& TaskGroup::operator=(TaskGroup&&) noexcept = default;
TaskGroup::~TaskGroup() = default;

Result<TaskGroup> TaskGroup::submit(Submitter& submitter, std::vector<Task> tasks,
                                    const TaskGroupOptions& options) {
    if (auto own = submitter.impl_->of_this_process(); !own) { return own.error(); }
    const TaskId id = options.id == TaskId{} ? TaskId::make_group() : options.id;
    if (id.index() <= kGroupIndexMax) {
        return Error{ErrorCode::invalid, "TaskGroupOptions: id is not that of a group: use TaskGroup::id()"};
    }
    if (auto made = make_members(tasks, id); !made) { return made.error(); }
    std::vector<TaskId> members;
    members.reserve(tasks.size());
    for (const Task& task : tasks) { members.push_back(task.id); }
    core::Group book(std::move(members), {.max_fails = options.max_fails, .in_order = options.in_order});
    if (auto opened = submitter.impl_->open_group(id, std::move(book)); !opened) { return opened.error(); }
    auto impl = std::make_unique<Impl>(submitter.impl_, id, std::move(tasks));
    if (auto submitted = impl->submit_all(); !submitted) { return submitted.error(); }
    return TaskGroup(std::move(impl));
}

TaskId TaskGroup::id() const { return impl_->id(); }
TaskGroupProgress TaskGroup::progress() const { return impl_->submitter().progress_of(impl_->id()); }
Result<std::optional<MemberEnd>> TaskGroup::next(std::chrono::milliseconds timeout) {
    return impl_->submitter().next_of_group(impl_->id(), timeout);
}
Result<int> TaskGroup::descriptor() { return impl_->submitter().descriptor_of_group(impl_->id()); }
Status TaskGroup::wait(std::chrono::milliseconds timeout) {
    return impl_->submitter().wait_group(impl_->id(), timeout);
}
Status TaskGroup::cancel() { return impl_->submitter().cancel_group(impl_->id()); }
Result<std::size_t> TaskGroup::retry_failed() { return impl_->retry(); }

}  // namespace v1
}  // namespace nias
