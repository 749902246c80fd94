#include "api/job_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/words_json.hpp"
#include "job/array/indices.hpp"
#include "job/array/terms.hpp"
#include "store/ledger/shown_end.hpp"

namespace nias::httpfront {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json all_words(const std::vector<std::string>& texts) {
    Json list = Json::array();
    for (const std::string& text : texts) { list.push_back(words_json(text)); }
    return list;
}

Json outcome_of(const Outcome& outcome) {
    Json json;
    json["status"] = to_string(outcome.status);
    json["cause"] = to_string(outcome.cause);
    json["exit_code"] = outcome.exit_code;
    json["signal"] = outcome.signal;
    json["error"] = outcome.error;
    json["notes"] = outcome.notes;
    json["error_words"] = words_json(outcome.error);
    json["notes_words"] = all_words(outcome.notes);
    json["wall_ms"] = outcome.usage.wall_ms;
    json["cpu_ms"] = outcome.usage.cpu_ms;
    json["peak_memory_bytes"] = outcome.usage.peak_memory_bytes;
    json["output_bytes"] = outcome.output_blob ? Json(outcome.output_blob->size_bytes) : Json(nullptr);
    return json;
}

Json attempts_of(const std::vector<Outcome>& attempts) {
    Json list = Json::array();
    for (const Outcome& outcome : attempts) {
        Json json{{"attempt", outcome.attempt},
                  {"worker", outcome.worker},
                  {"started_ms", outcome.started_unix_ms},
                  {"ended_ms", outcome.ended_unix_ms}};
        json.update(outcome_of(outcome));
        list.push_back(std::move(json));
    }
    return list;
}

/// The letter of each state, in the order of kTaskStates.
constexpr std::string_view kLetters = "qarsfctl";

/// The array that this one is, as a whole.
Json array_of(const store::JobView& job, const std::optional<job::ArrayPlace>& place) {
    if (!job.array) { return nullptr; }
    const store::GroupCounts& counts = job.array->counts;
    const std::uint64_t size = std::max<std::uint64_t>(job::members_beside(job.record.task), counts.all());
    Json json{{"size", size}, {"missing", size - counts.all()}};
    for (const TaskState state : kTaskStates) {
        json["counts"][std::string(to_string(state))] = counts.in(state);
    }
    json["min"] = place ? Json(place->min) : Json(nullptr);
    json["max"] = place ? Json(place->max) : Json(nullptr);
    json["count"] = place ? Json(place->count) : Json(nullptr);
    return json;
}

/// The array that this one is a member of.
Json membership_of(const store::JobView& job, const std::optional<job::ArrayPlace>& place) {
    const bool single = job.record.task.group == TaskId{} && !place;
    if (job.array || single) { return nullptr; }
    Json json;
    json["array"] =
        job.record.task.group == TaskId{} ? Json(nullptr) : Json(to_string(job.record.task.group));
    json["index"] = place ? place->index : job.record.task.group_index();
    json["size"] = job::members_beside(job.record.task);
    return json;
}

Json job_of(const store::JobView& job, std::optional<std::uint64_t> place) {
    const store::TaskRecord& record = job.record;
    const job::Terms terms = job::terms_of(record.task.payload);
    Json json;
    json["id"] = to_string(record.task.id);
    json["name"] = record.task.spec.name;
    json["owner"] = record.task.owner;
    json["state"] = to_string(record.state);
    json["attempt"] = record.task.attempt;
    json["runtime"] = job::runtime_in_words(record.task.spec.runtime);
    json["worker"] = record.worker;
    json["reason"] = record.reason;
    json["reason_words"] = words_json(record.reason);
    json["submitted_ms"] = record.submitted_unix_ms;
    json["started_ms"] = record.started_unix_ms;
    json["ended_ms"] = store::shown_end_unix_ms(record);
    json["bundle_bytes"] = record.task.bundle ? record.task.bundle->size_bytes : 0;
    json["asked"] = {{"cpus", record.task.spec.resources.cpus},
                     {"gpus", record.task.spec.resources.gpus},
                     {"memory_bytes", record.task.spec.resources.memory_bytes},
                     {"disk_bytes", terms.disk_bytes},
                     {"time_limit_ms", record.task.spec.time_limit_ms},
                     {"max_attempts", record.task.spec.max_attempts}};
    json["deleted_ms"] = record.deleted_unix_ms;
    json["gone_ms"] = record.gone_unix_ms;
    json["place_in_line"] = place ? Json(*place) : Json(nullptr);
    json["outcome"] = record.outcome ? outcome_of(*record.outcome) : Json(nullptr);
    json["attempts"] = attempts_of(job.attempts);
    json["trial"] = terms.trial;
    json["member"] = membership_of(job, terms.place);
    json["array"] = array_of(job, terms.place);
    return json;
}

}  // namespace

std::string job_json(const store::JobView& job, std::optional<std::uint64_t> place,
                     std::optional<std::int64_t> likely_start) {
    Json json = job_of(job, place);
    if (likely_start) { json["likely_start_ms"] = *likely_start; }
    return dump(json);
}

std::string created_json(const store::JobView& job, std::optional<std::uint64_t> place,
                         const std::vector<std::string>& mended) {
    Json json = job_of(job, place);
    json["mended"] = mended;
    json["mended_words"] = all_words(mended);
    return dump(json);
}

std::string list_json(const std::vector<std::string>& jobs, const std::optional<TaskId>& next) {
    std::string out = "{\"jobs\":[";
    for (const std::string& job : jobs) {
        if (out.back() != '[') { out += ','; }
        out += job;
    }
    return out + "],\"next\":" + (next ? "\"" + to_string(*next) + "\"" : "null") + "}";
}

std::string members_json(const std::vector<store::MemberRow>& members, bool more) {
    Json json;
    json["members"] = Json::array();
    for (const store::MemberRow& member : members) {
        json["members"].push_back(
            {{"index", member.id.index()},
             {"id", to_string(member.id)},
             {"state", to_string(member.state)},
             {"attempt", member.attempt},
             {"worker", member.worker},
             {"reason", member.reason},
             {"reason_words", words_json(member.reason)},
             {"started_ms", member.started_unix_ms},
             {"ended_ms", member.ended_unix_ms},
             {"output_bytes", member.output ? Json(member.output->size_bytes) : Json(nullptr)}});
    }
    json["next"] = more && !members.empty() ? Json(members.back().id.index()) : Json(nullptr);
    return dump(json);
}

std::string states_json(const std::vector<store::MemberRow>& members) {
    std::vector<std::uint32_t> indices;
    std::string states;
    for (const store::MemberRow& member : members) {
        indices.push_back(member.id.index());
        states.push_back(kLetters.at(static_cast<std::size_t>(member.state)));
    }
    return dump(Json{{"indices", job::indices_text(indices)}, {"states", states}});
}

std::string layout_json(const job::Layout& layout) {
    Json json;
    json["ok"] = true;
    json["layout"] = {
        {"array",
         layout.manifest.array.empty() ? Json(nullptr) : Json(job::indices_text(layout.manifest.array))},
        {"runtime", job::runtime_in_words(layout.runtime)},
        {"entry", layout.entry},
        {"name", layout.name},
        {"mended", layout.mended},
        {"mended_words", all_words(layout.mended)}};
    return dump(json);
}

std::string files_json(const std::vector<job::ZipEntry>& files) {
    Json json;
    json["files"] = Json::array();
    for (const job::ZipEntry& file : files) {
        json["files"].push_back({{"path", file.path}, {"size_bytes", file.size_bytes}});
    }
    return dump(json);
}

std::string live_json(const AttemptRef& attempt, const std::vector<store::LiveFileRow>& files) {
    Json json;
    json["attempt"] = attempt.attempt;
    json["files"] = Json::array();
    for (const store::LiveFileRow& file : files) {
        json["files"].push_back({{"path", file.name},
                                 {"size_bytes", file.size_bytes},
                                 {"changed_unix_ms", file.changed_unix_ms}});
    }
    return dump(json);
}

std::string file_json(const AttemptRef& attempt, std::string_view path, std::uint64_t size_bytes) {
    return dump(Json{{"id", to_string(attempt.id)},
                     {"attempt", attempt.attempt},
                     {"path", path},
                     {"size_bytes", size_bytes}});
}

std::string log_json(const AttemptRef& attempt, std::uint64_t offset, std::uint64_t next,
                     std::string_view text) {
    return dump(Json{{"id", to_string(attempt.id)},
                     {"attempt", attempt.attempt},
                     {"offset", offset},
                     {"next", next},
                     {"text", text}});
}

std::string log_hits_json(const LogSearch& search) {
    Json json{{"lines", search.lines()}, {"total", search.total()}, {"hits", Json::array()}};
    for (const LogSearch::Hit& hit : search.hits()) {
        json["hits"].push_back({{"line", hit.line}, {"offset", hit.offset}, {"text", hit.text}});
    }
    return dump(json);
}

std::string progress_json(const AttemptRef& attempt, double fraction, std::string_view text) {
    return dump(Json{{"id", to_string(attempt.id)}, {"fraction", fraction}, {"text", text}});
}

std::string checks_json(bool ready, const std::vector<std::pair<std::string, std::string>>& checks) {
    Json json;
    json["status"] = ready ? "ready" : "not ready";
    json["checks"] = Json::object();
    for (const auto& [name, words] : checks) { json["checks"][name] = words; }
    return dump(json);
}

}  // namespace nias::httpfront
