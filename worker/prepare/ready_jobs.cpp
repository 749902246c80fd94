#include "worker/prepare/ready_jobs.hpp"

#include <chrono>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace nias::worker {
namespace {

constexpr std::chrono::milliseconds kLookAgain{20};  // whether a waiting attempt was cancelled

/// Whether two tasks are the same job: the number of an attempt changes nothing in it.
bool is_same_job(const Task& first, Task second) {
    second.attempt = first.attempt;
    return first == second;
}

}  // namespace

void ReadyJobs::prepare(const Equipment& equipment, const Task& task, Context& context) {
    auto entry = std::make_shared<Entry>();
    entry->attempt = std::make_unique<Attempt>(equipment, task, context, true);
    Attempt& attempt = *entry->attempt;
    {
        const std::lock_guard lock(mutex_);
        if (!entries_.emplace(task.id, entry).second) { return; }
    }
    const Time begun = now();
    const Step stop = attempt.prepare([&] {
        const std::lock_guard lock(mutex_);
        return entry->wanted;
    });
    const std::string job = "job " + to_string(task.id);
    if (stop) {
        log::debug(job + " could not be made ready before it is given: " + stop->words);
    } else if (attempt.is_ready()) {
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now() - begun);
        log::info(job + " is ready before it is given: fetched, unpacked and its environment there, in " +
                  std::to_string(took.count()) + " ms");
    }
    std::unique_ptr<Attempt> failed;  // removed from the disk without the lock
    const std::lock_guard lock(mutex_);
    if (stop) { failed = std::move(entry->attempt); }
    entry->working = false;
    const Place place = entries_.find(task.id);
    const bool is_known = place != entries_.end() && place->second == entry;
    if (is_known && stop) { entries_.erase(place); }
    at_step_.notify_all();
}

void ReadyJobs::drop(const TaskId& id) {
    std::shared_ptr<Entry> dropped;  // removed from the disk without the lock
    const std::lock_guard lock(mutex_);
    const Place place = entries_.find(id);
    if (place == entries_.end()) { return; }
    place->second->wanted = true;
    dropped = std::move(place->second);
    entries_.erase(place);
}

bool ReadyJobs::wait_for_step(std::unique_lock<std::mutex>& lock, Entry& entry, Context& context) {
    entry.wanted = true;
    while (entry.working) {
        at_step_.wait_for(lock, kLookAgain, [&] { return !entry.working; });
        if (entry.attempt) { entry.attempt->context().hand_on_log(context); }
        if (entry.working && context.cancelled()) { return false; }
    }
    return true;
}

std::unique_ptr<Attempt> ReadyJobs::take(const Task& task, Context& context) {
    std::shared_ptr<Entry> entry;  // removed from the disk without the lock
    std::unique_ptr<Attempt> attempt;
    {
        std::unique_lock lock(mutex_);
        const Place place = entries_.find(task.id);
        if (place == entries_.end()) { return nullptr; }
        entry = std::move(place->second);
        entries_.erase(place);
        entry->wanted = true;
        const bool is_this = entry->attempt && is_same_job(entry->attempt->task(), task);
        if (is_this && wait_for_step(lock, *entry, context)) { attempt = std::move(entry->attempt); }
    }
    if (!attempt) { return nullptr; }
    log::info("job " + to_string(task.id) + " begins with what was made ready for it" +
              (attempt->is_ready() ? "" : ", as far as that was done"));
    attempt->give(task, context);
    return attempt;
}

}  // namespace nias::worker
