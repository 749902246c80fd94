#include "cli/jobs/local_jobs.hpp"

#include <nias/watcher.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "job/output/output_zip.hpp"
#include "service/questions.hpp"

namespace nias::cli {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr auto kLookAgain = std::chrono::seconds(1);  // where the watcher missed something
constexpr auto kAcceptedWithin = std::chrono::seconds(15);
constexpr auto kOwner = "lab";

}  // namespace

/// Rung by the watcher's thread, waited for by the command's.
struct LocalJobs::Follower {
    void ring() {
        {
            const std::lock_guard lock(mutex);
            rung = true;
        }
        changed.notify_one();
    }
    std::mutex mutex;
    std::condition_variable changed;
    bool rung = false;
    std::optional<Watcher> watcher;  ///< last: it ends before what it rings
};

Result<std::unique_ptr<Jobs>> LocalJobs::open(const std::string& data_dir) {
    auto lab = Lab::open(data_dir);
    if (!lab) { return lab.error(); }
    return std::unique_ptr<Jobs>(std::make_unique<LocalJobs>(std::move(*lab), data_dir));
}

LocalJobs::LocalJobs(Lab lab, std::string data_dir) : lab_(std::move(lab)), data_dir_(std::move(data_dir)) {}
LocalJobs::~LocalJobs() = default;

Result<std::vector<store::TaskRecord>> LocalJobs::list(const store::ListQuery& query) {
    return lab_.ledger().list(query);
}

std::optional<std::uint64_t> LocalJobs::place_in_line(const TaskId& id) {
    const auto before = lab_.ledger().place_in_line(id);
    return before ? std::optional(*before) : std::nullopt;
}

Result<std::string> LocalJobs::explain(const store::TaskRecord& living, std::chrono::milliseconds patience) {
    return service::explain(lab_.endpoints().control, living.task.id, patience);
}

Result<std::uint64_t> LocalJobs::print_log(const AttemptRef& attempt, std::uint64_t offset,
                                           std::ostream& to) {
    while (true) {
        const auto piece = lab_.logs().read(attempt, offset, kPieceBytes);
        if (!piece) { return piece.error(); }
        if (piece->empty()) { break; }
        to.write(reinterpret_cast<const char*>(piece->data()), static_cast<std::streamsize>(piece->size()));
        offset += piece->size();
    }
    to.flush();
    return offset;
}

Status LocalJobs::watch(const TaskId& id) {
    follower_ = std::make_unique<Follower>();
    auto watcher = Watcher::open(
        {.events = lab_.endpoints().events, .control = {}, .output = lab_.endpoints().output},
        {.on_state =
             [told = follower_.get(), id](const TaskEvent& event) {
                 if (event.id == id) { told->ring(); }
             },
         .on_log =
             [told = follower_.get(), id](const AttemptRef& attempt, std::uint64_t, std::string_view) {
                 if (attempt.id == id) { told->ring(); }
             }});
    if (!watcher) { return watcher.error(); }
    follower_->watcher.emplace(std::move(*watcher));
    return {};
}

void LocalJobs::await_change() {
    std::unique_lock lock(follower_->mutex);
    follower_->changed.wait_for(lock, kLookAgain, [this] { return follower_->rung; });
    follower_->rung = false;
}

Result<Submitter*> LocalJobs::submitter() {
    if (!submitter_) {
        auto opened = lab_.submitter();
        if (!opened) { return opened.error(); }
        submitter_.emplace(std::move(*opened));
    }
    return &*submitter_;
}

Status LocalJobs::cancel(const TaskId& id) {
    const auto opened = submitter();
    if (!opened) { return opened.error(); }
    return (*opened)->cancel(id);
}

Result<store::TaskRecord> LocalJobs::wait_for_end(const TaskId& id, std::chrono::milliseconds patience) {
    const auto opened = submitter();
    if (!opened) { return opened.error(); }
    const auto outcome = (*opened)->wait(id, patience);
    if (!outcome) { return outcome.error(); }
    auto record = lab_.find(to_string(id));
    if (record && !record->outcome) { record->outcome = *outcome; }
    return record;
}

Status LocalJobs::unpack(const store::TaskRecord& record, const std::string& folder) {
    const BlobRef& blob = *record.outcome->output_blob;
    if (auto checked = lab_.blobs().check(blob); !checked) { return checked; }
    return job::unpack_output(lab_.blobs().path_of(blob.hash), folder);
}

Result<TaskId> LocalJobs::send(const Task& task) {
    const auto opened = submitter();
    if (!opened) { return opened.error(); }
    auto id = (*opened)->submit(task, kAcceptedWithin);
    if (!id && id.error().code == ErrorCode::unavailable) {
        return Error{ErrorCode::unavailable, "no server answers in " + data_dir_ +
                                                 ": start one with «nias up --data " + data_dir_ + "»"};
    }
    return id;
}

Result<TaskId> LocalJobs::submit(const Bundle& bundle, const std::string& owner) {
    const auto blob = lab_.blobs().add_file(bundle.zip);
    if (!blob) { return blob.error(); }
    return send(job::make_task(bundle.layout, owner.empty() ? kOwner : owner, *blob));
}

Result<TaskId> LocalJobs::rerun(const store::TaskRecord& record, const Limits& limits) {
    Task task;
    task.owner = record.task.owner;
    task.spec = record.task.spec;
    task.bundle = record.task.bundle;
    if (!task.bundle || !lab_.blobs().check(*task.bundle)) {
        return Error{ErrorCode::not_found, "the bundle of job " + to_string(record.task.id) +
                                               " is no longer here: submit it again"};
    }
    task.spec.resources.cpus = limits.cpus.value_or(task.spec.resources.cpus);
    task.spec.resources.memory_bytes = limits.memory_bytes.value_or(task.spec.resources.memory_bytes);
    task.spec.time_limit_ms = limits.time_limit_ms.value_or(task.spec.time_limit_ms);
    return send(task);
}

}  // namespace nias::cli
