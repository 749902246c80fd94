/// Columns of an outcome, as `ends` of the ledger and `outcomes` of the results have them. Private to the
/// store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "store/sqlite/database.hpp"

namespace nias::store {

/// The columns of the views, without id and attempt; read_outcome() reads them in this order.
inline constexpr std::string_view kOutcomeColumns =
    "status, cause, exit_code, signal, wall_ms, cpu_ms, peak_memory, output, output_blob, output_bytes, "
    "error, notes, worker, started, ended";
void read_outcome(Statement& statement, Outcome& outcome);

/// The columns of a head: those without the output.
inline constexpr std::string_view kOutcomeHeadColumns =
    "status, cause, exit_code, signal, wall_ms, cpu_ms, peak_memory, output_blob, output_bytes, error, "
    "notes, worker, started, ended";
using OutcomeHead = std::tuple<std::int64_t, std::int64_t, std::int32_t, std::int32_t, std::uint64_t,
                               std::uint64_t, std::uint64_t, std::optional<BlobRef>, std::string_view,
                               std::string, std::string_view, std::int64_t, std::int64_t>;
/// Views what is the caller's. `worker`: whose it is.
[[nodiscard]] OutcomeHead outcome_head(const Outcome& outcome, std::string_view worker);

}  // namespace nias::store
