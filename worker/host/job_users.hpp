/// Users that exist for one job at a time: a worker that is root runs each attempt as one of them, so that a
/// program which broke out of its box would be nobody on the machine. Used by sandbox, run and env. JobUsers
/// is made once, then any thread; a lease is a resource of one thread.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nias/result.hpp>

#include "base/host/descriptor.hpp"

namespace nias::worker {

struct JobUser {
    uid_t uid = 0;
    gid_t gid = 0;
};

/// Numbers that no account of the machine has. The default lies above the ranges that systemd, container
/// tools and directory services give out.
struct UserRange {
    std::uint32_t first = 2'100'000'000;
    std::uint32_t last = 2'100'000'255;
    friend bool operator==(const UserRange&, const UserRange&) = default;
};

/// Reads `FIRST-LAST`: two numbers from 1,000 to 4,294,967,293, at most 65,536 users. `invalid` says what is
/// wrong with them.
[[nodiscard]] Result<UserRange> parse_user_range(std::string_view text);

/// `conflict` names an account in the text of an `/etc/passwd` whose number lies in the range: its processes
/// would be ended with a job's.
[[nodiscard]] Status no_account_in(const UserRange& range, const std::string& passwd);

/// A user that nobody else has while this lives.
class JobUserLease {
public:
    JobUserLease() = default;  ///< a worker that is not root runs jobs as itself
    JobUserLease(JobUser user, Descriptor lock) : user_(user), lock_(std::move(lock)) {}
    [[nodiscard]] const std::optional<JobUser>& user() const { return user_; }

private:
    std::optional<JobUser> user_;
    Descriptor lock_;  ///< locks a file; the kernel unlocks it when the worker dies
};

class JobUsers {
public:
    /// `locks`: a folder for root alone, in which all workers of this machine say which users they have.
    explicit JobUsers(UserRange range, std::string locks = "/run/nias/job-users");
    /// The next user in turn that no worker has. `overloaded`: all of the range are taken.
    [[nodiscard]] Result<JobUserLease> take() const;

private:
    UserRange range_;
    std::string locks_;
    mutable std::atomic<std::uint32_t> next_{0};
};

/// Gives a file, or a folder with everything below it, to a user. Links are given, not followed. The tree
/// must not be changed by others meanwhile.
[[nodiscard]] Status give_tree(const std::string& path, const JobUser& user);

}  // namespace nias::worker
