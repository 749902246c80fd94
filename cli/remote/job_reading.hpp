/// Reads a Job of the API (docs/http.md) as the record that the ledger has of it. Pure; used by remote_jobs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/ledger/job_view.hpp"

namespace nias::cli {

struct RemoteJob {
    store::TaskRecord record;
    std::optional<std::uint64_t> place_in_line;
    std::optional<store::GroupStanding> array;  ///< set where the job is an array
    std::vector<Outcome> attempts;              ///< as store::JobView::attempts
    [[nodiscard]] store::JobView view() && {
        store::JobView view(std::move(record));
        view.array = array;
        view.attempts = std::move(attempts);
        return view;
    }
};

/// `corrupt`: it is none.
[[nodiscard]] Result<RemoteJob> read_job(std::string_view json);

struct RemotePage {
    std::vector<RemoteJob> jobs;
    bool more = false;
};
[[nodiscard]] Result<RemotePage> read_page(std::string_view json);

/// A page of the members of an array; the page after it begins behind its last index.
struct RemoteMembers {
    std::vector<store::MemberRow> members;
    bool more = false;
};
[[nodiscard]] Result<RemoteMembers> read_members(std::string_view json);

}  // namespace nias::cli
