/// SHA-256 on a thread of its own, while its user reads or writes the bytes that follow. Used by both sides
/// of a bulk transfer, which else hash for as long as they copy.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/sha256.hpp"

namespace nias::service {

/// One user thread. What is hashed at a time may be many streams, each in its own order.
class HashThread final : public HashesLater {
public:
    static constexpr std::size_t kAheadBytes = 2U << 20U;  ///< bytes that may wait; past it update() waits

    HashThread();
    HashThread(const HashThread&) = delete;
    HashThread& operator=(const HashThread&) = delete;
    ~HashThread() override;  ///< what was given is hashed first

    /// Waits while kAheadBytes wait already.
    void update(Sha256& sha, Bytes data) override;
    void wait() override;
    /// Memory of bytes that were hashed, to be filled anew; empty where there is none.
    [[nodiscard]] Bytes spare();

private:
    struct Given {
        Sha256* sha;
        Bytes data;
    };
    void run();

    std::mutex mutex_;  ///< guards all below
    std::condition_variable changed_;
    std::deque<Given> given_;  ///< the one in front may be in work
    std::size_t bytes_ = 0;    ///< of `given_`
    std::vector<Bytes> spare_;
    bool closing_ = false;
    std::thread thread_;
};

}  // namespace nias::service
