/// THE table of the API: verb, path, handler, lane. `openapi.yaml` says the same; a unit test compares them.
/// `route()` is what happens to every request: Host, table, same origin, handler, headers.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nias/submitter.hpp>

#include "http/answer.hpp"
#include "http/connection.hpp"
#include "http/message.hpp"
#include "http/same_origin.hpp"
#include "http/server.hpp"
#include "live/event_hub.hpp"
#include "metrics/metrics.hpp"
#include "options.hpp"
#include "site/pages.hpp"
#include "site/stores.hpp"
#include "uploads/idempotency.hpp"

namespace nias::httpfront {

/// The parts that handlers work with. One a process; lives as long as the server; its parts are thread-safe.
struct Front {
    const FrontOptions& options;
    Stores& stores;
    Submitter& submitter;
    EventHub& hub;
    const IdempotencyKeys& keys;
    HostPolicy hosts;
    Pages pages;
    Metrics& metrics;
};

/// One request at a handler.
struct Call {
    const Request& request;
    Body& body;
    std::vector<std::string> captures;  ///< texts that matched the pattern's {…}, in order
};

struct Route {
    std::string_view verb;     ///< GET also answers HEAD
    std::string_view pattern;  ///< {path} at the end takes several parts
    Answer (*handler)(Front& front, const Call& call);
    Lane lane = Lane::quick;
};

[[nodiscard]] std::span<const Route> routes();
/// The captures, where `path` is of the pattern.
[[nodiscard]] std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path);
[[nodiscard]] Lane lane_of(const Request& request);
[[nodiscard]] Answer route(Front& front, const Request& request, Body& body);

}  // namespace nias::httpfront
