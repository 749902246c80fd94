/// Removes blobs that nothing refers to. A blob is removed only where no task of the ledger has it as bundle,
/// no end and no outcome names it as output, and nobody has written or held it for a while: a file may be
/// given before its task is submitted, and an output before its outcome is told. Without a ledger in the
/// folder nothing is removed. A thread of its own, since reading all names may take seconds. Used by
/// service/sink.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include <nias/result.hpp>

namespace nias::service {

/// One sweep of a data directory; how many blobs went. `untouched_since`: Unix seconds; what was written or
/// held since then stays.
[[nodiscard]] Result<std::size_t> sweep_blobs(const std::string& data_dir, std::int64_t untouched_since);

class Sweeper {
public:
    /// Sweeps at once and then every `kept` or every day, whichever is shorter; at least a second apart.
    Sweeper(std::string data_dir, std::chrono::seconds kept);
    Sweeper(const Sweeper&) = delete;
    Sweeper& operator=(const Sweeper&) = delete;
    /// Waits for the sweep under way.
    ~Sweeper();

private:
    void run();
    std::string data_dir_;
    std::chrono::seconds kept_;
    std::mutex mutex_;  ///< guards `closing_`
    std::condition_variable changed_;
    bool closing_ = false;
    std::thread thread_;
};

}  // namespace nias::service
