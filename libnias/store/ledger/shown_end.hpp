/// The end of a task as people are told it. Used by httpfront and cli. A function without state; any thread.
#pragma once

#include <cstdint>

#include "store/ledger/ledger.hpp"

namespace nias::store {

/// A program began and ended by its worker's clock: both are told, so that no two machines' clocks are mixed.
/// Milliseconds since 1970; 0: it has not ended.
[[nodiscard]] inline std::int64_t shown_end_unix_ms(const TaskRecord& record) {
    const bool ran = record.outcome && record.outcome->started_unix_ms != 0;
    return ran ? record.outcome->ended_unix_ms : record.ended_unix_ms;
}

}  // namespace nias::store
