/// The bounds of what users keep, asked before the first byte of an upload. Used by the handlers that begin
/// one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "http/problem.hpp"
#include "options.hpp"
#include "store/ledger/usage.hpp"

namespace nias::httpfront {

/// The row of this owner; zeros where there is none.
[[nodiscard]] store::OwnerUsage usage_of(std::span<const store::OwnerUsage> all, const std::string& owner);
/// All rows together, without a name.
[[nodiscard]] store::OwnerUsage usage_of_all(std::span<const store::OwnerUsage> all);

/// Jobs that are about to be made, and bytes of their bundle.
struct Wanted {
    std::uint64_t jobs = 1;
    std::uint64_t bytes = 0;
};

/// Why `owner` may not keep so much more: 507 `quota_bytes` or `quota_all_bytes`, 429 `quota_jobs`
/// or `quota_alive`. Pure.
[[nodiscard]] std::optional<Problem> check_quota(const FrontOptions& options,
                                                 std::span<const store::OwnerUsage> all,
                                                 const std::string& owner, const Wanted& wanted);
[[nodiscard]] inline bool has_quota(const FrontOptions& options) {
    return options.user_bytes + options.user_jobs + options.user_alive + options.all_bytes > 0;
}

/// {used: {bytes, jobs, alive}, bounds: {…}, keep_days}; with `all`, also `users` and `everybody`.
[[nodiscard]] std::string usage_json(const FrontOptions& options, std::span<const store::OwnerUsage> all,
                                     const std::string& owner, bool with_all);

}  // namespace nias::httpfront
