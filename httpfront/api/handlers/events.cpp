#include "api/handlers/events.hpp"

#include "base/numbers.hpp"

namespace nias::httpfront::handlers {

Answer stream_events(Front& front, const Call& call) {
    EventStream stream;
    if (const auto log = call.request.parameter("log"); !log.empty()) {
        const auto id = parse_task_id(log);
        if (!id) { return problem_answer(problem_from(id.error())); }
        stream.log = *id;
    }
    if (const auto text = call.request.parameter("offset"); !text.empty()) {
        stream.log_offset = whole_number<std::uint64_t>(text);
        if (!stream.log_offset) {
            return problem_answer({.status = 400, .code = "invalid", .detail = "offset must be a number"});
        }
    }
    if (!front.hub.has_room()) {
        return problem_answer(
            {.status = 503,
             .code = "too_many_streams",
             .detail = "too many pages listen to this server: close some, or try again later",
             .headers = {{"Retry-After", "15"}}});
    }
    stream.last_event_id = std::string(call.request.field("last-event-id").value_or(""));
    // Intermediaries that buffer would hold events back.
    return {
        200,
        {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
        std::move(stream)};
}

}  // namespace nias::httpfront::handlers
