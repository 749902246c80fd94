/// The indices of an array of jobs, as people write them: "1-100", "1-10,20,30-50:5". Used by manifest, cli
/// and httpfront; pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

namespace nias::job {

inline constexpr std::size_t kArrayMembersMax = 10'000;
inline constexpr std::uint32_t kArrayIndexMax = 999'999'999;

/// The indices that the text names, in rising order: single ones, ranges, and ranges with a step, with commas
/// between them. `invalid`, in a sentence without a full stop: it is written in another way, names an index
/// twice, or names more than kArrayMembersMax of them.
[[nodiscard]] Result<std::vector<std::uint32_t>> parse_indices(std::string_view text);

/// The reverse: the shortest such text for indices in rising order.
[[nodiscard]] std::string indices_text(std::span<const std::uint32_t> indices);

}  // namespace nias::job
