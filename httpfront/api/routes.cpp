#include "api/routes.hpp"

#include <algorithm>
#include <array>

#include "api/handlers/arrays.hpp"
#include "api/handlers/events.hpp"
#include "api/handlers/files.hpp"
#include "api/handlers/health.hpp"
#include "api/handlers/jobs.hpp"
#include "api/handlers/keeping/forget.hpp"
#include "api/handlers/keeping/usage.hpp"
#include "api/handlers/machines.hpp"
#include "api/handlers/notices.hpp"
#include "api/handlers/queue.hpp"
#include "api/handlers/sessions.hpp"
#include "api/handlers/submit.hpp"
#include "api/handlers/uploads.hpp"
#include "api/handlers/users.hpp"
#include "api/query.hpp"
#include "api/words_json.hpp"
#include "base/clock.hpp"
#include "base/words.hpp"
#include "http/sending/outgoing.hpp"

namespace nias::httpfront {
namespace {

using enum Who;

constexpr std::array kRoutes{
    Route{"POST", "/api/v1/jobs", signed_in, Scope::submit, handlers::create_job, Lane::transfer},
    Route{"POST", "/api/v1/jobs/validate", signed_in, Scope::submit, handlers::validate_job, Lane::transfer},
    Route{"GET", "/api/v1/jobs", signed_in, Scope::read, handlers::list_jobs},
    Route{"GET", "/api/v1/jobs/{id}", owner, Scope::read, handlers::get_job, Lane::quick, true},
    Route{"DELETE", "/api/v1/jobs/{id}", owner, Scope::submit, handlers::delete_job, Lane::quick, true},
    Route{"POST", "/api/v1/jobs/{id}/restore", owner, Scope::submit, handlers::restore_job, Lane::quick,
          true},
    Route{"POST", "/api/v1/jobs/delete", signed_in, Scope::submit, handlers::delete_jobs},
    Route{"POST", "/api/v1/jobs/restore", signed_in, Scope::submit, handlers::restore_jobs},
    Route{"GET", "/api/v1/jobs.zip", signed_in, Scope::read, handlers::get_outputs, Lane::transfer},
    Route{"GET", "/api/v1/jobs/{id}/members", owner, Scope::read, handlers::list_members, Lane::quick, true},
    Route{"GET", "/api/v1/jobs/{id}/states", owner, Scope::read, handlers::get_states, Lane::quick, true},
    Route{"POST", "/api/v1/jobs/{id}/cancel", owner, Scope::submit, handlers::cancel_job, Lane::quick, true},
    Route{"POST", "/api/v1/jobs/{id}/rerun", owner, Scope::submit, handlers::rerun_job, Lane::transfer, true},
    Route{"GET", "/api/v1/jobs/{id}/bundle", owner, Scope::read, handlers::get_bundle_of, Lane::transfer,
          true},
    Route{"GET", "/api/v1/jobs/{id}/files", owner, Scope::read, handlers::list_files},
    Route{"GET", "/api/v1/jobs/{id}/files/{path}", owner, Scope::read, handlers::get_file, Lane::transfer},
    Route{"GET", "/api/v1/jobs/{id}/live", owner, Scope::read, handlers::list_live},
    Route{"GET", "/api/v1/jobs/{id}/live/{path}", owner, Scope::read, handlers::get_live, Lane::transfer},
    Route{"GET", "/api/v1/jobs/{id}/output", owner, Scope::read, handlers::get_output, Lane::transfer, true},
    Route{"GET", "/api/v1/jobs/{id}/log", owner, Scope::read, handlers::get_log, Lane::transfer},
    Route{"OPTIONS", "/api/v1/uploads", signed_in, Scope::submit, handlers::describe_uploads},
    Route{"POST", "/api/v1/uploads", signed_in, Scope::submit, handlers::create_upload, Lane::transfer},
    Route{"GET", "/api/v1/uploads/{id}", signed_in, Scope::submit, handlers::get_upload, Lane::transfer},
    Route{"PATCH", "/api/v1/uploads/{id}", signed_in, Scope::submit, handlers::patch_upload, Lane::transfer},
    Route{"POST", "/api/v1/uploads/{id}", signed_in, Scope::submit, handlers::override_upload,
          Lane::transfer},
    Route{"DELETE", "/api/v1/uploads/{id}", signed_in, Scope::submit, handlers::delete_upload,
          Lane::transfer},
    Route{"GET", "/api/v1/bundles/{sha256}", signed_in, Scope::submit, handlers::get_bundle},
    Route{"GET", "/api/v1/events", signed_in, Scope::read, handlers::stream_events},
    Route{"GET", "/api/v1/usage", signed_in, Scope::read, handlers::get_usage},
    Route{"GET", "/api/v1/queue", signed_in, Scope::read, handlers::get_queue},
    Route{"GET", "/api/v1/queue/history", signed_in, Scope::read, handlers::get_queue_history},
    Route{"GET", "/api/v1/queue/waiting", signed_in, Scope::read, handlers::get_waiting, Lane::transfer},
    Route{"GET", "/api/v1/machines", signed_in, Scope::read, handlers::list_machines, Lane::transfer},
    Route{"GET", "/api/v1/limits", signed_in, Scope::read, handlers::get_limits, Lane::transfer},
    Route{"POST", "/api/v1/machines/{name}/pause", administrator, Scope::admin, handlers::pause_machine,
          Lane::transfer},
    Route{"POST", "/api/v1/machines/{name}/drain", administrator, Scope::admin, handlers::drain_machine,
          Lane::transfer},
    Route{"POST", "/api/v1/machines/{name}/resume", administrator, Scope::admin, handlers::resume_machine,
          Lane::transfer},
    Route{"GET", "/api/v1/session", everybody, Scope::none, handlers::get_session},
    Route{"POST", "/api/v1/session", everybody, Scope::none, handlers::sign_in, Lane::transfer},
    Route{"DELETE", "/api/v1/session", everybody, Scope::none, handlers::sign_out},
    Route{"POST", "/api/v1/password", signed_in, Scope::session, handlers::change_password, Lane::transfer},
    Route{"GET", "/api/v1/sessions", signed_in, Scope::session, handlers::list_sessions},
    Route{"DELETE", "/api/v1/sessions/{id}", signed_in, Scope::session, handlers::end_session},
    Route{"GET", "/api/v1/tokens", signed_in, Scope::session, handlers::list_tokens},
    Route{"POST", "/api/v1/tokens", signed_in, Scope::session, handlers::make_token},
    Route{"DELETE", "/api/v1/tokens/{id}", signed_in, Scope::session, handlers::revoke_token},
    Route{"POST", "/api/v1/invitations/look", everybody, Scope::none, handlers::look_at_invitation},
    Route{"POST", "/api/v1/invitations/accept", everybody, Scope::none, handlers::accept_invitation,
          Lane::transfer},
    Route{"GET", "/api/v1/notices", signed_in, Scope::session, handlers::get_notices},
    Route{"PUT", "/api/v1/notices", signed_in, Scope::session, handlers::set_notices, Lane::transfer},
    Route{"POST", "/api/v1/notices/confirm", signed_in, Scope::session, handlers::confirm_notices,
          Lane::transfer},
    Route{"GET", "/api/v1/invitations", administrator, Scope::admin, handlers::list_invitations},
    Route{"POST", "/api/v1/invitations", administrator, Scope::admin, handlers::invite},
    Route{"DELETE", "/api/v1/invitations/{id}", administrator, Scope::admin, handlers::withdraw_invitation},
    Route{"GET", "/api/v1/users", administrator, Scope::admin, handlers::list_users},
    Route{"PATCH", "/api/v1/users/{name}", administrator, Scope::admin, handlers::change_user},
    Route{"POST", "/api/v1/users/{name}/password-link", administrator, Scope::admin,
          handlers::offer_password},
    Route{"GET", "/api/v1/openapi.yaml", everybody, Scope::none, handlers::get_openapi},
    Route{"GET", "/api/v1/openapi.json", everybody, Scope::none, handlers::get_openapi_json},
    Route{"GET", "/metrics", signed_in, Scope::read, handlers::get_metrics, Lane::transfer},
    Route{"GET", "/healthz", everybody, Scope::none, handlers::get_health},
    Route{"GET", "/readyz", everybody, Scope::none, handlers::get_readiness},
};

bool serves(const Route& route, std::string_view method) {
    return route.verb == method || (route.verb == "GET" && method == "HEAD");
}

Answer wrong_method(const Request& request, std::string allowed) {
    return problem_answer({.status = 405,
                           .code = "method",
                           .detail = request.path + " does not take " + request.method + ", only " + allowed,
                           .headers = {{"Allow", allowed}}});
}

/// The answer to a request in clear. Others may have read or changed it, so nothing is done with it.
Answer to_https(const Request& request) {
    const std::string there = "https://" + request.host + request.target;
    // A browser that speaks HTTPS to a proxy would be sent in a circle.
    if (!request.secure && (request.method == "GET" || request.method == "HEAD")) {
        return {308, {{"Location", there}, {"Cache-Control", "no-store"}}, std::string()};
    }
    return problem_answer({.status = 403,
                           .code = "https_only",
                           .detail = "this server takes requests over HTTPS alone: send it to " + there});
}

/// An open server believes that whoever reaches it is of this machine. A proxy brings others too.
std::optional<Problem> check_alone(const Front& front, const Request& request) {
    if (front.mode != Mode::open_by_default || !is_forwarded(request)) { return std::nullopt; }
    return Problem{.status = 403,
                   .code = "open_behind_proxy",
                   .detail =
                       "a proxy passed this request on, and this server has no accounts, so everybody behind "
                       "the proxy would see every job: its administrator starts it with --accounts on, or "
                       "says with --accounts off that this is meant"};
}

Visitor visitor_of(const Request& request) {
    constexpr std::size_t kAgentBytesMax = 200;
    return {.address = request.client,
            .agent = std::string(cut_utf8(request.field("user-agent").value_or(""), kAgentBytesMax)),
            .secure = request.secure};
}

std::variant<std::optional<Identity>, Problem> identify(Front& front, const Request& request,
                                                        const Visitor& visitor) {
    if (front.directory != nullptr) { return front.directory->identify(request, visitor); }
    return std::optional(Identity{.name = front.options.owner});
}

/// Whether who asks may use the route; nothing of the body was read. Fills in the call.
std::optional<Problem> authorise(Front& front, const Route& route, Call& call) {
    call.visitor = visitor_of(call.request);
    auto asked = identify(front, call.request, call.visitor);
    auto* user = std::get_if<std::optional<Identity>>(&asked);
    if (user != nullptr) { call.user = std::move(*user); }
    if (route.who == everybody) { return std::nullopt; }
    if (user == nullptr) { return std::get<Problem>(asked); }
    if (!call.user) {
        return Problem{.status = 401,
                       .code = "sign_in",
                       .detail = "sign in first, or send a token as Authorization: Bearer",
                       .headers = {{"WWW-Authenticate", "Bearer"}}};
    }
    if (!call.user->may(route.scope) && call.user->by == Identity::By::token) {
        return Problem{.status = 403,
                       .code = "scope",
                       .detail =
                           "this token may not do that: it lacks the scope, or only a person who signed in "
                           "may do it"};
    }
    if (route.who == administrator && !call.user->administers()) {
        return Problem{
            .status = 403, .code = "administrators_only", .detail = "only administrators may do that"};
    }
    if (route.who != owner) { return std::nullopt; }
    auto job = find_job(front, *call.user, call.visitor, call.captures.front());
    if (auto* problem = std::get_if<Problem>(&job)) { return std::move(*problem); }
    call.job = std::move(std::get<store::JobView>(job));
    if (!call.job->array || route.takes_arrays) { return std::nullopt; }
    return Problem{
        .status = 409, .code = "array", .detail = "this is an array of jobs: ask for one of its members"};
}

Answer run(Front& front, const Route& route, const Request& request, Body& body,
           std::vector<std::string> captures) {
    if (route.verb != "GET") {
        if (auto problem = check_same_origin(request)) { return problem_answer(*problem); }
    }
    if (auto problem = check_query(route.verb, route.pattern, request)) { return problem_answer(*problem); }
    Call call{.request = request, .body = body, .captures = std::move(captures), .asked_at = now()};
    if (auto problem = authorise(front, route, call)) { return problem_answer(*problem); }
    return route.handler(front, call);
}

Answer find_and_run(Front& front, const Request& request, Body& body) {
    if (auto problem = front.hosts.check_host(request)) { return problem_answer(*problem); }
    if (request.exposed) { return to_https(request); }
    if (auto problem = check_alone(front, request)) { return problem_answer(*problem); }
    std::string allowed;
    for (const Route& route : kRoutes) {
        auto captures = match(route.pattern, request.path);
        if (!captures) { continue; }
        if (serves(route, request.method)) { return run(front, route, request, body, std::move(*captures)); }
        allowed +=
            (allowed.empty() ? "" : ", ") + std::string(route.verb) + (route.verb == "GET" ? ", HEAD" : "");
    }
    if (!allowed.empty()) { return wrong_method(request, allowed); }
    if (request.path == "/api" || request.path.starts_with("/api/")) {
        return problem_answer(
            {.status = 404,
             .code = "not_found",
             .detail = "there is nothing at " + request.path + ": see /api/v1/openapi.yaml"});
    }
    if (request.method != "GET" && request.method != "HEAD") { return wrong_method(request, "GET, HEAD"); }
    return front.pages.serve(request);
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
    std::vector<std::string> captures;
    while (!pattern.empty() && !path.empty()) {
        const std::size_t brace = pattern.find('{');
        const std::string_view fixed = pattern.substr(0, brace);
        if (!path.starts_with(fixed)) { return std::nullopt; }
        path.remove_prefix(fixed.size());
        pattern.remove_prefix(fixed.size());
        if (pattern.empty()) { break; }
        const bool rest = pattern == "{path}";
        const std::size_t end = rest ? path.size() : std::min(path.find('/'), path.size());
        if (end == 0) { return std::nullopt; }
        captures.emplace_back(path.substr(0, end));
        path.remove_prefix(end);
        pattern.remove_prefix(pattern.find('}') + 1);
    }
    if (!pattern.empty() || !path.empty()) { return std::nullopt; }
    return captures;
}

namespace {

/// The job of this id in the ledger, or an array of which no member is accepted yet.
Result<std::optional<store::JobView>> find_anywhere(Front& front, const TaskId& id) {
    auto job = front.stores.find_job(id);
    if (!job || *job || !store::may_be_array(id)) { return job; }
    auto first = front.groups.first_unsent(id);
    if (!first) { return std::optional<store::JobView>(); }
    store::TaskRecord record;
    record.task = std::move(*first);
    record.submitted_unix_ms = unix_ms_now();
    return std::optional(store::JobView(std::move(record), store::GroupStanding{}));
}

}  // namespace

std::variant<store::JobView, Problem> find_job(Front& front, const Identity& user, const Visitor& visitor,
                                               const std::string& id_text) {
    const Problem unknown{
        .status = 404, .code = "not_found", .detail = "there is no job " + id_text.substr(0, 64)};
    const auto id = parse_task_id(id_text);
    if (!id) { return unknown; }
    auto found = find_anywhere(front, *id);
    if (!found) { return problem_from(found.error()); }
    if (!*found || !user.sees((*found)->record.task.owner)) { return unknown; }
    store::JobView& job = **found;
    if (front.directory != nullptr && job.record.task.owner != user.name) {
        front.directory->looked(user, visitor, "looked_at_job", id_text + " of " + job.record.task.owner);
    }
    if (!job.array) { front.hub.overlay(job.record); }
    return std::move(job);
}

Lane lane_of(const Request& request) {
    for (const Route& route : kRoutes) {
        if (!serves(route, request.method) || !match(route.pattern, request.path)) { continue; }
        return request.parameter("wait").empty() ? route.lane : Lane::patient;
    }
    return Lane::quick;
}

namespace {

/// The row of the table that a request is of. Pages are one, and so is all that is not there.
void count(Front& front, const Request& request, const Answer& answer, Time begun) {
    Answered answered{.verb = "other",
                      .route = answer.status == 404 ? "none" : "page",
                      .status = answer.status,
                      .took = now() - begun,
                      .received_bytes = answer.status < 400 ? request.content_length.value_or(0) : 0,
                      .sent_bytes = length_of(answer).value_or(0)};
    if (request.method == "GET" || request.method == "HEAD") { answered.verb = request.method; }
    for (const Route& route : kRoutes) {
        if (!serves(route, request.method) || !match(route.pattern, request.path)) { continue; }
        answered.verb = request.method;
        answered.route = route.pattern;
    }
    front.metrics.answered(answered);
}

}  // namespace

Answer route(Front& front, const Request& request, Body& body) {
    const Time begun = now();
    Answer answer = find_and_run(front, request, body);
    count(front, request, answer, begun);
    say_in_language(request, answer);
    return answer;
}

}  // namespace nias::httpfront
