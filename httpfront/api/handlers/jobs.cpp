#include "api/handlers/jobs.hpp"

#include <algorithm>

#include "api/job_json.hpp"
#include "base/clock.hpp"
#include "base/numbers.hpp"
#include "service/questions.hpp"
#include "uploads/upload.hpp"

namespace nias::httpfront::handlers {
namespace {

constexpr std::size_t kListDefault = 50;
constexpr std::size_t kListMax = 1000;
constexpr std::chrono::milliseconds kExplainPatience(500);

/// A job that waits is told why by the ventilator, which alone knows the machines: the ledger holds no reason
/// before an attempt was lost. Where it is silent the reason stays empty.
void explain_waiting(const Front& front, store::TaskRecord& record) {
    if (record.state != TaskState::queued || !record.reason.empty()) { return; }
    auto told = service::explain(front.options.control, record.task.id, kExplainPatience);
    if (told) { record.reason = std::move(*told); }
}

Answer job_answer(Front& front, int status, const store::TaskRecord& record) {
    return json_answer(status, job_json(record, front.stores.place_of(record)));
}

/// The record of a task that was accepted a moment ago.
store::TaskRecord record_of(Front& front, const Task& task) {
    auto record = front.stores.find(task.id);
    if (record && *record) { return std::move(**record); }
    store::TaskRecord made;
    made.task = task;
    made.submitted_unix_ms = unix_ms_now();
    return made;
}

/// `repeated`: the job was there already, by its Idempotency-Key.
Answer created(Front& front, const Task& task, const std::vector<std::string>& mended, bool repeated) {
    const store::TaskRecord record = record_of(front, task);
    Answer answer =
        json_answer(repeated ? 200 : 201, created_json(record, front.stores.place_of(record), mended));
    answer.headers.emplace_back("Location", "/api/v1/jobs/" + to_string(task.id));
    if (repeated) { answer.headers.emplace_back("Idempotency-Repeated", "true"); }
    return answer;
}

Problem submit_problem(const Error& error) {
    Problem problem = problem_from(error);
    if (error.code == ErrorCode::unavailable) {
        problem.code = "ventilator_silent";
        problem.detail =
            "the ventilator does not answer, so the job was not accepted: send it again in a minute (" +
            error.message + ")";
        problem.headers = {{"Retry-After", "10"}};
    }
    return problem;
}

/// Gives the task the id that its Idempotency-Key has, if any. True: that job is there already.
std::variant<bool, Problem> claim_key(Front& front, const Request& request, Task& task) {
    const auto key = request.field("idempotency-key");
    if (!key) { return false; }
    const auto claim = front.keys.claim(task.owner, *key, task.bundle->hash);
    if (!claim) { return disk_problem(claim.error()); }
    if (claim->bundle != task.bundle->hash) {
        return Problem{
            .status = 422,
            .code = "key_reused",
            .detail =
                "this Idempotency-Key was sent before with another upload: use a fresh key for each upload"};
    }
    task.id = claim->id;
    if (!claim->repeated) { return false; }
    const auto record = front.stores.find(task.id);
    return record && record->has_value();
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
    query.text = std::string(request.parameter("q").substr(0, 200));
    return query;
}

}  // namespace

std::variant<store::TaskRecord, Problem> find_job(Front& front, const Call& call) {
    const Problem unknown{.status = 404,
                          .code = "not_found",
                          .detail = "there is no job " + call.captures.front().substr(0, 64)};
    const auto id = parse_task_id(call.captures.front());
    if (!id) { return unknown; }
    auto record = front.stores.find(*id);
    if (!record) { return problem_from(record.error()); }
    if (!*record) { return unknown; }
    front.hub.overlay(**record);
    return std::move(**record);
}

Answer create_job(Front& front, const Call& call) {
    auto received = receive_upload(call.request, call.body, front.stores, front.options.max_upload);
    if (const auto* problem = std::get_if<Problem>(&received)) { return problem_answer(*problem); }
    auto& upload = std::get<Upload>(received);
    const auto blob = upload.writer.commit();
    if (!blob) { return problem_answer(disk_problem(blob.error())); }
    Task task = job::make_task(upload.layout, front.options.owner, *blob);
    const auto known = claim_key(front, call.request, task);
    if (const auto* problem = std::get_if<Problem>(&known)) { return problem_answer(*problem); }
    if (!std::get<bool>(known)) {
        const auto accepted = front.submitter.submit(task, kAcceptWithin);
        if (!accepted) { return problem_answer(submit_problem(accepted.error())); }
        task.id = *accepted;
    }
    return created(front, task, upload.layout.mended, std::get<bool>(known));
}

Answer validate_job(Front& front, const Call& call) {
    const auto received = receive_upload(call.request, call.body, front.stores, front.options.max_upload);
    if (const auto* problem = std::get_if<Problem>(&received)) { return problem_answer(*problem); }
    return json_answer(200, layout_json(std::get<Upload>(received).layout));
}

Answer list_jobs(Front& front, const Call& call) {
    auto query = parse_list_query(call.request);
    if (const auto* problem = std::get_if<Problem>(&query)) { return problem_answer(*problem); }
    const auto& wanted = std::get<store::ListQuery>(query);
    auto records = front.stores.list(wanted);
    if (!records) { return problem_answer(problem_from(records.error())); }
    std::vector<std::string> jobs;
    std::optional<std::uint64_t> place;
    for (store::TaskRecord& record : *records) {
        const bool queued = record.state == TaskState::queued;
        // Newest first and none left out: each queued one stands just before the last. Counting is slow in a
        // long line.
        if (queued) {
            place = place && wanted.text.empty() ? *place - std::min<std::uint64_t>(*place, 1)
                                                 : front.stores.place_of(record);
        }
        front.hub.overlay(record);
        jobs.push_back(job_json(record, record.state == TaskState::queued ? place : std::nullopt));
    }
    std::optional<TaskId> next;
    if (records->size() == wanted.limit) { next = records->back().task.id; }
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
    auto wait = parse_wait(call.request);
    if (const auto* problem = std::get_if<Problem>(&wait)) { return problem_answer(*problem); }
    auto found = find_job(front, call);
    if (const auto* problem = std::get_if<Problem>(&found)) { return problem_answer(*problem); }
    if (const auto patience = std::get<std::optional<std::chrono::seconds>>(wait)) {
        front.hub.wait_for_end(std::get<store::TaskRecord>(found).task.id, now() + *patience, [&] {
            found = find_job(front, call);
            const auto* seen = std::get_if<store::TaskRecord>(&found);
            return seen == nullptr || has_ended(seen->state);
        });
        found = find_job(front, call);
        if (const auto* problem = std::get_if<Problem>(&found)) { return problem_answer(*problem); }
    }
    auto& record = std::get<store::TaskRecord>(found);
    explain_waiting(front, record);
    return job_answer(front, 200, record);
}

Answer cancel_job(Front& front, const Call& call) {
    const auto found = find_job(front, call);
    if (const auto* problem = std::get_if<Problem>(&found)) { return problem_answer(*problem); }
    const auto& record = std::get<store::TaskRecord>(found);
    if (has_ended(record.state)) {
        return problem_answer({.status = 409,
                               .code = "ended",
                               .detail = "this job has already ended: there is nothing to cancel"});
    }
    if (const auto asked = front.submitter.cancel(record.task.id); !asked) {
        return problem_answer(problem_from(asked.error()));
    }
    return job_answer(front, 202, record);
}

}  // namespace nias::httpfront::handlers
