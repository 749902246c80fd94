// The program that submits, with the real Submit core, and a watcher with the core's own rule of what is
// later. The program may crash, give a task up and submit it again, or be refused and come back later.
#include <algorithm>

#include "world.hpp"

namespace nias::sim {
namespace {

constexpr std::int64_t kTickMs = 50;
constexpr std::int64_t kStrayMs = 1'000;

}  // namespace

void World::start_submitter() {
    submit_ = std::make_unique<core::Submit>(core::SubmitOptions{}, now());
    for (Wish& wish : wishes_) {
        const std::int64_t at = front_random_.between(0, 3'000);
        if (wish.is_late) { continue; }
        after(at, [this, id = wish.task.id] { submit(wish_named(id)); });
    }
    every(kTickMs, [this] { submitter_tick(); });
    every(kStrayMs, [this] { stray_copies(); });
    if (!front_random_.chance(0.3)) { return; }
    after(front_random_.between(0, weather_.faults_until_ms),
          [this] {  // its program crashes and starts again
              ++crashes_;
              submit_ = std::make_unique<core::Submit>(core::SubmitOptions{}, now());
              for (Wish& wish : wishes_) {
                  const bool was_submitted = std::exchange(wish.submitted, false);
                  if (wish.ended) { continue; }
                  if (wish.accepted) {
                      submit_->watch(wish.task.id);
                  } else if (was_submitted) {
                      submit(wish);
                  }
              }
          });
}

Wish& World::wish_named(const TaskId& id) {
    const auto it = wish_of_.find(id);
    if (it == wish_of_.end()) { throw Broken("an event tells of a task that nobody submitted"); }
    return wishes_[it->second];
}

void World::submit(Wish& wish) {
    if (wish.accepted || std::exchange(wish.submitted, true)) { return; }
    (void)submit_->add(wish.task);
    if (front_random_.chance(0.1)) {
        submit_->give_up_at(wish.task.id,
                            now() + std::chrono::milliseconds(front_random_.between(1, 10'000)));
    }
}

void World::submitter_tick() {
    core::SubmitEffects effects;
    submit_->tick(now(), effects);
    heed(effects);
    if (group_is_cancelled_) { cancel_group(); }
    for (wire::Cancel cancel; submit_->next_cancel(now(), cancel);) {
        if (!front_speaks_) { continue; }
        carry("intake", false, [this, cancel] {
            ventilator([=, this](core::Dispatch& core, core::Effects& out) {
                for (const TaskId& group : cancel.groups) { note_cancelled(group); }
                for (const TaskId& id : cancel.ids) {
                    if (core.row_of(id)) { checkers_.cancelled(id); }
                }
                core.on(cancel, when(), out);
            });
        });
    }
    for (std::vector<const wire::Run<Task>*> runs; submit_->next_submit(now(), runs);) {
        wire::Submit frame{"front", {}};
        for (const wire::Run<Task>* run : runs) { frame.tasks.add(wire::Run<Task>(*run)); }
        send_submit(std::move(frame));
    }
    for (wire::Sync sync; submit_->next_sync(now(), sync);) { send_sync(sync); }
    submit_->check_invariants();
}

// Copies of accepted tasks from somewhere else: the same id is the same task. They stop with the faults, so
// that no run ends by their answers alone.
void World::stray_copies() {
    if (!faulty()) { return; }
    wire::Submit copies{"front", {}};
    for (const Wish& wish : wishes_) {
        if (wish.accepted && !wish.ended && random_.chance(0.02)) { copies.tasks.push_back(wish.task); }
    }
    if (copies.tasks.empty()) { return; }
    copies.tasks.push_back(copies.tasks.front());
    send_submit(std::move(copies));
}

void World::send_submit(wire::Submit frame) {
    if (!front_speaks_) { return; }
    carry("intake", false, [this, frame = std::move(frame)] { take_submit(frame); });
}

void World::send_sync(const wire::Sync& sync) {
    if (!front_speaks_) { return; }
    carry("sync", false, [this, sync] {
        ventilator([=, this](core::Dispatch& core, core::Effects& out) {
            wire::Sync unknown;  // as the shell does: the ledger answers for what the core has forgotten
            for (const TaskId& id : sync.ids) {
                const auto row = rows_.find(id);
                if (!core.knows(id) && row != rows_.end()) {
                    out.events.ended_before(
                        "front", {id, wire::EventKind::ended, row->second.state, row->second.task.attempt,
                                  when().unix_ms, row->second.reason, row->second.outcome});
                } else {
                    unknown.ids.push_back(id);
                }
            }
            core.on("front", unknown, when(), out);
        });
    });
}

void World::tell_front(const wire::Events& events, bool on_stream) {
    if (!front_hears_) { return; }
    core::ReportPlace place{events.epoch, events.first_seq};
    const auto watch_one = [&](const wire::Event& event) {
        watch(event, place);
        place.number += on_stream ? 1 : 0;
    };
    for (const wire::Standing& standing : events.standing) {
        for (const TaskId& id : standing.ids) { watch_one(standing.event_of(id)); }
    }
    for (const wire::Event& event : events.events) { watch_one(event); }
    wire::Events frame = events;
    core::SubmitEffects effects;
    if (on_stream) { submit_->heard(now()); }
    submit_->on(frame, effects);
    submit_->check_invariants();
    heed(effects);
}

// A watcher never shows a task going back, shows the latest that it heard of, and its end stays.
void World::watch(const wire::Event& event, const core::ReportPlace& place) {
    Wish& wish = wish_named(event.id);
    if (event.kind == wire::EventKind::ended) {
        if (!wish.heard_end) { wish.heard_end = event; }
        if (wish.heard_end->state != event.state || wish.heard_end->outcome != event.outcome) {
            throw Broken("two different ends of one task were told");
        }
    }
    using News = core::LastReport::News;
    const bool was_shown = wish.shown.accepted();
    const News news = wish.shown.hear(event, place);
    const bool is_newest = event.kind != wire::EventKind::rejected && place > wish.newest;
    if (is_newest) { wish.newest = place; }
    const bool shows_it = wish.shown.state() == event.state && wish.shown.attempt() == event.attempt;
    if (is_newest && !wish.shown.has_ended() && !shows_it) {
        throw Broken("a watcher does not show the latest that it heard of");
    }
    if (news == News::nothing || news == News::refused) { return; }
    if (news == News::gone) { throw Broken("an accepted task is not known any more"); }
    if (was_shown && has_ended(wish.last_shown.state)) {
        throw Broken("a watcher shows a change of what has ended");
    }
    if (was_shown && !has_ended(event.state) && place < wish.shown_at) {
        throw Broken("a watcher shows an earlier state after a later one");
    }
    wish.last_shown = event;
    wish.shown_at = place;
}

void World::heed(const core::SubmitEffects& effects) {
    using Kind = core::SubmitEffects::Kind;
    const auto again = [&](Wish& wish) {
        wish.submitted = false;
        after(front_random_.between(1, 2'000), [this, id = wish.task.id] { submit(wish_named(id)); });
    };
    for (const core::SubmitEffects::Told& told : effects.told) {
        Wish& wish = wish_named(told.id);
        switch (told.kind) {
            case Kind::accepted:
                if (wish.accepted) { throw Broken("a task was told as accepted twice"); }
                wish.accepted = true;
                look_for_its_end(wish);
                if (wish.cancel) {
                    after(front_random_.between(0, 5'000),
                          [this, id = told.id] { (void)submit_->cancel(id); });
                }
                break;
            case Kind::ended: heed_end(wish, told.run->item(told.place)); break;
            case Kind::refused:
                if (wish.accepted) { throw Broken("an accepted task was told as refused"); }
                again(wish);
                break;
            case Kind::given_up: again(wish); break;
            case Kind::unknown:
            case Kind::gone: throw Broken("a ventilator that keeps its tasks has lost one");
        }
    }
}

void World::heed_end(Wish& wish, const wire::Event& end) {
    if (wish.ended) { throw Broken("the end of a task was told twice"); }
    if (!wish.accepted) { throw Broken("the end of a task was told before it was accepted"); }
    const auto row = rows_.find(end.id);
    if (row == rows_.end()) { throw Broken("the end of a task was told that is not in the ledger"); }
    Outcome expected = row->second.outcome;
    if (expected.error.empty()) { expected.error = end.text; }  // an outcome without words has the event's
    if (row->second.state != end.state || *end.outcome != expected) {
        throw Broken("the submitter was told another end than the ledger's");
    }
    wish.ended = true;
}

}  // namespace nias::sim
