/// The data directory as the front reads it: a small pool of ledger readers (each is for one thread at a
/// time), outputs, logs, free space. Used by the handlers and the event hub; any thread.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock_types.hpp"
#include "http/problem.hpp"
#include "store/blobs/blobs.hpp"
#include "store/ledger/job_view.hpp"
#include "store/live/live_files.hpp"
#include "store/logs/logs.hpp"
#include "store/results/results.hpp"

namespace nias::httpfront {

/// Bytes of a disk.
struct DiskRoom {
    std::uint64_t size_bytes = 0;
    std::uint64_t free_bytes = 0;  ///< for this server's user
};

class Stores {
public:
    static Result<std::unique_ptr<Stores>> open(const std::string& data_dir);

    [[nodiscard]] Result<std::optional<store::TaskRecord>> find(const TaskId& id);
    [[nodiscard]] Result<std::vector<store::TaskRecord>> list(const store::ListQuery& query);
    /// The job of this id: a task, or an array of which a member was accepted.
    [[nodiscard]] Result<std::optional<store::JobView>> find_job(const TaskId& id);
    /// Outcomes of the attempts before the current one: see store::JobView::attempts.
    [[nodiscard]] Result<std::vector<Outcome>> earlier_attempts(const store::TaskRecord& record) const {
        return store::read_earlier_attempts(data_dir_, {record.task.id, record.task.attempt});
    }
    /// The jobs of list(), each array once.
    [[nodiscard]] Result<std::vector<store::JobView>> list_jobs(const store::ListQuery& query);
    /// Members of an array by their indices.
    [[nodiscard]] Result<std::vector<store::MemberRow>> members(const store::MemberQuery& query);
    [[nodiscard]] Result<store::QueueCounts> counts();
    /// See LedgerReader::oldest_waiting().
    [[nodiscard]] Result<std::optional<store::WaitingTask>> oldest_waiting(const TaskId& from);
    /// The line as this owner sees it; nullopt: with the tasks of all.
    [[nodiscard]] Result<store::WaitingLine> waiting(const std::optional<std::string>& owner);
    /// Tasks of this owner, or of all, that workers have.
    [[nodiscard]] Result<std::vector<store::HeldTask>> held(const std::optional<std::string>& owner,
                                                            std::size_t limit);
    /// By owner, as it was at most kUsageFor ago, since all tasks are read for it.
    [[nodiscard]] Result<std::vector<store::OwnerUsage>> usage();
    /// So many jobs were sent a moment ago: they count at once.
    void count_sent(const std::string& owner, std::uint64_t jobs, std::uint64_t bytes);
    /// Jobs were deleted or brought back: usage is read again when it is next asked for.
    void count_anew();
    /// Ended jobs are deleted so long after their end, and records say when; 0: they stay. Before the first
    /// find().
    void keep_for(std::int64_t ms) { keep_ms_ = ms; }
    /// The place in line of a queued task; nullopt for others.
    [[nodiscard]] std::optional<std::uint64_t> place_of(const store::TaskRecord& record);

    /// A bundle that a job is to be made of again, held for it. `sender`: only where a job of theirs has it,
    /// since whoever knows a hash has not thereby seen the file; nullopt: whoever sent it. `not_found`: none.
    [[nodiscard]] Result<BlobRef> hold_bundle(const BlobHash& hash, const std::optional<std::string>& sender);

    [[nodiscard]] const store::Blobs& blobs() const { return blobs_; }
    [[nodiscard]] const store::Logs& logs() const { return logs_; }
    [[nodiscard]] const store::LiveFiles& live() const { return live_; }
    [[nodiscard]] const std::string& data_dir() const { return data_dir_; }
    /// 507 where the disk is nearly full, or would be after `bytes` more, or can hold nearly no more files.
    [[nodiscard]] std::optional<Problem> check_room(std::uint64_t bytes) const;
    /// The disk of the data directory; nullopt where it cannot be read.
    [[nodiscard]] std::optional<DiskRoom> disk() const;

private:
    Stores(std::string data_dir, store::Blobs blobs, store::Logs logs, store::LiveFiles live)
        : data_dir_(std::move(data_dir)),
          blobs_(std::move(blobs)),
          logs_(std::move(logs)),
          live_(std::move(live)) {}
    [[nodiscard]] Result<store::LedgerReader> borrow();
    [[nodiscard]] Result<store::JobView> whole_of(store::LedgerReader& ledger, store::TaskRecord member);
    template <typename T>
    Result<T> with_ledger(const std::function<Result<T>(store::LedgerReader&)>& ask);

    void tell_end(store::TaskRecord& record) const;

    std::string data_dir_;
    std::int64_t keep_ms_ = 0;
    store::Blobs blobs_;
    store::Logs logs_;
    store::LiveFiles live_;
    std::mutex usage_mutex_;
    std::vector<store::OwnerUsage> usage_;  // under usage_mutex_
    Time usage_at_{};                       // under usage_mutex_; when it was read
    std::mutex mutex_;
    /// Arrays of which every member has ended: they change only where members are deleted, which anybody may
    /// do, and so do not outlive a change of `forgets`. At most kEndedArraysMax.
    std::unordered_map<TaskId, store::GroupStanding> ended_arrays_;  // under mutex_
    std::uint64_t forgets_ = 0;                                      // under mutex_; as they were kept
    std::vector<store::LedgerReader> free_;  // at most as many as threads ever asked at once
};

/// Turns an error of writing to the data directory into its answer in HTTP: 507 where the disk is full.
[[nodiscard]] Problem disk_problem(const Error& error);

}  // namespace nias::httpfront
