// The groups of <nias/c.h>, over <nias/task_group.hpp>.
#include <memory>
#include <string>
#include <vector>

#include <nias/task_group.hpp>

#include "service/c_api/boundary.hpp"
#include "service/c_api/handle.hpp"
#include "service/c_api/tasks.hpp"

using namespace nias;
using namespace nias::service::c_api;

struct [[gnu::visibility("hidden")]] nias_group {
    explicit nias_group(TaskGroup submitted) : group(std::move(submitted)), id(nias::to_string(group.id())) {}
    TaskGroup group;
    std::string id;
};

namespace {

Error no_group() { return {ErrorCode::invalid, "there is no group: submit one"}; }

Result<std::vector<Task>> tasks_of(const nias_task* tasks, std::size_t count) {
    if (tasks == nullptr && count > 0) {
        return Error{ErrorCode::invalid, "tasks is null, and count says that there are some"};
    }
    if (count > kGroupIndexMax) {  // before there is room for them
        return Error{ErrorCode::invalid, "a group has " + std::to_string(kGroupIndexMax) + " tasks at most"};
    }
    std::vector<Task> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        auto task = task_of(tasks[i]);
        if (!task) {
            return Error{task.error().code, "task " + std::to_string(i) + ": " + task.error().message};
        }
        out.push_back(*std::move(task));
    }
    return out;
}

Result<TaskGroupOptions> options_of(const nias_group_options& given) {
    TaskGroupOptions options;
    if (given.id != nullptr) {
        const auto named = parse_task_id(given.id);
        if (!named) { return named.error(); }
        options.id = *named;
    }
    if (given.fails_max > 0) { options.max_fails = given.fails_max - 1; }
    options.in_order = given.in_order != 0;
    return options;
}

}  // namespace

nias_group* nias_group_submit(nias_submitter* submitter, const nias_task* tasks, size_t count,
                              const nias_group_options* options, nias_error* error) {
    std::unique_ptr<nias_group> opened;
    guarded(error, [&]() -> Status {
        if (submitter == nullptr) { return no_submitter(); }
        auto members = tasks_of(tasks, count);
        if (!members) { return members.error(); }
        const auto wanted = options_of(options == nullptr ? nias_group_options{} : *options);
        if (!wanted) { return wanted.error(); }
        auto group = TaskGroup::submit(*submitter->submitter, *std::move(members), *wanted);
        if (!group) { return group.error(); }
        opened = std::make_unique<nias_group>(*std::move(group));
        return {};
    });
    return opened.release();
}

const char* nias_group_id(const nias_group* group) { return group == nullptr ? nullptr : group->id.c_str(); }

nias_code nias_group_progress(const nias_group* group, nias_progress* progress, nias_error* error) {
    return guarded(error, [&]() -> Status {
        if (group == nullptr) { return no_group(); }
        if (progress == nullptr) { return Error{ErrorCode::invalid, "there is no place for the progress"}; }
        const TaskGroupProgress told = group->group.progress();
        *progress = {.tasks = told.tasks,
                     .alive = told.alive,
                     .succeeded = told.succeeded,
                     .failed = told.failed,
                     .cancelled = told.cancelled,
                     .timed_out = told.timed_out,
                     .lost = told.lost,
                     .refused = told.refused,
                     .stopped = told.stopped ? 1U : 0U};
        return {};
    });
}

nias_code nias_group_next(nias_group* group, int64_t timeout_ms, nias_outcome** outcome, nias_error* error) {
    return guarded(error, [&]() -> Status {
        if (group == nullptr) { return no_group(); }
        if (outcome == nullptr) { return Error{ErrorCode::invalid, "there is no place for the outcome"}; }
        auto end = group->group.next(patience(timeout_ms));
        if (!end) { return end.error(); }
        *outcome = *end ? give((*end)->id, (*end)->index, std::move((*end)->outcome)) : nullptr;
        return {};
    });
}

int nias_group_descriptor(nias_group* group, nias_error* error) {
    int descriptor = -1;
    guarded(error, [&]() -> Status {
        if (group == nullptr) { return no_group(); }
        const auto made = group->group.descriptor();
        if (!made) { return made.error(); }
        descriptor = *made;
        return {};
    });
    return descriptor;
}

nias_code nias_group_retry_failed(nias_group* group, size_t* retried, nias_error* error) {
    return guarded(error, [&]() -> Status {
        if (group == nullptr) { return no_group(); }
        const auto again = group->group.retry_failed();
        if (!again) { return again.error(); }
        if (retried != nullptr) { *retried = *again; }
        return {};
    });
}

nias_code nias_group_cancel(nias_group* group, nias_error* error) {
    return guarded(error, [&]() -> Status { return group == nullptr ? no_group() : group->group.cancel(); });
}

void nias_group_free(nias_group* group) { const std::unique_ptr<nias_group> freed(group); }
