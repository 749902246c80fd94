#include <algorithm>
#include <utility>

#include "mutant.hpp"
#include "world.hpp"

namespace nias::sim {
namespace {

Row ended_row(Row row, const test::JournalEnd& end) {
    row.state = end.state;
    row.task.attempt = end.attempt;
    row.issued = std::max(row.issued, end.attempt);
    row.worker = end.worker;
    row.reason = end.reason;
    row.outcome = end.outcome;
    return row;
}

/// Follows which attempts are lost from sight. A task that goes back to the queue under a number that was
/// given out has lost that attempt; under a higher one, its last attempt was given back.
void note_lost(Row& row, const Row& before) {
    if (row.state == TaskState::queued && row.task.attempt <= before.issued) {
        row.lost.insert(row.task.attempt);
    } else {
        const Attempt seen = row.state == TaskState::queued ? before.task.attempt : row.task.attempt;
        row.lost.erase(row.lost.lower_bound(seen), row.lost.end());
    }
}

/// Checks that attempts hold no more of the lab than it has, also where one came back after its seat was
/// given to another.
void seats_within(const core::Dispatch& core, const core::DispatchOptions& options) {
    for (const auto& [name, amount] : options.resources) {
        const std::uint64_t used = core.in_use(name);
        if (used <= amount) { continue; }
        throw Broken(std::to_string(used) + " of " + std::to_string(amount) + " " + name + " are held");
    }
}

}  // namespace

// ---- Ventilator ------------------------------------------------------------------------------------------

void World::start_ventilator() {
    if (dispatch_ != nullptr) { return; }
    ++ventilator_life_;
    published_ = 0;
    checkers_.ventilator_starts();
    dispatch_options_.first_welcome = welcome_random_.next();
    dispatch_ = std::make_unique<core::Dispatch>(dispatch_options_);
    std::vector<const Row*> living;
    for (const auto& [id, row] : rows_) {
        if (!has_ended(row.state)) { living.push_back(&row); }
    }
    std::sort(living.begin(), living.end(), [](const Row* a, const Row* b) { return a->order < b->order; });
    for (const Row* row : living) {
        dispatch_->recover({row->task, row->client, row->state, row->worker, row->reason, row->issued, 0,
                            row->failures, row->open},
                           when());
    }
    dispatch_->check_invariants();
}

void World::crash_ventilator(std::int64_t down_ms) {
    if (dispatch_ == nullptr) { return; }
    // In the middle of a slow commit: it is on the disk, or not.
    if (committing_ != nullptr && disk_random_.chance(0.5)) { commit(*committing_); }
    committing_.reset();
    dispatch_.reset();
    round_ = {};
    ++crashes_;
    after(down_ms, [this] { start_ventilator(); });
}

void World::ventilator(const std::function<void(core::Dispatch&, core::Effects&)>& input) {
    if (dispatch_ == nullptr) { return; }
    const std::size_t untold = round_.events.size() + (committing_ ? committing_->events.size() : 0);
    const bool waits = stands_still_ || untold >= dispatch_options_.recent_ended_max;
    if (committing_ != nullptr && waits) {  // what comes waits in its sockets
        after(ventilator_stands_until_ - clock_, [this, input, life = ventilator_life_] {
            if (ventilator_life_ == life) { ventilator(input); }
        });
        return;
    }
    input(*dispatch_, round_);
    dispatch_->check_invariants();
    seats_within(*dispatch_, dispatch_options_);
    // As the shell: a round is over when it has no more to read, or so many events that the core may forget
    // one of them.
    const bool full = round_.events.size() >= dispatch_options_.recent_ended_max;
    if (!full && random_.chance(weather_.round_goes_on)) { return; }
    end_round();
}

void World::end_round() {
    if (dispatch_ == nullptr || committing_ != nullptr) { return; }
    core::Effects effects = std::exchange(round_, {});
    dispatch_->tick(when(), effects);
    dispatch_->assign(when(), effects);
    for (const core::SendTasks& send : effects.tasks) {
        wire::Tasks frame = test::copy_of(send);
        for (const Task& task : frame.tasks) {
            checkers_.is_not_cancelled(task);
            checkers_.is_not_held_back(task, clock_);
        }
        effects.sends.push_back({send.peer, std::move(frame)});
    }
    dispatch_->check_invariants();
    if (commits(effects) &&
        clock_ < ledger_full_until_) {  // the shell ends itself; the ledger is as of its last commit
        if (mutant("ack_before_commit")) { deliver(effects); }
        crash_ventilator(random_.between(1, 3'000));
        return;
    }
    if (faulty() && random_.chance(weather_.crash_in_step)) {
        crash_ventilator(random_.between(1, 3'000));  // before the commit: nothing of this round happened
        return;
    }
    const std::int64_t takes_ms = commits(effects) ? commit_takes_ms(ledger_slow_until_) : 0;
    if (takes_ms > 0) {
        commit_slowly(std::move(effects), takes_ms);
    } else {
        finish_round(std::move(effects));
    }
}

void World::commit_slowly(core::Effects effects, std::int64_t takes_ms) {
    committing_ = std::make_unique<core::Effects>(std::move(effects));
    stands_still_ = disk_random_.chance(0.5);
    ventilator_stands_until_ = clock_ + takes_ms;
    if (mutant("ack_before_commit")) { deliver(*committing_); }
    after(takes_ms, [this, life = ventilator_life_] {
        if (dispatch_ == nullptr || ventilator_life_ != life) { return; }
        finish_round(std::move(*std::exchange(committing_, nullptr)));
        if (round_.events.size() >= dispatch_options_.recent_ended_max) { end_round(); }
    });
}

void World::finish_round(core::Effects effects) {
    commit(effects);
    if (faulty() && random_.chance(weather_.crash_in_step)) {  // after it: some effects left, or none
        core::Effects some;
        const auto most = static_cast<std::int64_t>(effects.sends.size());
        const auto left = static_cast<std::ptrdiff_t>(random_.between(0, most));
        some.sends.assign(effects.sends.begin(), effects.sends.begin() + left);
        deliver(some);
        crash_ventilator(random_.between(1, 3'000));
        return;
    }
    deliver(effects);
    pauses_ += static_cast<std::size_t>(std::count_if(
        effects.workers.begin(), effects.workers.end(),
        [](const wire::WorkerEvent& event) { return event.change == wire::WorkerChange::paused; }));
}

bool World::commits(const core::Effects& effects) {
    const auto& states = effects.journal.states();
    return !effects.journal.adds().empty() || !effects.journal.ends().empty() ||
           std::any_of(states.begin(), states.end(),
                       [](const core::JournalState& state) { return !state.soft; });
}

void World::commit(const core::Effects& effects) {
    test::for_each_entry(effects.journal, [this](const auto& entry) { write(entry); });
}

void World::write(const test::JournalAdd& add) {
    if (rows_.contains(add.task.id)) { throw Broken("a task was added to the ledger twice"); }
    Row row;
    row.task = add.task;
    row.client = add.client;
    row.issued = add.task.attempt;
    row.order = rows_.size();
    rows_[add.task.id] = std::move(row);
}

void World::write(const core::JournalState& state) {
    if (state.soft && random_.chance(soft_left_out_)) { return; }  // as the shell may
    Row& row = rows_.at(state.id);
    Row changed = row;
    changed.state = state.state;
    changed.task.attempt = state.attempt;
    changed.issued = std::max(state.attempt, state.issued);
    changed.failures = state.failures;
    changed.worker = state.worker;
    changed.reason = state.reason;
    if (state.state != TaskState::queued) { changed.given = std::max(row.given, state.attempt); }
    if (state.state == TaskState::running) { changed.begun = std::max(row.begun, state.attempt); }
    changed.open = state.open;
    note_lost(changed, row);
    checkers_.one_outcome(row, changed);
    checkers_.counts_faults_only(row, changed);
    row = std::move(changed);
    restart_in_claim(row);
}

void World::write(const test::JournalEnd& end) {
    Row& row = rows_.at(end.id);
    Row changed = ended_row(row, end);
    checkers_.one_outcome(row, changed);
    checkers_.counts_faults_only(row, changed);
    row = std::move(changed);
}

void World::deliver(const core::Effects& effects) {
    for (const core::Send& send : effects.sends) {
        if (const auto* tasks = std::get_if<wire::Tasks>(&send.message)) {
            for (const Task& task : tasks->tasks) { checkers_.attempt_rises(rows_, task); }
        }
        if (const auto* welcome = std::get_if<wire::Welcome>(&send.message)) {
            checkers_.nothing_is_thrown_away(rows_, *welcome);
            checkers_.welcomed(welcome->incarnation);
        }
        if (const auto* refused = std::get_if<wire::Refused>(&send.message);
            refused != nullptr && refused->code == wire::WorkerRefusal::revoked) {
            for (const WorkerNode& node : workers_) {
                if (node.peer() == send.peer) { checkers_.revoked(node.options.incarnation); }
            }
        }
        if (const auto* events =
                std::get_if<wire::Events>(&send.message)) {  // answers to the submitter's Sync
            for (const wire::Event& event : events->events) {
                if (event.kind == wire::EventKind::ended) { checkers_.told_is_durable(rows_, event); }
            }
            wire::Events answer = *events;
            answer.epoch = ventilator_life_;
            answer.first_seq = published_ + effects.events.size();
            carry("answers", false, [this, answer = std::move(answer)] { tell_front(answer, false); });
        } else {
            to_worker(send);
        }
    }
    test::for_each_event(effects.events, [this](const std::string&, const wire::Event& event) {
        if (event.kind == wire::EventKind::ended) { checkers_.told_is_durable(rows_, event); }
        if (event.kind == wire::EventKind::accepted) { checkers_.accepted_is_kept(rows_, event.id); }
    });
    publish(effects.events);
}

// A frame for each client as the shell sends it, or its events one by one, so that any may be lost or
// overtaken.
void World::publish(const core::EventBatch& batch) {
    const bool whole = random_.chance(0.5);
    batch.by_client([&](const std::string&, const auto& standing, const auto& ended) {
        wire::Events frame;
        const auto send = [&] {
            frame.epoch = ventilator_life_;
            frame.first_seq = published_ + 1;
            for (const wire::Standing& one : frame.standing) { published_ += one.ids.size(); }
            published_ += frame.events.size();
            carry("events", false, [this, frame] { tell_front(frame, true); });
            frame = {};
        };
        for (const wire::Standing* one : standing) {
            frame.standing.push_back(*one);
            if (!whole) { send(); }
        }
        for (const wire::Run<wire::Event>* run : ended) {
            for (std::size_t i = 0; i < run->size(); ++i) {
                frame.events.push_back(run->item(i));
                if (!whole) { send(); }
            }
        }
        if (whole) { send(); }
    });
}

void World::take_submit(const wire::Submit& submit) {
    ventilator([=, this](core::Dispatch& core, core::Effects& out) {
        wire::Submit fresh{submit.client, {}};
        for (const Task& task : submit.tasks) {  // as the shell does: the ledger knows the ended ones
            const auto row = rows_.find(task.id);
            if (!core.knows(task.id) && row != rows_.end()) {
                out.events.ended_before(submit.client, {task.id, wire::EventKind::ended, row->second.state,
                                                        row->second.task.attempt, when().unix_ms,
                                                        row->second.reason, row->second.outcome});
            } else {
                fresh.tasks.push_back(task);
            }
        }
        core.on(fresh, when(), out);
    });
}

void World::to_worker(const core::Send& send) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        if (workers_[i].peer() != send.peer || !workers_[i].hears) { continue; }
        carry("to " + send.peer, weather_.ordered, [this, i, send] {
            if (workers_[i].peer() != send.peer || !workers_[i].hears) { return; }  // the connection is gone
            worker(i, [&](core::Execute& core, core::ExecuteEffects& out) {
                std::visit(
                    [&](const auto& message) {
                        if constexpr (requires { core.on(message, now(), out); }) {
                            core.on(message, now(), out);
                        }
                    },
                    send.message);
            });
        });
    }
}

}  // namespace nias::sim
