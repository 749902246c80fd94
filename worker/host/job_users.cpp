#include "worker/host/job_users.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <vector>

#include "base/numbers.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr std::uint32_t kLeast = 1000;
constexpr std::uint32_t kMost = 4'294'967'293;  // the two above mean «nobody» and «unchanged» to the kernel
constexpr std::uint32_t kUsers = 65'536;

}  // namespace

Result<UserRange> parse_user_range(std::string_view text) {
    const auto invalid = [&](const std::string& words) {
        return Error{ErrorCode::invalid, std::string(text) + ": " + words};
    };
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) { return invalid("write it as FIRST-LAST, like 60000-60063"); }
    const auto first = whole_number<std::uint32_t>(text.substr(0, dash));
    const auto last = whole_number<std::uint32_t>(text.substr(dash + 1));
    if (!first || !last) { return invalid("write it as FIRST-LAST, like 60000-60063"); }
    if (*first < kLeast || *last > kMost) {
        return invalid("use numbers from " + std::to_string(kLeast) + " to " + std::to_string(kMost));
    }
    if (*first > *last) { return invalid("the last number is below the first"); }
    if (*last - *first >= kUsers) {
        return invalid("at most " + std::to_string(kUsers) + " users are taken");
    }
    return UserRange{*first, *last};
}

Status no_account_in(const UserRange& range, const std::string& passwd) {
    std::istringstream lines(passwd);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name, password, uid;
        std::getline(words, name, ':');
        std::getline(words, password, ':');
        std::getline(words, uid, ':');
        const auto number = whole_number<std::uint32_t>(uid);
        if (number && *number >= range.first && *number <= range.last) {
            return Error{ErrorCode::conflict, "the numbers " + std::to_string(range.first) + "-" +
                                                  std::to_string(range.last) +
                                                  " for users of jobs hold that of the account " + name +
                                                  "; give others with --job-uids"};
        }
    }
    return {};
}

JobUsers::JobUsers(UserRange range, std::string locks) : range_(range), locks_(std::move(locks)) {}

Result<JobUserLease> JobUsers::take() const {
    std::error_code error;
    fs::create_directories(locks_, error);
    if (error) { return Error{ErrorCode::unavailable, locks_ + " cannot be made: " + error.message()}; }
    fs::permissions(locks_, fs::perms::owner_all, error);
    const std::uint32_t users = range_.last - range_.first + 1;
    for (std::uint32_t tried = 0; tried < users; ++tried) {
        const std::uint32_t number = range_.first + next_++ % users;
        const std::string path = locks_ + "/" + std::to_string(number);
        Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!lock) {
            return Error{ErrorCode::unavailable, path + " cannot be opened: " + std::strerror(errno)};
        }
        if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) {
            return JobUserLease(JobUser{number, number}, std::move(lock));
        }
    }
    return Error{ErrorCode::overloaded,
                 "all " + std::to_string(users) + " users for jobs are taken; give more with --job-uids"};
}

Status give_tree(const std::string& path, const JobUser& user) {
    const auto give = [&](const std::string& one) { return ::lchown(one.c_str(), user.uid, user.gid) == 0; };
    const auto failed = [&](const std::string& one, const std::string& why) {
        return Error{ErrorCode::unavailable,
                     one + " cannot be given to user " + std::to_string(user.uid) + ": " + why};
    };
    if (!give(path)) { return failed(path, std::strerror(errno)); }
    std::error_code error;
    if (!fs::is_directory(fs::symlink_status(path, error))) { return {}; }
    for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
        if (!give(at->path().string())) { return failed(at->path().string(), std::strerror(errno)); }
    }
    if (error) { return failed(path, error.message()); }
    return {};
}

}  // namespace nias::worker
