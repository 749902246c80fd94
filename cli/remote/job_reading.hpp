/// Reads a Job of the API (docs/http.md) as the record that the ledger has of it. Pure; used by remote_jobs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/ledger/ledger.hpp"

namespace nias::cli {

struct RemoteJob {
    store::TaskRecord record;
    std::optional<std::uint64_t> place_in_line;
};

/// `corrupt`: it is none.
[[nodiscard]] Result<RemoteJob> read_job(std::string_view json);

struct RemotePage {
    std::vector<store::TaskRecord> records;
    bool more = false;
};
[[nodiscard]] Result<RemotePage> read_page(std::string_view json);

}  // namespace nias::cli
