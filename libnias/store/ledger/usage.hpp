/// How much of the store each owner uses: part of the ledger's reading side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nias/result.hpp>

namespace nias::store {

class Database;

/// Jobs of one owner, and bytes of their bundles and outputs; deleted ones are left out. A bundle counts once
/// however many jobs of the owner have it, such as the members of an array.
struct OwnerUsage {
    std::string owner;
    std::uint64_t jobs = 0;
    std::uint64_t alive = 0;  ///< those that have not ended
    std::uint64_t bytes = 0;
    bool operator==(const OwnerUsage&) const = default;
};

/// By name. Reads a row of every task: a second for a million.
[[nodiscard]] Result<std::vector<OwnerUsage>> read_usage(Database& database);

}  // namespace nias::store
