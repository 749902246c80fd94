#include "cli/remote/job_reading.hpp"

#include <nlohmann/json.hpp>

#include "job/array/terms.hpp"

namespace nias::cli {
namespace {

using Json = nlohmann::json;

constexpr Cause kLastCause = Cause::store;

/// A value by its name; `none` where the server names one that this program does not know.
template <typename Enum>
Enum named(const std::string& text, Enum last, Enum otherwise) {
    for (int value = 0; value <= static_cast<int>(last); ++value) {
        if (to_string(static_cast<Enum>(value)) == text) { return static_cast<Enum>(value); }
    }
    return otherwise;
}

Outcome outcome_of(const Json& json) {
    Outcome outcome;
    outcome.status =
        named(json.at("status").get<std::string>(), OutcomeStatus::could_not_run, OutcomeStatus::failed);
    outcome.cause = named(json.at("cause").get<std::string>(), kLastCause, Cause::none);
    outcome.exit_code = json.at("exit_code").get<std::int32_t>();
    outcome.signal = json.at("signal").get<std::int32_t>();
    outcome.error = json.at("error").get<std::string>();
    outcome.notes = json.at("notes").get<std::vector<std::string>>();
    outcome.usage = {.wall_ms = json.at("wall_ms").get<std::uint64_t>(),
                     .cpu_ms = json.at("cpu_ms").get<std::uint64_t>(),
                     .peak_memory_bytes = json.at("peak_memory_bytes").get<std::uint64_t>()};
    if (json.at("output_bytes").is_number()) {
        outcome.output_blob = BlobRef{.hash = {}, .size_bytes = json.at("output_bytes").get<std::uint64_t>()};
    }
    return outcome;
}

Outcome attempt_of(const Json& json) {
    Outcome outcome = outcome_of(json);
    outcome.attempt = json.at("attempt").get<Attempt>();
    outcome.worker = json.at("worker").get<std::string>();
    outcome.started_unix_ms = json.at("started_ms").get<std::int64_t>();
    outcome.ended_unix_ms = json.at("ended_ms").get<std::int64_t>();
    return outcome;
}

/// Arrays and trials; an older server says nothing of them.
void read_terms(const Json& json, RemoteJob& job) {
    Task& task = job.record.task;
    job::Terms terms{.trial = json.value("trial", false)};
    if (const auto member = json.find("member"); member != json.end() && member->is_object()) {
        terms.place.emplace();
        terms.place->index = member->at("index").get<std::uint32_t>();
        terms.place->size = member->at("size").get<std::uint32_t>();
        if (const Json& array = member->at("array"); array.is_string()) {
            if (const auto group = parse_task_id(array.get<std::string>())) { task.group = *group; }
        }
    }
    task.payload = job::to_payload(terms);
    const auto array = json.find("array");
    if (array == json.end() || !array->is_object()) { return; }
    task.group = task.id;
    task.group_size = array->at("size").get<std::uint32_t>();
    store::GroupStanding& standing = job.array.emplace();
    for (const TaskState state : kTaskStates) {
        standing.counts.tasks.at(static_cast<std::size_t>(state)) =
            array->at("counts").at(std::string(to_string(state))).get<std::uint64_t>();
    }
    standing.started_unix_ms = job.record.started_unix_ms;
    standing.ended_unix_ms = job.record.ended_unix_ms;
}

/// Throws what the library throws where a field is missing or of another type.
RemoteJob job_of(const Json& json) {
    RemoteJob job;
    store::TaskRecord& record = job.record;
    const auto id = parse_task_id(json.at("id").get<std::string>());
    const auto state = parse_task_state(json.at("state").get<std::string>());
    if (!id || !state) { throw std::runtime_error("its id or state is none"); }
    record.task.id = *id;
    record.state = *state;
    record.task.attempt = json.at("attempt").get<Attempt>();
    record.task.owner = json.at("owner").get<std::string>();
    record.task.spec.name = json.at("name").get<std::string>();
    record.task.spec.runtime = json.at("runtime").get<std::string>();
    record.worker = json.at("worker").get<std::string>();
    record.reason = json.at("reason").get<std::string>();
    // The reason of a job that waits for its first attempt says what it waits for: that is no history.
    if (record.state == TaskState::queued && record.task.attempt == 1) { record.reason.clear(); }
    record.submitted_unix_ms = json.at("submitted_ms").get<std::int64_t>();
    record.started_unix_ms = json.at("started_ms").get<std::int64_t>();
    record.ended_unix_ms = json.at("ended_ms").get<std::int64_t>();
    if (json.at("outcome").is_object()) { record.outcome = outcome_of(json.at("outcome")); }
    read_terms(json, job);
    if (const auto attempts = json.find("attempts"); attempts != json.end()) {
        for (const Json& earlier : *attempts) { job.attempts.push_back(attempt_of(earlier)); }
    }
    if (json.at("place_in_line").is_number()) {
        job.place_in_line = json.at("place_in_line").get<std::uint64_t>();
    }
    return job;
}

Error unreadable(const char* why) {
    return {ErrorCode::corrupt,
            std::string("the server's answer cannot be read: is it another version, or no NIAS server? (") +
                why + ")"};
}

store::MemberRow member_of(const Json& json) {
    store::MemberRow member;
    const auto id = parse_task_id(json.at("id").get<std::string>());
    const auto state = parse_task_state(json.at("state").get<std::string>());
    if (!id || !state) { throw std::runtime_error("a member's id or state is none"); }
    member.id = *id;
    member.state = *state;
    member.attempt = json.at("attempt").get<Attempt>();
    member.worker = json.at("worker").get<std::string>();
    member.reason = json.at("reason").get<std::string>();
    member.started_unix_ms = json.at("started_ms").get<std::int64_t>();
    member.ended_unix_ms = json.at("ended_ms").get<std::int64_t>();
    if (json.at("output_bytes").is_number()) {
        member.output = BlobRef{.hash = {}, .size_bytes = json.at("output_bytes").get<std::uint64_t>()};
    }
    return member;
}

}  // namespace

Result<RemoteJob> read_job(std::string_view json) {
    try {
        return job_of(Json::parse(json));
    } catch (const std::exception& problem) { return unreadable(problem.what()); }
}

Result<RemotePage> read_page(std::string_view json) {
    try {
        const Json read = Json::parse(json);
        RemotePage page;
        for (const Json& job : read.at("jobs")) { page.jobs.push_back(job_of(job)); }
        page.more = read.at("next").is_string();
        return page;
    } catch (const std::exception& problem) { return unreadable(problem.what()); }
}

Result<RemoteMembers> read_members(std::string_view json) {
    try {
        const Json read = Json::parse(json);
        RemoteMembers page;
        for (const Json& member : read.at("members")) { page.members.push_back(member_of(member)); }
        page.more = read.at("next").is_number();
        return page;
    } catch (const std::exception& problem) { return unreadable(problem.what()); }
}

}  // namespace nias::cli
