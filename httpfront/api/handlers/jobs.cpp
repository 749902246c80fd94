#include "api/handlers/jobs.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/job_json.hpp"
#include "api/likely_start.hpp"
#include "base/clock.hpp"
#include "base/numbers.hpp"
#include "service/questions.hpp"

namespace nias::httpfront::handlers {
namespace {

constexpr std::size_t kListDefault = 50;
constexpr std::size_t kListMax = 1000;
constexpr std::chrono::milliseconds kExplainPatience(500);

Answer job_answer(Front& front, int status, const store::JobView& job,
                  std::optional<std::int64_t> likely_start = std::nullopt) {
    const auto place = job.array ? std::nullopt : front.stores.place_of(job.record);
    return json_answer(status, job_json(job, place, likely_start));
}

std::variant<store::ListQuery, Problem> parse_list_query(const Request& request) {
    store::ListQuery query;
    query.limit = kListDefault;
    if (const auto state = request.parameter("state"); !state.empty()) {
        auto parsed = parse_task_state(state);
        if (!parsed) { return problem_from(parsed.error()); }
        query.state = *parsed;
    }
    if (const auto limit = request.parameter("limit"); !limit.empty()) {
        const auto count = whole_number<std::size_t>(limit);
        if (!count || *count == 0 || *count > kListMax) {
            return Problem{
                .status = 400, .code = "invalid", .detail = "limit must be a number from 1 to 1000"};
        }
        query.limit = *count;
    }
    if (const auto before = request.parameter("before"); !before.empty()) {
        auto id = parse_task_id(before);
        if (!id) { return problem_from(id.error()); }
        query.before = *id;
    }
    if (const auto deleted = request.parameter("deleted"); !deleted.empty()) {
        if (deleted != "true" && deleted != "false") {
            return Problem{.status = 400, .code = "invalid", .detail = "deleted must be true or false"};
        }
        query.forgotten = deleted == "true";
    }
    query.text = std::string(request.parameter("q").substr(0, 200));
    return query;
}

}  // namespace

std::optional<std::int64_t> explain_waiting(Front& front, store::JobView& job,
                                            const std::optional<TaskId>& known) {
    store::TaskRecord& record = job.record;
    if (record.state != TaskState::queued && !known) { return std::nullopt; }
    TaskId waits = known.value_or(record.task.id);
    if (job.array && !known) {  // the members of an array wait for the same, and the first of them is next
        const auto first = front.stores.members({.group = waits, .state = TaskState::queued, .limit = 1});
        if (!first || first->empty()) { return std::nullopt; }
        waits = first->front().id;
    }
    auto told = service::explain(front.options.control, waits, kExplainPatience);
    if (!told) { return std::nullopt; }
    record.reason = std::move(*told);
    const std::int64_t at = unix_ms_now();
    return likely_start_ms(record.reason, front.history.pace(at / 1000), at);
}

std::variant<std::optional<std::string>, Problem> owner_wanted(Front& front, const Call& call) {
    const std::string wanted(call.request.parameter("owner"));
    const Identity& user = *call.user;
    if (wanted.empty()) { return user.is_open() ? std::nullopt : std::optional(user.name); }
    if (wanted == user.name) { return std::optional(wanted); }
    if (!user.administers()) {
        return Problem{.status = 403,
                       .code = "administrators_only",
                       .detail = "only administrators may look at the jobs of others"};
    }
    if (front.directory != nullptr) { front.directory->looked(user, call.visitor, "looked_at_jobs", wanted); }
    return wanted == "*" ? std::nullopt : std::optional(wanted);
}

Answer list_jobs(Front& front, const Call& call) {
    auto query = parse_list_query(call.request);
    if (const auto* problem = std::get_if<Problem>(&query)) { return problem_answer(*problem); }
    auto& wanted = std::get<store::ListQuery>(query);
    auto whose = owner_wanted(front, call);
    if (const auto* problem = std::get_if<Problem>(&whose)) { return problem_answer(*problem); }
    wanted.owner = std::get<std::optional<std::string>>(whose);
    auto found = front.stores.list_jobs(wanted);
    if (!found) { return problem_answer(problem_from(found.error())); }
    std::vector<std::string> jobs;
    std::optional<TaskId> next;
    if (found->size() == wanted.limit) { next = store::page_end(found->back().record.task); }
    std::optional<std::uint64_t> place;
    for (store::JobView& job : *found) {
        const bool queued = job.record.state == TaskState::queued && !job.array;
        // Newest first and none left out: each queued one stands just before the last. Counting is slow in a
        // long line.
        if (queued) {
            place = place && wanted.text.empty() && !wanted.owner
                        ? *place - std::min<std::uint64_t>(*place, 1)
                        : front.stores.place_of(job.record);
        }
        if (job.array) { place.reset(); }  // its members stand between this job and the next
        if (!job.array) { front.hub.overlay(job.record); }
        jobs.push_back(job_json(job, job.record.state == TaskState::queued ? place : std::nullopt));
    }
    return json_answer(200, list_json(jobs, next));
}

/// Seconds that the client gives the job to end; nothing: it does not wait.
std::variant<std::optional<std::chrono::seconds>, Problem> parse_wait(const Request& request) {
    const std::string_view text = request.parameter("wait");
    if (text.empty()) { return std::nullopt; }
    const auto seconds = whole_number<std::uint32_t>(text);
    if (seconds && *seconds <= kWaitMax.count()) { return std::chrono::seconds(*seconds); }
    return Problem{
        .status = 400,
        .code = "invalid",
        .detail = "wait must be a number of seconds from 0 to " + std::to_string(kWaitMax.count())};
}

Answer get_job(Front& front, const Call& call) {
    const auto wait = parse_wait(call.request);
    if (const auto* problem = std::get_if<Problem>(&wait)) { return problem_answer(*problem); }
    store::JobView job = *call.job;
    if (const auto patience = std::get<std::optional<std::chrono::seconds>>(wait)) {
        const auto look = [&] {
            if (auto seen = front.stores.find_job(job.record.task.id); seen && *seen) {
                job = std::move(**seen);
                if (!job.array) { front.hub.overlay(job.record); }
            }
            return has_ended(job.record.state);
        };
        front.hub.wait_for_end(job.record.task.id, now() + *patience, look);
        (void)look();
    }
    if (!job.array) {
        auto attempts = front.stores.earlier_attempts(job.record);
        if (!attempts) { return problem_answer(problem_from(attempts.error())); }
        job.attempts = std::move(*attempts);
    }
    const auto likely_start = explain_waiting(front, job);
    return job_answer(front, 200, job, likely_start);
}

Answer cancel_job(Front& front, const Call& call) {
    const store::TaskRecord& record = call.job->record;
    if (has_ended(record.state)) {
        return problem_answer({.status = 409,
                               .code = "ended",
                               .detail = "this job has already ended: there is nothing to cancel"});
    }
    if (front.directory != nullptr && record.task.owner != call.user->name) {
        front.directory->looked(*call.user, call.visitor, "cancelled_job",
                                to_string(record.task.id) + " of " + record.task.owner);
    }
    const auto asked =
        call.job->array ? front.groups.cancel(record.task.group) : front.submitter.cancel(record.task.id);
    if (!asked) { return problem_answer(problem_from(asked.error())); }
    return job_answer(front, 202, *call.job);
}

}  // namespace nias::httpfront::handlers
