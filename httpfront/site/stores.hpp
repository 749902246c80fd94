/// The data directory as the front reads it: a small pool of ledger readers (each is for one thread at a
/// time), outputs, logs, free space. Used by the handlers and the event hub; any thread.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "http/problem.hpp"
#include "store/blobs/blobs.hpp"
#include "store/ledger/job_view.hpp"
#include "store/live/live_files.hpp"
#include "store/logs/logs.hpp"

namespace nias::httpfront {

class Stores {
public:
    static Result<std::unique_ptr<Stores>> open(const std::string& data_dir);

    [[nodiscard]] Result<std::optional<store::TaskRecord>> find(const TaskId& id);
    [[nodiscard]] Result<std::vector<store::TaskRecord>> list(const store::ListQuery& query);
    /// The job of this id: a task, or an array of which a member was accepted.
    [[nodiscard]] Result<std::optional<store::JobView>> find_job(const TaskId& id);
    /// The jobs of list(), each array once.
    [[nodiscard]] Result<std::vector<store::JobView>> list_jobs(const store::ListQuery& query);
    /// Members of an array by their indices.
    [[nodiscard]] Result<std::vector<store::MemberRow>> members(const store::MemberQuery& query);
    [[nodiscard]] Result<store::QueueCounts> counts();
    /// The place in line of a queued task; nullopt for others.
    [[nodiscard]] std::optional<std::uint64_t> place_of(const store::TaskRecord& record);

    [[nodiscard]] const store::Blobs& blobs() const { return blobs_; }
    [[nodiscard]] const store::Logs& logs() const { return logs_; }
    [[nodiscard]] const store::LiveFiles& live() const { return live_; }
    [[nodiscard]] const std::string& data_dir() const { return data_dir_; }
    /// 507 where the disk is nearly full, or would be after `bytes` more, or can hold nearly no more files.
    [[nodiscard]] std::optional<Problem> check_room(std::uint64_t bytes) const;

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

    std::string data_dir_;
    store::Blobs blobs_;
    store::Logs logs_;
    store::LiveFiles live_;
    std::mutex mutex_;
    /// Arrays of which every member has ended: they never change again. At most kEndedArraysMax.
    std::unordered_map<TaskId, store::GroupStanding> ended_arrays_;
    std::vector<store::LedgerReader> free_;  // at most as many as threads ever asked at once
};

/// Turns an error of writing to the data directory into its answer in HTTP: 507 where the disk is full.
[[nodiscard]] Problem disk_problem(const Error& error);

}  // namespace nias::httpfront
