#include "api/handlers/queue.hpp"

#include <algorithm>

#include "api/handlers/jobs.hpp"
#include "api/job_json.hpp"
#include "api/queue_json.hpp"

namespace nias::httpfront::handlers {
namespace {

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
    const bool all = call.user->is_open();
    const auto line = front.stores.waiting(all ? std::nullopt : std::optional(call.user->name));
    if (!line) { return problem_answer(problem_from(line.error())); }
    Waiting waiting;
    waiting.own = line->own;
    waiting.others = line->queued - std::min(line->queued, line->own);
    std::size_t explained = 0;
    for (const store::WaitingJob& one : line->jobs) {
        if (waiting.jobs.size() == kToldMax) { break; }
        auto job = front.stores.find_job(one.group == TaskId{} ? one.first : one.group);
        if (!job) { return problem_answer(problem_from(job.error())); }
        if (!*job) { continue; }  // it was deleted since
        if (!(*job)->array) { front.hub.overlay((*job)->record); }
        if (!(*job)->array && (*job)->record.state != TaskState::queued) {  // it has left the line since
            waiting.own -= std::min(waiting.own, one.tasks);
            continue;
        }
        std::optional<std::int64_t> start;
        if (explained < kExplainedMax) { start = explain_waiting(front, **job, one.first); }
        ++explained;
        waiting.jobs.push_back(job_json(**job, one.place, start));
    }
    waiting.more = line->jobs.size() > kToldMax ? line->jobs.size() - kToldMax : 0;
    return json_answer(200, waiting_json(waiting));
}

}  // namespace nias::httpfront::handlers
