/// THE table of the API: verb, path, handler, lane. `openapi.yaml` says the same; a unit test compares them.
/// `route()` is what happens to every request: Host, table, same origin, handler, headers.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nias/submitter.hpp>

#include "answer.hpp"
#include "connection.hpp"
#include "event_hub.hpp"
#include "idempotency.hpp"
#include "message.hpp"
#include "options.hpp"
#include "pages.hpp"
#include "same_origin.hpp"
#include "server.hpp"
#include "stores.hpp"

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
};

/// One request at a handler.
struct Call {
    const Request& request;
    Body& body;
    std::vector<std::string> captures;  ///< of the pattern's {…}, in order
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
