/// The notices that are owed: of jobs that run, and of those that ended and could not be told of yet. Each is
/// a small file, `<data>/notices/pending/<id of the job>`, so that a restart owes the same. When a try
/// follows which is decided here too. Used by the notifier alone, under its lock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nias/task.hpp>

namespace nias::httpfront {

struct PendingNotice {
    TaskId id;
    std::string owner;
    bool webhook = false;          ///< still to be called
    bool mail = false;             ///< still to be sent
    std::uint32_t tries = 0;       ///< failed so far
    std::int64_t due_unix_ms = 0;  ///< 0: its job has not ended yet
    bool operator==(const PendingNotice&) const = default;
};

struct NoticeBounds {
    std::size_t all = 10'000;      ///< owed at once; further jobs end untold
    std::size_t of_owner = 1'000;  ///< owed to one account
};
inline constexpr std::uint32_t kNoticeTriesMax = 8;  ///< over about a day

/// From a failed try to the next: 2 s after the first, half a day before the last.
[[nodiscard]] std::int64_t rest_after_ms(std::uint32_t tries);

class PendingNotices {
public:
    static Result<PendingNotices> open(const std::string& data_dir, const NoticeBounds& bounds = {});

    /// `overloaded`: as many are owed as may be.
    [[nodiscard]] Status add(const PendingNotice& notice);
    [[nodiscard]] Status change(const PendingNotice& notice);
    void remove(const TaskId& id);
    [[nodiscard]] std::optional<PendingNotice> find(const TaskId& id) const;
    /// Ids of jobs that have not ended as far as is known.
    [[nodiscard]] std::vector<TaskId> waiting() const;
    /// One that is due, of the owner who was served longest ago.
    [[nodiscard]] std::optional<PendingNotice> next_due(std::int64_t now_unix_ms);
    /// When the next one is due; nothing: none is.
    [[nodiscard]] std::optional<std::int64_t> next_due_at() const;
    [[nodiscard]] std::size_t size() const { return notices_.size(); }

private:
    PendingNotices(std::string folder, const NoticeBounds& bounds)
        : folder_(std::move(folder)), bounds_(bounds) {}
    [[nodiscard]] Status write(const PendingNotice& notice) const;

    std::string folder_;
    NoticeBounds bounds_;
    std::map<TaskId, PendingNotice> notices_;
    std::map<std::string, std::uint64_t> served_;  ///< by owner: the turn in which they were served last
    std::uint64_t turn_ = 0;
};

}  // namespace nias::httpfront
