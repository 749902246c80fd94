#include "api/routes.hpp"

#include <algorithm>
#include <array>

#include "api/handlers/events.hpp"
#include "api/handlers/files.hpp"
#include "api/handlers/health.hpp"
#include "api/handlers/jobs.hpp"
#include "api/handlers/queue.hpp"
#include "api/query.hpp"
#include "base/clock.hpp"
#include "http/sending/outgoing.hpp"

namespace nias::httpfront {
namespace {

constexpr std::array kRoutes{
    Route{"POST", "/api/v1/jobs", handlers::create_job, Lane::transfer},
    Route{"POST", "/api/v1/jobs/validate", handlers::validate_job, Lane::transfer},
    Route{"GET", "/api/v1/jobs", handlers::list_jobs, Lane::quick},
    Route{"GET", "/api/v1/jobs/{id}", handlers::get_job, Lane::quick},
    Route{"POST", "/api/v1/jobs/{id}/cancel", handlers::cancel_job, Lane::quick},
    Route{"GET", "/api/v1/jobs/{id}/files", handlers::list_files, Lane::quick},
    Route{"GET", "/api/v1/jobs/{id}/files/{path}", handlers::get_file, Lane::transfer},
    Route{"GET", "/api/v1/jobs/{id}/output", handlers::get_output, Lane::transfer},
    Route{"GET", "/api/v1/jobs/{id}/log", handlers::get_log, Lane::transfer},
    Route{"GET", "/api/v1/events", handlers::stream_events, Lane::quick},
    Route{"GET", "/api/v1/queue", handlers::get_queue, Lane::quick},
    Route{"GET", "/api/v1/openapi.yaml", handlers::get_openapi, Lane::quick},
    Route{"GET", "/metrics", handlers::get_metrics, Lane::transfer},
    Route{"GET", "/healthz", handlers::get_health, Lane::quick},
    Route{"GET", "/readyz", handlers::get_readiness, Lane::quick},
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
    if (request.method == "GET" || request.method == "HEAD") {
        return {308, {{"Location", there}, {"Cache-Control", "no-store"}}, std::string()};
    }
    return problem_answer({.status = 403,
                           .code = "https_only",
                           .detail = "this server takes requests over HTTPS alone: send it to " + there});
}

/// A browser that has once come over HTTPS never asks in clear again. A machine's own name is left out: it
/// stands for every server of that machine, on every port.
bool wants_https_kept(const Request& request) {
    return request.secure && request.host != "localhost" && !request.host.starts_with("localhost:");
}

Answer find_and_run(Front& front, const Request& request, Body& body) {
    if (auto problem = front.hosts.check_host(request)) { return problem_answer(*problem); }
    if (request.exposed) { return to_https(request); }
    std::string allowed;
    for (const Route& route : kRoutes) {
        auto captures = match(route.pattern, request.path);
        if (!captures) { continue; }
        if (!serves(route, request.method)) {
            allowed += (allowed.empty() ? "" : ", ") + std::string(route.verb) +
                       (route.verb == "GET" ? ", HEAD" : "");
            continue;
        }
        if (route.verb != "GET") {
            if (auto problem = check_same_origin(request)) { return problem_answer(*problem); }
        }
        if (auto problem = check_query(route.verb, route.pattern, request)) {
            return problem_answer(*problem);
        }
        return route.handler(front, Call{request, body, std::move(*captures)});
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
    answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
    if (wants_https_kept(request)) {
        answer.headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
    }
    answer.headers.emplace_back("Referrer-Policy", "same-origin");
    answer.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
    return answer;
}

}  // namespace nias::httpfront
