/// Jobs: send, check, list, look at, cancel. Called by routes.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

[[nodiscard]] Answer list_jobs(Front& front, const Call& call);
[[nodiscard]] Answer get_job(Front& front, const Call& call);
[[nodiscard]] Answer cancel_job(Front& front, const Call& call);

/// Writes into a job that waits why it does: the ventilator alone knows the machines. When it is likely to
/// start, where that can be told. Where the ventilator is silent, the ledger's reason stays. `first`: the
/// member of an array that is next in line, where the caller knows it.
[[nodiscard]] std::optional<std::int64_t> explain_waiting(Front& front, store::JobView& job,
                                                          const std::optional<TaskId>& first = std::nullopt);

/// The account that the parameter `owner` names, as far as this user may ask: their own without it; nullopt
/// for everybody's jobs (`*`, or a server without accounts). 403 where they may not. The audit log says when
/// an administrator looks.
[[nodiscard]] std::variant<std::optional<std::string>, Problem> owner_wanted(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
