#include "api/machine_json.hpp"

#include <map>

#include "api/words_json.hpp"
#include "service/worker_rows.hpp"

namespace nias::httpfront {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// A machine that pauses itself says which jobs could not be run there, and with which words the last one
/// ended. These are of somebody's job.
std::string without_faults(const std::string& reason) {
    return reason.substr(0, reason.find(", the last: "));
}

/// Lists the tasks that this machine has, the members of an array as one.
Json own_jobs(const std::vector<store::HeldTask>& own, const std::string& machine) {
    Json jobs = Json::array();
    std::map<TaskId, std::size_t> at;
    for (const store::HeldTask& task : own) {
        if (task.worker != machine) { continue; }
        const TaskId& id = task.group == TaskId{} ? task.id : task.group;
        const auto [known, fresh] = at.emplace(id, jobs.size());
        if (fresh) {
            jobs.push_back({{"id", to_string(id)}, {"name", task.name}, {"held", 0}, {"running", 0}});
        }
        Json& job = jobs[known->second];
        job["held"] = job["held"].get<int>() + 1;
        if (task.state == TaskState::running) { job["running"] = job["running"].get<int>() + 1; }
    }
    return jobs;
}

Json machine_of(const wire::WorkerRow& row, bool with_faults) {
    const std::string reason = with_faults ? row.reason : without_faults(row.reason);
    Json json;
    json["name"] = row.name;
    json["host"] = row.host;
    json["address"] = row.address;
    json["state"] = service::word_of(row.state);
    json["since_ms"] = row.since_unix_ms;
    json["reason"] = reason;
    json["reason_words"] = words_json(reason);
    json["slots"] = row.slots;
    json["held"] = row.held;
    json["running"] = row.running;
    json["cpus"] = row.cpus;
    json["gpus"] = row.gpus;
    json["load_percent"] = row.load_percent;
    json["memory_bytes"] = row.memory_bytes;
    json["runtimes"] = row.runtimes;
    json["version"] = row.software;
    json["labels"] = row.labels;
    json["labels_words"] = Json::array();
    for (const std::string& label : row.labels) { json["labels_words"].push_back(words_json(label)); }
    json["clock_off_ms"] = row.clock_off_ms;
    return json;
}

}  // namespace

std::string machines_json(const service::Roll& roll, bool with_faults,
                          const std::vector<store::HeldTask>& own) {
    Json json;
    json["machines"] = Json::array();
    for (const wire::WorkerRow& row : roll.workers) {
        Json machine = machine_of(row, with_faults);
        const bool is_gone = row.state > wire::WorkerState::silent;
        machine["own"] = is_gone ? Json::array() : own_jobs(own, row.name);
        json["machines"].push_back(std::move(machine));
    }
    json["now_ms"] = roll.unix_ms;
    return dump(json);
}

std::string limits_json(const service::Roll& roll, std::uint64_t max_upload_bytes) {
    std::map<std::string, Json> machines_of;
    for (const wire::WorkerRow& row : roll.workers) {
        if (row.state > wire::WorkerState::silent) { continue; }  // it is gone
        for (const std::string& label : row.labels) {
            if (label.starts_with("a job by default: ")) { machines_of[label].push_back(row.name); }
        }
    }
    Json json;
    json["max_upload_bytes"] = max_upload_bytes;
    json["defaults"] = Json::array();
    for (auto& [text, machines] : machines_of) {
        json["defaults"].push_back(
            {{"text", text}, {"text_words", words_json(text)}, {"machines", std::move(machines)}});
    }
    return dump(json);
}

std::string ordered_json(const std::string& name, const std::string& text) {
    return dump(Json{{"name", name}, {"text", text}, {"text_words", words_json(text)}});
}

}  // namespace nias::httpfront
