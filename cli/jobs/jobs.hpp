/// The jobs of a server, as the verbs of `nias` see them: those of this machine's data directory (local_jobs)
/// or those of a server elsewhere (remote/remote_jobs). where.hpp chooses. One thread.
#pragma once

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "cli/jobs/bundle.hpp"
#include "store/ledger/job_view.hpp"

namespace nias::cli {

/// Other limits than a job had; what is not set stays as it was.
struct Limits {
    std::optional<std::uint32_t> cpus;
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> disk_bytes{};
    std::optional<std::uint64_t> time_limit_ms;
};

/// The wishes of a person beside the bundle.
struct Wishes {
    std::string owner{};                   ///< empty: who asks
    std::vector<std::uint32_t> indices{};  ///< members of the array; empty: those of nias.toml
    bool trial = false;
    std::string image{};  ///< in which it runs; empty: what nias.toml says
};

/// The jobs are tasks, and arrays as a whole, which have the ids of their groups.
class Jobs {
public:
    Jobs() = default;
    Jobs(const Jobs&) = delete;
    Jobs& operator=(const Jobs&) = delete;
    virtual ~Jobs() = default;

    /// `not_found`: there is no such job, or it is somebody else's.
    [[nodiscard]] virtual Result<store::JobView> find(const std::string& id) = 0;
    [[nodiscard]] virtual Result<std::vector<store::JobView>> list(const store::ListQuery& query) = 0;
    /// The members of an array, by their indices; nothing for `state`: all of them.
    [[nodiscard]] virtual Result<std::vector<store::MemberRow>> members(const TaskId& array,
                                                                        std::optional<TaskState> state) = 0;
    /// Queued jobs before this one.
    [[nodiscard]] virtual std::optional<std::uint64_t> place_in_line(const TaskId& id) = 0;
    /// Why a job that has not ended stands where it stands.
    [[nodiscard]] virtual Result<std::string> explain(const store::TaskRecord& living,
                                                      std::chrono::milliseconds patience) = 0;
    /// Prints what is there of an attempt's log past `offset`; returns the new one.
    [[nodiscard]] virtual Result<std::uint64_t> print_log(const AttemptRef& attempt, std::uint64_t offset,
                                                          std::ostream& to) = 0;
    /// Called once before await_change().
    [[nodiscard]] virtual Status watch(const TaskId& id) = 0;
    /// Returns when the watched job or its log has changed, or after a second.
    virtual void await_change() = 0;
    [[nodiscard]] virtual Status cancel(const TaskId& id) = 0;
    /// The job as it ended. `unavailable`: not within `patience`.
    [[nodiscard]] virtual Result<store::JobView> wait_for_end(const TaskId& id,
                                                              std::chrono::milliseconds patience) = 0;
    /// Writes the files of a job that has an output below `folder`: of an array, what its members have left
    /// so far, a folder of its index each. `not_found`: none has.
    [[nodiscard]] virtual Status unpack(const store::JobView& job, const std::string& folder) = 0;
    /// Returns once the job is accepted for good.
    [[nodiscard]] virtual Result<TaskId> submit(const Bundle& bundle, const Wishes& wishes) = 0;
    /// The same bundle as another job: of a trial what it tries, of an array all members, or only those that
    /// failed, were too slow or were lost. `conflict`: there are none.
    [[nodiscard]] virtual Result<TaskId> rerun(const store::JobView& job, const Limits& limits,
                                               bool only_failed) = 0;
};

}  // namespace nias::cli
