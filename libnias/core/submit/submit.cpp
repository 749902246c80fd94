#include "core/submit/submit.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

#include "base/check.hpp"
#include "wire/limits.hpp"

namespace nias::core {
namespace {

std::size_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

/// A digest that tells tasks of one id apart. Two that differ have the same one by a chance of 1 in 2^32; the
/// ventilator compares the tasks themselves.
std::uint32_t digest(std::size_t shared, const Bytes& payload) {
    const std::size_t both =
        shared * 31 + hash_of({reinterpret_cast<const char*>(payload.data()), payload.size()});
    return static_cast<std::uint32_t>(both ^ (both >> 32U)) | 1U;  // 0 means that there is none
}

}  // namespace

std::size_t Submit::digest_of_shared(const Task& task) {
    std::size_t all = hash_of(task.owner);
    all = all * 31 + hash_of(task.spec.name);
    all = all * 31 + hash_of(task.spec.runtime);
    all = all * 31 + std::hash<TaskId>{}(task.group);
    if (!task.bundle) { return all; }
    const auto& bytes = task.bundle->hash.bytes;
    return all * 31 + hash_of({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Submit::Added Submit::add(const Task& task) {
    const auto [place, is_new] = live_.try_emplace(task.id);
    if (!is_new) {
        if (place->batch != nullptr || place->last.accepted()) {
            const bool differs =
                place->digest != 0 && place->digest != digest(digest_of_shared(task), task.payload);
            return differs ? Added::differs : Added::lives;
        }
        asked_.remove(*place);  // a task that was only watched has no submitter here
        place->time = {};
    }
    put(*place, task);
    return fresh_tasks_ == (sent_.empty() ? 1 : kSubmitTasks) ? Added::presses : Added::waits;
}

// The payload is copied behind those of its neighbours: the caller's thread frees what it made.
void Submit::put(Live& live, const Task& task) {
    Batch* batch = fresh_.empty() ? nullptr : &fresh_.back();
    const bool room = batch != nullptr && batch->run().size() < kSubmitTasks &&
                      batch->bytes() < wire::kBatchBytesTarget && shares_ &&
                      wire::alike(batch->run().shared, task);
    if (!room) {
        Task shared = task;
        shared.id = {};
        shared.payload = {};
        batch = &Batch::open(fresh_, shared);
        shares_ = wire::may_share(wire::text_bytes(shared));
        shared_digest_ = digest_of_shared(shared);
    }
    live.batch = batch;
    live.place = batch->add(live.id, task.payload);
    live.digest = digest(shared_digest_, task.payload);
    ++fresh_tasks_;
    ++unanswered_;
}

void Submit::watch(const TaskId& id) {
    const auto [place, is_new] = live_.try_emplace(id);
    if (!is_new) { return; }
    asked_.insert_before(asked_.front(), *place);
    synced_ = {};
}

void Submit::give_up_at(const TaskId& id, Time when) {
    Live* const live = live_.find(id);
    if (live == nullptr || live->batch == nullptr) { return; }
    if (live->time != Time{}) {
        if (live->time <= when) { return; }
        deadlines_.erase({live->time, id});
    }
    live->time = when;
    deadlines_.emplace(when, id);
}

void Submit::forget(const TaskId& id) {
    if (Live* const live = live_.find(id)) { erase(*live); }
}

bool Submit::cancel(const TaskId& id) {
    if (cancels_.size() >= kCancelsMax) { return false; }
    cancels_.push_back(id);
    return true;
}

bool Submit::cancel_group(const TaskId& group) {
    if (groups_.contains(group)) { return true; }
    if (groups_.size() >= wire::kGroupsMax) { return false; }
    groups_.emplace(group, Time{});
    return true;
}

bool Submit::cancel_group_once(const TaskId& group) {
    if (groups_once_.size() >= wire::kGroupsMax) { return false; }
    groups_once_.push_back(group);
    return true;
}

void Submit::erase(Live& live) {
    live.batch != nullptr ? leave_batch(live) : asked_.remove(live);
    const TaskId id = live.id;
    if (!cancelling_.empty()) { cancelling_.erase(id); }
    live_.erase(id);
}

// The task was answered, so it is not sent again.
void Submit::leave_batch(Live& live) {
    if (live.time != Time{}) { deadlines_.erase({live.time, live.id}); }
    Batch& batch = *std::exchange(live.batch, nullptr);
    const bool is_fresh = batch.said == Time{};
    live.time = batch.said;
    --unanswered_;
    if (is_fresh) { --fresh_tasks_; }
    if (!batch.answer(live.place)) { (is_fresh ? fresh_ : sent_).erase(batch.self); }
}

// Fewer than a batch are held back while others are unanswered, as TCP does it (Nagle, RFC 896): the answer
// lets them go, or the time. So a lone task leaves at once, and many leave together.
bool Submit::is_held_back(Time now) const {
    return !sent_.empty() && fresh_tasks_ < kSubmitTasks && now - submitted_ < kHeldBack;
}

bool Submit::next_submit(Time now, std::vector<const wire::Run<Task>*>& runs) {
    runs.clear();
    const bool may_send = joined_ || now - opened_ >= kJoinedWithin;
    if (may_send && !fresh_.empty() && !is_held_back(now)) {
        submitted_ = now;
        if (sent_.empty()) {
            probed_ = now;
            probe_wait_ = options_.first_repeat;
        }
        return gather(
            fresh_, [](const Batch&) { return true; }, now, runs);
    }
    return next_repeat(now, runs);
}

// Before the first answer nobody knows whether the line carries anything both ways. One frame is enough to
// find out, so a ventilator that is only slow is not sent everything twice (decision 0025).
bool Submit::next_repeat(Time now, std::vector<const wire::Run<Task>*>& runs) {
    if (!answered_ && !sent_.empty() && now - probed_ >= probe_wait_) {
        probed_ = now;
        probe_wait_ = std::min(2 * probe_wait_, options_.repeat_after);
        return gather(
            sent_, [&](const Batch& batch) { return batch.said != now; }, now, runs);
    }
    const auto is_due = [&](const Batch& batch) {
        return batch.said < overtaken_ || now - batch.said >= options_.repeat_after;
    };
    return gather(sent_, is_due, now, runs);
}

// Frames keep their order, so what was sent before an early repeat was lost with it, or its answer is near.
void Submit::note_answer() {
    if (std::exchange(answered_, true)) { return; }
    if (probe_wait_ > options_.first_repeat) { overtaken_ = probed_; }
}

Duration Submit::patience() const {
    const Duration longest = fresh_.empty() ? kRound : kHeldBack;
    return answered_ || sent_.empty() ? longest : std::min(longest, probe_wait_);
}

// The first batches of a list, as far as they are due and fit into one Submit.
template <typename IsDue>
bool Submit::gather(Batch::List& from, IsDue is_due, Time now, std::vector<const wire::Run<Task>*>& runs) {
    std::size_t tasks = 0;
    std::size_t bytes = 0;
    while (!from.empty() && is_due(from.front())) {
        Batch& batch = from.front();
        batch.leave_out_answered(
            [this](const TaskId& id, std::uint32_t place) { live_.find(id)->place = place; });
        tasks += batch.run().size();
        bytes += batch.bytes();
        if (!runs.empty() && (tasks > kSubmitTasks || bytes > wire::kBatchBytesTarget)) { break; }
        if (batch.said == Time{}) { fresh_tasks_ -= batch.left(); }
        batch.said = now;
        runs.push_back(&batch.run());
        sent_.splice(sent_.end(), from, batch.self);
    }
    return !runs.empty();
}

// A cancellation may be lost like any message, or overtake its task, so it is sent again until the task has
// ended. It is sent once for a task of somebody else, of whose end nothing is heard here.
bool Submit::next_cancel(Time now, wire::Cancel& cancel) {
    cancel.ids.clear();
    cancel.groups.clear();
    for (auto& [group, next] : groups_) {
        if (next > now) { continue; }
        next = now + options_.repeat_after;
        cancel.groups.push_back(group);
    }
    for (; !groups_once_.empty() && cancel.groups.size() < wire::kGroupsMax; groups_once_.pop_front()) {
        cancel.groups.push_back(groups_once_.front());
    }
    for (; !cancels_.empty() && cancel.ids.size() < wire::kBatchItemsMax; cancels_.pop_front()) {
        const TaskId id = cancels_.front();
        cancel.ids.push_back(id);
        if (!live_.contains(id) || !cancelling_.insert(id).second) { continue; }
        cancelled_.emplace_back(now + options_.repeat_after, id);
    }
    while (!cancelled_.empty() && cancelled_.front().first <= now &&
           cancel.ids.size() < wire::kBatchItemsMax) {
        const TaskId id = cancelled_.front().second;
        cancelled_.pop_front();
        if (!cancelling_.contains(id)) { continue; }
        cancel.ids.push_back(id);
        cancelled_.emplace_back(now + options_.repeat_after, id);
    }
    return !cancel.ids.empty() || !cancel.groups.empty();
}

// Events may be missed (a restart, a full queue): living tasks are asked about in turn, some every
// repeat_after, and in each round once nothing is heard any more.
bool Submit::next_sync(Time now, wire::Sync& sync) {
    sync.ids.clear();
    const bool silent = now - heard_ >= options_.repeat_after;
    if (asked_.empty() || now - synced_ < (silent ? kRound : options_.repeat_after)) { return false; }
    synced_ = now;
    while (sync.ids.size() < kSyncIds && now - asked_.front()->time >= options_.repeat_after) {
        Live& live = *asked_.front();
        live.time = now;
        sync.ids.push_back(live.id);
        asked_.remove(live);
        asked_.push_back(live);
    }
    return !sync.ids.empty();
}

void Submit::tick(Time now, SubmitEffects& out) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        const TaskId id = deadlines_.begin()->second;
        Live* const live = live_.find(id);
        NIAS_CHECK(live != nullptr && live->batch != nullptr, "a task that was answered is given up");
        erase(*live);
        out.told.push_back({.id = id, .kind = SubmitEffects::Kind::given_up});
    }
}

void Submit::check_invariants() const {
    std::size_t fresh = 0;
    std::size_t sent = 0;
    for (const Batch& batch : fresh_) {
        NIAS_CHECK(batch.said == Time{} && batch.left() > 0, "a fresh batch was sent, or is empty");
        fresh += batch.left();
    }
    for (const Batch& batch : sent_) {
        NIAS_CHECK(batch.said != Time{} && batch.left() > 0, "a sent batch was not sent, or is empty");
        sent += batch.left();
    }
    NIAS_CHECK(fresh == fresh_tasks_, "the fresh tasks are miscounted");
    NIAS_CHECK(fresh + sent == unanswered_, "the unanswered tasks are miscounted");
    NIAS_CHECK(live_.size() == unanswered_ + asked_.size(), "a task is neither sent nor asked about");
    NIAS_CHECK(deadlines_.size() <= unanswered_, "an answered task has a deadline");
}

}  // namespace nias::core
