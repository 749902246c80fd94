// The sending side of a ventilator: frames are encoded when a round ends, and sent once its journal is
// durable.
#include <algorithm>

#include "base/log.hpp"
#include "service/ventilator/impl.hpp"
#include "wire/codec/codec.hpp"
#include "wire/limits.hpp"
#include "wire/weight.hpp"

namespace nias {
inline namespace v1 {
namespace {

constexpr auto kWorkersTopic = "workers";
constexpr std::size_t kWorkerEventsAFrame = 64;

std::string_view word_of(wire::WorkerChange change) {
    switch (change) {
        case wire::WorkerChange::joined: return "joined";
        case wire::WorkerChange::suspect: return "is suspect";
        case wire::WorkerChange::lost: return "is lost";
        case wire::WorkerChange::back: return "is back";
        case wire::WorkerChange::draining: return "drains";
        case wire::WorkerChange::stopped: return "has gone";
        case wire::WorkerChange::paused: return "is paused";
        case wire::WorkerChange::revoked: return "was revoked";
        case wire::WorkerChange::refused: return "was refused";
    }
    return "changed";
}

bool is_trouble(wire::WorkerChange change) {
    switch (change) {
        case wire::WorkerChange::joined:
        case wire::WorkerChange::back:
        case wire::WorkerChange::draining:
        case wire::WorkerChange::stopped: return false;
        case wire::WorkerChange::suspect:
        case wire::WorkerChange::lost:
        case wire::WorkerChange::paused:
        case wire::WorkerChange::revoked:
        case wire::WorkerChange::refused: return true;
    }
    return true;
}

std::string words_of(const wire::WorkerEvent& event) {
    std::string where = event.host;
    if (!event.address.empty()) { where += (where.empty() ? "" : ", ") + event.address; }
    std::string line = "worker " + event.worker + (where.empty() ? "" : " (" + where + ")") + " " +
                       std::string(word_of(event.change));
    if (!event.why.empty()) { line += ": " + event.why; }
    if (event.change == wire::WorkerChange::paused) {
        line += "; «nias resume " + event.worker + "» gives it tasks again";
    }
    return line;
}

}  // namespace
// A round: what was decided goes to the journal; while that is written it is encoded, for the tasks are the
// core's until its next step; and it leaves once it is durable. What is read meanwhile is of the next round.
void Ventilator::Impl::end_round() {
    core_.assign(when(), effects_);
    // Last, because an answer has the number of the round's last event: it has to tell as much as that.
    for (auto& [peer, sync] : std::exchange(asked_, {})) { on_sync(peer, std::move(sync)); }
    if (journal_) {
        auto batch = drain_journal();
        writing_ = !batch.empty() || !forgets_.empty();
        if (writing_) { journal_->write(std::move(batch), std::exchange(forgets_, {})); }
    }
    encode_all();
    effects_.clear();
    round_bytes_ = 0;
    look_at_journal();
}

void Ventilator::Impl::look_at_journal() {
    if (writing_) {
        const auto done = journal_->done();
        if (!done) { return; }
        writing_ = false;
        fail(*done);
    }
    if (failure_) { send_all(); }
}

void Ventilator::Impl::encode_all() {
    for (const std::string& notice : effects_.notices) { log::warn(notice); }
    for (const std::string& line : effects_.followed) { followed_.add(line, now()); }
    tell_of_workers();
    // An answer tells as much as the round's events do, so it has the number of the last of them.
    const std::uint64_t last = sequence_ + effects_.events.size();
    for (core::Send& send : effects_.sends) {
        if (auto* const answer = std::get_if<wire::Events>(&send.message)) {
            answer->epoch = epoch_;
            answer->first_seq = last;
        }
        held_.push_back({control_, send.peer, wire::encode(send.message)});
    }
    for (const core::SendTasks& send : effects_.tasks) {
        held_.push_back(
            {control_, send.peer, wire::encode_tasks(send.incarnation, send.sent_total, send.tasks)});
    }
    publish_all();
}

void Ventilator::Impl::tell_of_workers() {
    if (effects_.workers.empty()) { return; }
    for (const wire::WorkerEvent& event : effects_.workers) {
        const std::string line = words_of(event);
        is_trouble(event.change) ? log::warn(line) : log::info(line);
    }
    wire::Events told{
        .epoch = epoch_, .first_seq = sequence_ + 1, .events = {}, .standing = {}, .workers = {}};
    for (wire::WorkerEvent& event : effects_.workers) {
        told.workers.push_back(std::move(event));
        if (told.workers.size() < kWorkerEventsAFrame) { continue; }
        held_.push_back({events_, kWorkersTopic, wire::encode(told)});
        told.workers.clear();
    }
    if (!told.workers.empty()) { held_.push_back({events_, kWorkersTopic, wire::encode(told)}); }
}

void Ventilator::Impl::send_all() {
    for (Frame& frame : held_) {
        if (!frame.socket.give(frame.to, frame.bytes)) {
            log::debug("a message was dropped: the worker is gone or slow, or nobody hears the events");
        }
    }
    held_.clear();
}

void Ventilator::Impl::publish_all() {
    effects_.events.by_client([this](const std::string& client, const auto& standing, const auto& ended) {
        publish("t" + client, standing, ended);
    });
}

void Ventilator::Impl::publish(const std::string& topic, std::span<const wire::Standing* const> standing,
                               std::span<const wire::Run<wire::Event>* const> ended) {
    std::size_t stands = 0;  // changes of state in the frame that is being filled
    std::size_t ends = 0;
    std::size_t bytes = 0;
    std::uint64_t events = 0;
    const auto flush = [&] {
        if (events == 0) { return; }
        held_.push_back(
            {events_, topic,
             wire::encode_events(epoch_, sequence_ + 1, ended.first(ends), standing.first(stands))});
        sequence_ += events;
        standing = standing.subspan(stands);
        ended = ended.subspan(ends);
        stands = ends = bytes = events = 0;
    };
    const auto fill = [&](const auto& list, std::size_t& taken, auto events_in) {
        while (taken < list.size()) {
            const auto& next = *list[taken];
            const std::size_t weight = wire::weight(next);
            const bool full =
                bytes + weight > wire::kEventFrameBytes || events + events_in(next) > wire::kBatchItemsMax;
            if (full && events > 0) {
                flush();
                continue;
            }
            bytes += weight;
            events += events_in(next);
            ++taken;
        }
    };
    fill(standing, stands, [](const wire::Standing& one) { return one.ids.size(); });
    fill(ended, ends, [](const wire::Run<wire::Event>& run) { return run.size(); });
    flush();
}

}  // namespace v1
}  // namespace nias
