#include "api/handlers/queue.hpp"

#include <algorithm>

#include "api/handlers/jobs.hpp"
#include "api/job_json.hpp"
#include "api/queue_json.hpp"

namespace nias::httpfront::handlers {
namespace {

constexpr std::size_t kCountedMax = 1000;  // one's own jobs that are looked at
constexpr std::size_t kToldMax = 100;      // jobs that are told
constexpr std::size_t kExplainedMax = 20;  // jobs about which the ventilator is asked

std::optional<Span> span_of(std::string_view name) {
    if (name.empty() || name == "hour") { return Span::hour; }
    if (name == "day") { return Span::day; }
    if (name == "week") { return Span::week; }
    return std::nullopt;
}

}  // namespace

Answer get_queue(Front& front, const Call&) {
    const auto counts = front.stores.counts();
    if (!counts) { return problem_answer(problem_from(counts.error())); }
    return json_answer(200, queue_json(*counts));
}

Answer get_queue_history(Front& front, const Call& call) {
    const auto span = span_of(call.request.parameter("span"));
    if (!span) {
        return problem_answer({.status = 400, .code = "invalid", .detail = "span must be hour, day or week"});
    }
    return json_answer(200, history_json(*span, front.history.of(*span)));
}

Answer get_waiting(Front& front, const Call& call) {
    store::ListQuery query;
    query.state = TaskState::queued;
    query.limit = kCountedMax;
    if (!call.user->is_open()) { query.owner = call.user->name; }
    auto own = front.stores.list(query);
    if (!own) { return problem_answer(problem_from(own.error())); }
    const auto counts = front.stores.counts();
    if (!counts) { return problem_answer(problem_from(counts.error())); }
    std::reverse(own->begin(), own->end());
    Waiting waiting;
    waiting.others = counts->queued - std::min<std::uint64_t>(counts->queued, own->size());
    for (store::TaskRecord& record : *own) {
        front.hub.overlay(record);
        if (record.state != TaskState::queued) { continue; }  // it has left the line since
        ++waiting.own;
        if (waiting.jobs.size() == kToldMax) { continue; }
        std::optional<std::int64_t> start;
        store::JobView job(std::move(record));
        if (waiting.jobs.size() < kExplainedMax) { start = explain_waiting(front, job); }
        waiting.jobs.push_back(job_json(job, front.stores.place_of(job.record), start));
    }
    return json_answer(200, waiting_json(waiting));
}

}  // namespace nias::httpfront::handlers
