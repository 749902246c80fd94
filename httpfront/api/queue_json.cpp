#include "api/queue_json.hpp"

#include <nlohmann/json.hpp>

namespace nias::httpfront {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string queue_json(const store::QueueCounts& counts) {
    return Json{{"queued", counts.queued}, {"running", counts.running}, {"ended", counts.ended}}.dump();
}

std::string history_json(Span span, const std::deque<QueueSample>& samples) {
    Json json;
    json["step_s"] = QueueCurve::kRings.at(static_cast<std::size_t>(span)).step_s;
    for (const char* list : {"at_s", "total", "ready", "unacknowledged"}) { json[list] = Json::array(); }
    for (const QueueSample& sample : samples) {
        json["at_s"].push_back(sample.at_s);
        json["total"].push_back(sample.ready + sample.unacknowledged);
        json["ready"].push_back(sample.ready);
        json["unacknowledged"].push_back(sample.unacknowledged);
    }
    return json.dump();
}

std::string waiting_json(const Waiting& waiting) {
    std::string out = "{\"jobs\":[";
    for (const std::string& job : waiting.jobs) {
        if (out.back() != '[') { out += ','; }
        out += job;
    }
    return out + "],\"own\":" + std::to_string(waiting.own) + ",\"more\":" + std::to_string(waiting.more) +
           ",\"others\":" + std::to_string(waiting.others) + "}";
}

}  // namespace nias::httpfront
