#include "api/handlers/events.hpp"

#include <algorithm>

#include "api/handlers/jobs.hpp"
#include "base/clock.hpp"
#include "base/numbers.hpp"

namespace nias::httpfront::handlers {

namespace {

/// A stream is opened anew by the page after this, and with it who reads it is asked again.
constexpr std::chrono::seconds kStreamFor{3600};

/// Zero on a server without accounts: nobody is asked there.
std::chrono::seconds stream_time(const Identity& user) {
    if (user.is_open()) { return std::chrono::seconds(0); }
    if (user.ends_unix_ms == 0) { return kStreamFor; }
    const std::chrono::seconds left((user.ends_unix_ms - unix_ms_now()) / 1000);
    return std::clamp(left, std::chrono::seconds(1), kStreamFor);
}

}  // namespace

Answer stream_events(Front& front, const Call& call) {
    EventStream stream;
    if (const auto log = call.request.parameter("log"); !log.empty()) {
        if (const auto id = parse_task_id(log); !id) { return problem_answer(problem_from(id.error())); }
        const auto job = find_job(front, *call.user, call.visitor, std::string(log));
        if (const auto* problem = std::get_if<Problem>(&job)) { return problem_answer(*problem); }
        stream.log = std::get<store::JobView>(job).record.task.id;
    }
    auto whose = owner_wanted(front, call);
    if (const auto* problem = std::get_if<Problem>(&whose)) { return problem_answer(*problem); }
    stream.owner = std::get<std::optional<std::string>>(std::move(whose));
    stream.reader = call.user->name;
    stream.asked_at = call.asked_at;
    stream.ends_within = stream_time(*call.user);
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
