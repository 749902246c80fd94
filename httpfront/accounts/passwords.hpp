/// Makes and verifies argon2id hashes of passwords on a thread of its own, one at a time: a hash costs 24 MiB
/// and some 50 ms on purpose, and a crowd that signs in must take neither memory nor threads from the pages.
/// Used by the directory of accounts; any thread.
#pragma once

#include <memory>
#include <string>

#include <nias/result.hpp>

#include "http/lane.hpp"

namespace nias::httpfront {

class Passwords {
public:
    static constexpr std::size_t kWaitingMax = 8;  ///< callers that wait; one more is `overloaded`
    static constexpr std::size_t kPasswordBytesMax = 1024;

    static Result<std::unique_ptr<Passwords>> start();

    /// Waits for its turn. `overloaded`: too many wait.
    [[nodiscard]] Result<std::string> hash(const std::string& password);
    /// Whether `stored` is a hash of this password. With an empty `stored` it is not, and finding that out
    /// takes as long: how long an answer takes must not tell which names have accounts.
    [[nodiscard]] Result<bool> verify(const std::string& stored, const std::string& password);

private:
    Passwords() : lane_("passwords", {.threads = 1, .waiting = kWaitingMax}) {}
    std::string nobodys_;  ///< hash of a password that nobody knows
    WorkLane lane_;
};

}  // namespace nias::httpfront
