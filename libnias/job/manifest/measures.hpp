/// Amounts with a unit, as people write them. Used by manifest and by the options of worker; pure.
#pragma once

#include <cstdint>
#include <string_view>

#include <nias/result.hpp>

namespace nias::job {

/// "4 GiB", "1.5G", "512M", "1000" → bytes; 1 KB is 1024 bytes, as it is everywhere in memory.
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);

/// "90", "10m", "2h", "1h 30min", "1.5 hours", "2 horas", "1d" → milliseconds; without a unit they are
/// seconds. Also hours, minutes and seconds as schedulers write them: "1:30:00", "1-12:00:00" with days
/// before them. `invalid` for "1:30", which may be hours or minutes.
[[nodiscard]] Result<std::uint64_t> parse_duration_ms(std::string_view text);

}  // namespace nias::job
