#include "site/stores.hpp"

#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.hpp"
#include "job/array/terms.hpp"
#include "options.hpp"

namespace nias::httpfront {
namespace {

constexpr std::size_t kEndedArraysMax = 4096;

}  // namespace

Result<std::unique_ptr<Stores>> Stores::open(const std::string& data_dir) {
    auto blobs = store::Blobs::open(data_dir);
    if (!blobs) { return blobs.error(); }
    auto logs = store::Logs::open(data_dir);
    if (!logs) { return logs.error(); }
    auto live = store::LiveFiles::open(data_dir);
    if (!live) { return live.error(); }
    return std::unique_ptr<Stores>(
        new Stores(data_dir, std::move(*blobs), std::move(*logs), std::move(*live)));
}

Result<store::LedgerReader> Stores::borrow() {
    {
        const std::lock_guard lock(mutex_);
        if (!free_.empty()) {
            store::LedgerReader reader = std::move(free_.back());
            free_.pop_back();
            return reader;
        }
    }
    auto reader = store::LedgerReader::open(data_dir_);
    if (!reader && reader.error().code == ErrorCode::not_found) {
        return Error{
            ErrorCode::unavailable,
            "the ventilator has not yet run on this server, so there are no jobs: start nias-ventilator"};
    }
    return reader;
}

template <typename T>
Result<T> Stores::with_ledger(const std::function<Result<T>(store::LedgerReader&)>& ask) {
    auto reader = borrow();
    if (!reader) { return reader.error(); }
    Result<T> answer = ask(*reader);
    if (answer) {  // one that failed is opened anew next time
        const std::lock_guard lock(mutex_);
        free_.push_back(std::move(*reader));
    }
    return answer;
}

/// Fills in when an ended job goes by its age.
void Stores::tell_end(store::TaskRecord& record) const {
    if (keep_ms_ == 0 || record.deleted_unix_ms != 0 || record.ended_unix_ms == 0) { return; }
    record.gone_unix_ms = record.ended_unix_ms + keep_ms_;
}

Result<std::optional<store::TaskRecord>> Stores::find(const TaskId& id) {
    auto record = with_ledger<std::optional<store::TaskRecord>>(
        [&](store::LedgerReader& ledger) { return ledger.find(id); });
    if (record && *record) { tell_end(**record); }
    return record;
}

Result<std::vector<store::TaskRecord>> Stores::list(const store::ListQuery& query) {
    auto records = with_ledger<std::vector<store::TaskRecord>>(
        [&](store::LedgerReader& ledger) { return ledger.list(query); });
    if (records) {
        for (store::TaskRecord& record : *records) { tell_end(record); }
    }
    return records;
}

Result<std::vector<store::OwnerUsage>> Stores::usage() {
    const std::lock_guard lock(usage_mutex_);
    if (usage_at_ != Time{} && now() - usage_at_ < kUsageFor) { return usage_; }
    auto read = with_ledger<std::vector<store::OwnerUsage>>(
        [](store::LedgerReader& ledger) { return ledger.usage(); });
    if (!read) { return read.error(); }
    usage_ = *read;
    usage_at_ = now();
    return usage_;
}

void Stores::count_sent(const std::string& owner, std::uint64_t jobs, std::uint64_t bytes) {
    const std::lock_guard lock(usage_mutex_);
    auto row = std::find_if(usage_.begin(), usage_.end(),
                            [&](const store::OwnerUsage& one) { return one.owner == owner; });
    if (row == usage_.end()) { row = usage_.insert(row, {.owner = owner}); }
    row->jobs += jobs;
    row->alive += jobs;
    row->bytes += bytes;
}

void Stores::count_anew() {
    const std::lock_guard lock(usage_mutex_);
    usage_at_ = Time{};
}

Result<store::JobView> Stores::whole_of(store::LedgerReader& ledger, store::TaskRecord member) {
    const TaskId group = member.task.group;
    const auto forgets = ledger.forgets();
    if (!forgets) { return forgets.error(); }
    {
        const std::lock_guard lock(mutex_);
        if (*forgets != forgets_) { ended_arrays_.clear(); }
        forgets_ = *forgets;
        const auto known = ended_arrays_.find(group);
        if (known != ended_arrays_.end()) { return store::JobView(std::move(member), known->second); }
    }
    const auto standing = ledger.standing_of(group, member.deleted_unix_ms != 0);
    if (!standing) { return standing.error(); }
    const bool whole = standing->counts.all() >= job::members_beside(member.task);
    if (whole && has_ended(store::state_of(standing->counts))) {
        const std::lock_guard lock(mutex_);
        if (ended_arrays_.size() >= kEndedArraysMax) { ended_arrays_.clear(); }
        if (*forgets == forgets_) { ended_arrays_.emplace(group, *standing); }
    }
    return store::JobView(std::move(member), *standing);
}

Result<std::optional<store::JobView>> Stores::find_job(const TaskId& id) {
    using Found = std::optional<store::JobView>;
    return with_ledger<Found>([&](store::LedgerReader& ledger) -> Result<Found> {
        auto record = ledger.find(id);
        if (!record) { return record.error(); }
        if (*record) {
            tell_end(**record);
            return Found(std::move(**record));
        }
        if (!store::may_be_array(id)) { return Found(); }
        auto first = ledger.members({.group = id, .limit = 1});
        if (first && first->empty()) { first = ledger.members({.group = id, .limit = 1, .forgotten = true}); }
        if (!first) { return first.error(); }
        if (first->empty()) { return Found(); }
        record = ledger.find(first->front().id);
        if (!record) { return record.error(); }
        if (!*record) { return Found(); }
        auto whole = whole_of(ledger, std::move(**record));
        if (!whole) { return whole.error(); }
        tell_end(whole->record);
        return Found(std::move(*whole));
    });
}

Result<std::vector<store::JobView>> Stores::list_jobs(const store::ListQuery& query) {
    using Jobs = std::vector<store::JobView>;
    return with_ledger<Jobs>([&](store::LedgerReader& ledger) -> Result<Jobs> {
        auto records = ledger.list_groups_once(query);
        if (!records) { return records.error(); }
        Jobs jobs;
        for (store::TaskRecord& record : *records) {
            if (record.task.group == TaskId{}) {
                tell_end(record);
                jobs.emplace_back(std::move(record));
                continue;
            }
            auto whole = whole_of(ledger, std::move(record));
            if (!whole) { return whole.error(); }
            tell_end(whole->record);
            jobs.push_back(std::move(*whole));
        }
        return jobs;
    });
}

Result<std::vector<store::MemberRow>> Stores::members(const store::MemberQuery& query) {
    return with_ledger<std::vector<store::MemberRow>>(
        [&](store::LedgerReader& ledger) { return ledger.members(query); });
}

Result<store::QueueCounts> Stores::counts() {
    return with_ledger<store::QueueCounts>([](store::LedgerReader& ledger) { return ledger.counts(); });
}

Result<store::WaitingLine> Stores::waiting(const std::optional<std::string>& owner) {
    return with_ledger<store::WaitingLine>(
        [&](store::LedgerReader& ledger) { return ledger.waiting(owner); });
}

Result<std::vector<store::HeldTask>> Stores::held(const std::optional<std::string>& owner,
                                                  std::size_t limit) {
    return with_ledger<std::vector<store::HeldTask>>(
        [&](store::LedgerReader& ledger) { return ledger.held(owner, limit); });
}

Result<BlobRef> Stores::hold_bundle(const BlobHash& hash, const std::optional<std::string>& sender) {
    if (sender) {
        const auto sent =
            with_ledger<bool>([&](store::LedgerReader& ledger) { return ledger.has_sent(*sender, hash); });
        if (!sent) { return sent.error(); }
        if (!*sent) { return Error{ErrorCode::not_found, "no job of " + *sender + " has this bundle"}; }
    }
    return blobs_.hold(hash);
}

Result<std::optional<store::WaitingTask>> Stores::oldest_waiting(const TaskId& from) {
    return with_ledger<std::optional<store::WaitingTask>>(
        [&](store::LedgerReader& ledger) { return ledger.oldest_waiting(from); });
}

std::optional<std::uint64_t> Stores::place_of(const store::TaskRecord& record) {
    if (record.state != TaskState::queued) { return std::nullopt; }
    const auto place = with_ledger<std::uint64_t>(
        [&](store::LedgerReader& ledger) { return ledger.place_in_line(record.task.id); });
    return place ? std::optional(*place) : std::nullopt;
}

namespace {

/// Whether as much is used as fills the disk for us. `all`: as statvfs() counts, with what is kept for root.
bool is_full(std::uint64_t all, std::uint64_t free, std::uint64_t for_us) {
    const std::uint64_t used = all - free;
    return all > 0 && used * 100 >= (used + for_us) * kDiskFullPercent;
}

}  // namespace

std::optional<Problem> Stores::check_room(std::uint64_t bytes) const {
    struct statvfs disk {};
    if (::statvfs(data_dir_.c_str(), &disk) != 0) {
        return Problem{
            .status = 503,
            .code = "unavailable",
            .detail = "the server's data directory cannot be read: " + std::string(std::strerror(errno))};
    }
    const auto refused = [](const std::string& what) {
        return Problem{
            .status = 507,
            .code = "disk_full",
            .detail = "the server's disk " + what +
                      ", so it takes no upload: ask the administrator to make room, then send it again",
            .headers = {{"Retry-After", "600"}}};
    };
    if (is_full(disk.f_blocks, disk.f_bfree, disk.f_bavail) || disk.f_bavail * disk.f_frsize <= bytes) {
        return refused("is nearly full");
    }
    // A file system that makes its inodes as they are needed says that it has none at all, and is not full.
    if (is_full(disk.f_files, disk.f_ffree, disk.f_favail)) {
        return refused("can hold nearly no more files (its inodes are used up)");
    }
    return std::nullopt;
}

std::optional<DiskRoom> Stores::disk() const {
    struct statvfs disk {};
    if (::statvfs(data_dir_.c_str(), &disk) != 0) { return std::nullopt; }
    return DiskRoom{disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize};
}

Problem disk_problem(const Error& error) {
    if (error.code != ErrorCode::overloaded) { return problem_from(error); }
    return Problem{
        .status = 507,
        .code = "disk_full",
        .detail = "the server's disk became full: ask the administrator to make room, then send it again",
        .headers = {{"Retry-After", "600"}}};
}

}  // namespace nias::httpfront
