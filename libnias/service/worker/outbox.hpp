/// A worker's unsettled outcomes on disk, a file each, so that a restart repeats them.
/// Used by service/worker's loop thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nias/task.hpp>

#include "base/host/process_lock.hpp"

namespace nias::service {

class Outbox {
public:
    /// An empty folder name keeps nothing. `conflict`: another worker has this folder, and would take these
    /// outcomes for its own; `unavailable`: it cannot be written.
    static Result<Outbox> open(std::string folder);
    [[nodiscard]] Status keep(const Outcome& outcome) const;  ///< on stable storage when it returns
    void forget(const AttemptRef& attempt) const;
    /// Loads the outcomes that an earlier process left. A file that cannot be read is set aside and logged.
    [[nodiscard]] std::vector<Outcome> load() const;

private:
    Outbox(std::string folder, std::optional<ProcessLock> lock)
        : lock_(std::move(lock)), folder_(std::move(folder)) {}
    [[nodiscard]] std::string path_of(const AttemptRef& attempt) const;
    std::optional<ProcessLock> lock_;  ///< nothing without a folder
    std::string folder_;
};

}  // namespace nias::service
