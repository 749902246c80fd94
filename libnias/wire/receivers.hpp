/// Where each message is read. A part that receives hands every message of its list to a function `on`; a
/// message that is in a list and has no `on` there does not compile, and neither does one that is in no list.
/// Used by service.
#pragma once

#include <type_traits>
#include <variant>

#include "wire/messages.hpp"

namespace nias::wire {

template <typename... Bodies>
struct Receives {
    template <typename Body>
    static constexpr bool has = (std::is_same_v<std::remove_cvref_t<Body>, Bodies> || ...);
};

/// The ventilator's socket for those who give it work.
using AtIntake = Receives<Submit, Cancel, Outcomes, Erased>;
/// The ventilator's socket for workers and for questions.
using AtControl = Receives<Hello, Goodbye, Credit, Started, Declined, Retracted, Beat, Sync, Query,
                           QueryWorkers, QueryTasks, Order, Forget>;
/// A worker, from the ventilator.
using AtWorker = Receives<Welcome, Refused, Tasks, Beat, Rehello, Drop, Retract, Settled, Goodbye, Upcoming>;
/// The sink's socket for outcomes.
using AtSink = Receives<OutcomeReport>;
/// The sink's socket for files and logs.
using AtBulkServer = Receives<Offer, Get, Grant, Chunk, LogChunk, Progress, LiveFile>;
/// A client of the sink that gives it a file or fetches one.
using AtBulkClient = Receives<Grant, Chunk, Stored, BulkRefused, LiveFile>;
/// A client of the ventilator or the sink that follows tasks or asks about them.
using AtClient =
    Receives<Events, Explained, Workers, Ordered, TaskList, Forgotten, LogChunk, Progress, LiveFile>;

template <typename Message>
struct AreAllReceived;
template <typename... Bodies>
struct AreAllReceived<std::variant<Bodies...>> {
    template <typename Body>
    static constexpr bool one =
        AtIntake::has<Body> || AtControl::has<Body> || AtWorker::has<Body> || AtSink::has<Body> ||
        AtBulkServer::has<Body> || AtBulkClient::has<Body> || AtClient::has<Body>;
    static constexpr bool value = (one<Bodies> && ...);
};
static_assert(AreAllReceived<Message>::value, "a message is in the list of a part that receives it");

}  // namespace nias::wire
