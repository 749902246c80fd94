/// Tasks and outcomes on their way between C and C++. Private to the C header's implementation; pure, any
/// thread.
#pragma once

#include <chrono>
#include <cstdint>

#include <nias/c.h>
#include <nias/task.hpp>

namespace nias::service::c_api {

/// `invalid`: an id that is none, or a payload that is null and has a length.
[[nodiscard]] Result<Task> task_of(const nias_task& given);

/// An end of the task `id`, with the outcome that it points into or with the error that tells why there is
/// none. nias_outcome_free() frees it.
[[nodiscard]] nias_outcome* give(const TaskId& id, std::uint32_t index, Result<Outcome> end);

/// The time, from 0 to a century: the end of the wait can still be computed.
[[nodiscard]] std::chrono::milliseconds patience(std::int64_t timeout_ms);

/// Writes the id and its zero byte.
void write_id(const TaskId& id, char to[NIAS_ID_BYTES]);

}  // namespace nias::service::c_api
