#include "api/handlers/jobs.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

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

Sources sources_of(Front& front, const Call& call) {
    return {front.stores, front.uploads, call.user->name, front.options.max_upload};
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

/// The key by which a repeat is known: the client's, else the upload that it sent before.
std::optional<std::string> key_of(const Request& request, const Upload& upload) {
    if (const auto key = request.field("idempotency-key")) { return std::string(*key); }
    if (upload.sent) { return "upload:" + upload.sent->info().id; }
    return std::nullopt;
}

/// Gives the task the id that its key has, if any. True: that job is there already.
std::variant<bool, Problem> claim_key(Front& front, const std::optional<std::string>& key, Task& task) {
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

/// Hands the task to the ventilator, unless it has it.
Answer submitted(Front& front, Task task, bool known, const std::vector<std::string>& mended) {
    if (!known) {
        const auto accepted = front.submitter.submit(task, kAcceptWithin);
        if (!accepted) { return problem_answer(submit_problem(accepted.error())); }
        task.id = *accepted;
    }
    return created(front, task, mended, known);
}

/// A number of the body that stands for a limit, within its bounds.
std::optional<Problem> read_limit(const nlohmann::json& json, const char* name, std::uint64_t least,
                                  std::uint64_t most, std::uint64_t& to) {
    if (!json.contains(name)) { return std::nullopt; }
    const auto& value = json[name];
    if (value.is_number_unsigned() && value.get<std::uint64_t>() >= least &&
        value.get<std::uint64_t>() <= most) {
        to = value.get<std::uint64_t>();
        return std::nullopt;
    }
    return Problem{.status = 400,
                   .code = "invalid",
                   .detail = std::string(name) + " must be a number from " + std::to_string(least) + " to " +
                             std::to_string(most)};
}

/// Other limits than the job had: `cpus`, `memory_bytes`, `time_limit_ms`. The same bounds as nias.toml has.
std::optional<Problem> read_changes(Body& body, TaskSpec& spec) {
    auto text = read_text(body);
    if (auto* problem = std::get_if<Problem>(&text)) { return std::move(*problem); }
    if (std::get<std::string>(text).empty()) { return std::nullopt; }
    const auto json = nlohmann::json::parse(std::get<std::string>(text), nullptr, false);
    if (!json.is_object()) {
        return Problem{.status = 400,
                       .code = "invalid",
                       .detail = "the body must be empty, or name cpus, memory_bytes or time_limit_ms"};
    }
    std::uint64_t cpus = spec.resources.cpus;
    if (auto problem = read_limit(json, "cpus", 1, 4096, cpus)) { return problem; }
    spec.resources.cpus = static_cast<std::uint32_t>(cpus);
    if (auto problem =
            read_limit(json, "memory_bytes", 16U << 20U, 1ULL << 50U, spec.resources.memory_bytes)) {
        return problem;
    }
    return read_limit(json, "time_limit_ms", 1000, 366ULL * 24 * 3600 * 1000, spec.time_limit_ms);
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

Answer create_job(Front& front, const Call& call) {
    auto received = receive_upload(call.request, call.body, sources_of(front, call));
    if (const auto* problem = std::get_if<Problem>(&received)) { return problem_answer(*problem); }
    auto& upload = std::get<Upload>(received);
    const auto committed = commit_upload(upload);
    if (const auto* problem = std::get_if<Problem>(&committed)) { return problem_answer(*problem); }
    Task task = job::make_task(upload.layout, call.user->name, std::get<BlobRef>(committed));
    const auto known = claim_key(front, key_of(call.request, upload), task);
    if (const auto* problem = std::get_if<Problem>(&known)) { return problem_answer(*problem); }
    return submitted(front, std::move(task), std::get<bool>(known), upload.layout.mended);
}

Answer rerun_job(Front& front, const Call& call) {
    const Task& before = call.job->task;
    const auto kept = before.bundle ? front.stores.blobs().hold(before.bundle->hash)
                                    : Result<BlobRef>(Error{ErrorCode::not_found, ""});
    if (!kept || *kept != *before.bundle) {
        return problem_answer({.status = 404,
                               .code = "no_bundle",
                               .detail = "this server does not have that bundle: send the zip"});
    }
    Task task;
    task.owner = call.user->name;
    task.spec = before.spec;
    task.bundle = before.bundle;
    if (const auto problem = read_changes(call.body, task.spec)) { return problem_answer(*problem); }
    const auto key = call.request.field("idempotency-key");
    const auto known = claim_key(front, key ? std::optional<std::string>(*key) : std::nullopt, task);
    if (const auto* problem = std::get_if<Problem>(&known)) { return problem_answer(*problem); }
    return submitted(front, std::move(task), std::get<bool>(known), {});
}

Answer validate_job(Front& front, const Call& call) {
    const auto received = receive_upload(call.request, call.body, sources_of(front, call));
    if (const auto* problem = std::get_if<Problem>(&received)) { return problem_answer(*problem); }
    return json_answer(200, layout_json(std::get<Upload>(received).layout));
}

Answer list_jobs(Front& front, const Call& call) {
    auto query = parse_list_query(call.request);
    if (const auto* problem = std::get_if<Problem>(&query)) { return problem_answer(*problem); }
    auto& wanted = std::get<store::ListQuery>(query);
    auto whose = owner_wanted(front, call);
    if (const auto* problem = std::get_if<Problem>(&whose)) { return problem_answer(*problem); }
    wanted.owner = std::get<std::optional<std::string>>(whose);
    auto records = front.stores.list(wanted);
    if (!records) { return problem_answer(problem_from(records.error())); }
    std::vector<std::string> jobs;
    std::optional<std::uint64_t> place;
    for (store::TaskRecord& record : *records) {
        const bool queued = record.state == TaskState::queued;
        // Newest first and none left out: each queued one stands just before the last. Counting is slow in a
        // long line.
        if (queued) {
            place = place && wanted.text.empty() && !wanted.owner
                        ? *place - std::min<std::uint64_t>(*place, 1)
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
    const auto wait = parse_wait(call.request);
    if (const auto* problem = std::get_if<Problem>(&wait)) { return problem_answer(*problem); }
    store::TaskRecord record = *call.job;
    if (const auto patience = std::get<std::optional<std::chrono::seconds>>(wait)) {
        const auto look = [&] {
            if (auto seen = front.stores.find(record.task.id); seen && *seen) {
                record = std::move(**seen);
                front.hub.overlay(record);
            }
            return has_ended(record.state);
        };
        front.hub.wait_for_end(record.task.id, now() + *patience, look);
        (void)look();
    }
    explain_waiting(front, record);
    return job_answer(front, 200, record);
}

Answer cancel_job(Front& front, const Call& call) {
    const store::TaskRecord& record = *call.job;
    if (has_ended(record.state)) {
        return problem_answer({.status = 409,
                               .code = "ended",
                               .detail = "this job has already ended: there is nothing to cancel"});
    }
    if (front.directory != nullptr && record.task.owner != call.user->name) {
        front.directory->looked(*call.user, call.visitor, "cancelled_job",
                                to_string(record.task.id) + " of " + record.task.owner);
    }
    if (const auto asked = front.submitter.cancel(record.task.id); !asked) {
        return problem_answer(problem_from(asked.error()));
    }
    return job_answer(front, 202, record);
}

}  // namespace nias::httpfront::handlers
