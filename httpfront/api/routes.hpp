/// THE table of the API: verb, path, who may, handler, lane. `openapi.yaml` says the same; a unit test
/// compares them. `route()` is what happens to every request: Host, table, same origin, who asks, handler,
/// headers.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nias/submitter.hpp>

#include "accounts/directory.hpp"
#include "accounts/mode.hpp"
#include "http/answer.hpp"
#include "http/connection.hpp"
#include "http/message.hpp"
#include "http/same_origin.hpp"
#include "http/server.hpp"
#include "live/event_hub.hpp"
#include "live/machine_roll.hpp"
#include "live/queue_history.hpp"
#include "metrics/metrics.hpp"
#include "notices/notifier.hpp"
#include "options.hpp"
#include "service/groups/group_sender.hpp"
#include "site/pages.hpp"
#include "site/stores.hpp"
#include "uploads/idempotency.hpp"
#include "uploads/open_uploads.hpp"

namespace nias::httpfront {

/// The parts that handlers work with. One a process; lives as long as the server; its parts are thread-safe.
struct Front {
    const FrontOptions& options;
    Stores& stores;
    Submitter& submitter;
    service::GroupSender& groups;  ///< for arrays
    EventHub& hub;
    const IdempotencyKeys& keys;
    OpenUploads& uploads;
    HostPolicy hosts;
    Pages pages;
    Directory* directory = nullptr;  ///< null: no accounts, all that is sent is of one owner
    Mode mode = Mode::open_by_default;
    Metrics& metrics;
    Notifier& notifier;
    MachineRoll& machines;
    QueueHistory& history;
};

/// One request at a handler.
struct Call {
    const Request& request;
    Body& body;
    std::vector<std::string> captures;  ///< texts that matched the pattern's {…}, in order
    Time asked_at{};
    Visitor visitor{};
    std::optional<Identity> user{};       ///< nullopt on routes of Who::everybody: nobody
    std::optional<store::JobView> job{};  ///< the first capture's, on routes of Who::owner
};

struct Route {
    std::string_view verb;     ///< GET also answers HEAD
    std::string_view pattern;  ///< {path} at the end takes several parts
    Who who;
    Scope scope;  ///< what a token must have besides
    Answer (*handler)(Front& front, const Call& call);
    Lane lane = Lane::quick;
    bool takes_arrays = false;  ///< whether the job of Who::owner may be an array
};

[[nodiscard]] std::span<const Route> routes();
/// The captures, where `path` is of the pattern.
[[nodiscard]] std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path);
[[nodiscard]] Lane lane_of(const Request& request);
/// The job of this id for this user, as it stands. 404 where there is none, or none for them. What an
/// administrator sees of others is written to the audit log.
[[nodiscard]] std::variant<store::JobView, Problem> find_job(Front& front, const Identity& user,
                                                             const Visitor& visitor,
                                                             const std::string& id_text);
[[nodiscard]] Answer route(Front& front, const Request& request, Body& body);

}  // namespace nias::httpfront
