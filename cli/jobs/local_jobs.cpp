#include "cli/jobs/local_jobs.hpp"

#include <nias/watcher.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "job/output/output_zip.hpp"
#include "service/questions.hpp"
#include "store/results/results.hpp"

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

Result<store::JobView> LocalJobs::find(const std::string& id) {
    if (const auto parsed = parse_task_id(id); parsed && store::may_be_array(*parsed)) {
        auto array = find_array(*parsed);
        if (!array) { return array.error(); }
        if (*array) { return std::move(**array); }
    }
    auto record = lab_.find(id);
    if (!record) { return record.error(); }
    auto attempts = store::read_earlier_attempts(data_dir_, {record->task.id, record->task.attempt});
    if (!attempts) { return attempts.error(); }
    store::JobView job(std::move(*record));
    job.attempts = std::move(*attempts);
    return job;
}

Result<std::vector<store::JobView>> LocalJobs::list(const store::ListQuery& query) {
    auto records = lab_.ledger().list_groups_once(query);
    if (!records) { return records.error(); }
    std::vector<store::JobView> jobs;
    for (store::TaskRecord& record : *records) {
        if (record.task.group == TaskId{}) {
            jobs.emplace_back(std::move(record));
            continue;
        }
        const auto standing = lab_.ledger().standing_of(record.task.group);
        if (!standing) { return standing.error(); }
        jobs.emplace_back(std::move(record), *standing);
    }
    return jobs;
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
    if (store::may_be_array(id)) {
        const auto sender = groups();
        return sender ? (*sender)->cancel(id) : Status(sender.error());
    }
    const auto opened = submitter();
    if (!opened) { return opened.error(); }
    return (*opened)->cancel(id);
}

Result<store::JobView> LocalJobs::wait_for_end(const TaskId& id, std::chrono::milliseconds patience) {
    if (store::may_be_array(id)) { return wait_for_array(id, patience); }
    const auto opened = submitter();
    if (!opened) { return opened.error(); }
    const auto outcome = (*opened)->wait(id, patience);
    if (!outcome) { return outcome.error(); }
    auto record = lab_.find(to_string(id));
    if (!record) { return record.error(); }
    if (!record->outcome) { record->outcome = *outcome; }
    return store::JobView(std::move(*record));
}

Status LocalJobs::unpack(const store::JobView& whose, const std::string& folder) {
    if (whose.array) { return unpack_array(whose.record.task.id, folder); }
    const BlobRef& blob = *whose.record.outcome->output_blob;
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

Result<TaskId> LocalJobs::submit(const Bundle& bundle, const Wishes& wishes) {
    const auto blob = lab_.blobs().add_file(bundle.zip);
    if (!blob) { return blob.error(); }
    Task task = job::make_task(bundle.layout, wishes.owner.empty() ? kOwner : wishes.owner, *blob);
    const auto& indices = wishes.indices.empty() ? bundle.layout.manifest.array : wishes.indices;
    if (wishes.trial) { return send(job::make_trial(std::move(task), indices)); }
    return indices.empty() ? send(task) : send_array(task, indices, job::place_in(indices));
}

Result<TaskId> LocalJobs::rerun(const store::JobView& again, const Limits& limits, bool only_failed) {
    const Task& before = again.record.task;
    if (!before.bundle || !lab_.blobs().hold(before.bundle->hash)) {
        return Error{ErrorCode::not_found,
                     "the bundle of job " + to_string(before.id) + " is no longer here: submit it again"};
    }
    job::FullRun run;
    std::optional<job::ArrayPlace> whole;
    if (!again.array && job::terms_of(before.payload).trial) {
        auto full = job::full_run_of(before);
        if (!full) { return full.error(); }
        run = std::move(*full);
    } else {
        run.base.owner = before.owner;
        run.base.spec = before.spec;
        run.base.bundle = before.bundle;
        if (!again.array) { run.base.payload = before.payload; }
        job::ask_for_disk(run.base, job::terms_of(before.payload).disk_bytes);
    }
    if (limits.disk_bytes) { job::ask_for_disk(run.base, *limits.disk_bytes); }
    if (again.array) {
        auto indices = indices_again(before.group, only_failed);
        if (!indices) { return indices.error(); }
        run.indices = std::move(*indices);
        whole = job::terms_of(before.payload).place;
    }
    TaskSpec& spec = run.base.spec;
    spec.resources.cpus = limits.cpus.value_or(spec.resources.cpus);
    spec.resources.memory_bytes = limits.memory_bytes.value_or(spec.resources.memory_bytes);
    spec.time_limit_ms = limits.time_limit_ms.value_or(spec.time_limit_ms);
    if (run.indices.empty()) { return send(run.base); }
    return send_array(run.base, run.indices, whole ? *whole : job::place_in(run.indices));
}

}  // namespace nias::cli
