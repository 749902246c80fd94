// What a ventilator says: encoded when a round ends, sent once the journal of that round is durable.
#include <algorithm>

#include "base/log.hpp"
#include "service/ventilator/impl.hpp"
#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "wire/weight.hpp"

namespace nias {
inline namespace v1 {
namespace {

/// Neighbours mostly stand alike.
void add_to(std::vector<wire::Accepted>& accepted, const wire::Event& event) {
    const bool alike = !accepted.empty() && accepted.back().state == event.state &&
                       accepted.back().attempt == event.attempt && accepted.back().unix_ms == event.unix_ms &&
                       accepted.back().text == event.text;
    if (!alike) { accepted.push_back({event.state, event.attempt, event.unix_ms, event.text, {}}); }
    accepted.back().ids.push_back(event.id);
}

}  // namespace

// A round: what was decided goes to the journal; while that is written it is encoded, for the tasks are the
// core's until its next step; and it leaves once it is durable. What is read meanwhile is of the next round.
void Ventilator::Impl::end_round() {
    core_.assign(when(), effects_);
    if (journal_) {
        auto batch = take_journal();
        writing_ = !batch.empty();
        if (writing_) { journal_->write(std::move(batch)); }
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
    for (const core::Send& send : effects_.sends) {
        held_.push_back({control_, send.peer, wire::encode(send.message)});
    }
    for (const core::SendTasks& send : effects_.tasks) {
        held_.push_back(
            {control_, send.peer, wire::encode_tasks(send.incarnation, send.sent_total, send.tasks)});
    }
    publish_all();
}

void Ventilator::Impl::send_all() {
    for (const Frame& frame : held_) {
        if (!frame.socket.send(frame.to, frame.bytes)) {
            log::debug("a message was dropped: the worker is gone or slow, or nobody hears the events");
        }
    }
    held_.clear();
}

void Ventilator::Impl::publish_all() {
    auto& all = effects_.events;
    const auto by_client = [](const core::Publish& a, const core::Publish& b) { return a.client < b.client; };
    if (!std::is_sorted(all.begin(), all.end(), by_client)) {
        std::stable_sort(all.begin(), all.end(), by_client);
    }
    for (auto first = all.begin(); first != all.end();) {
        const auto last = std::find_if(
            first, all.end(), [&](const core::Publish& other) { return other.client != first->client; });
        publish(std::span(first, last));
        first = last;
    }
}

void Ventilator::Impl::publish(std::span<const core::Publish> of_one_client) {
    const std::string topic = "t" + of_one_client.front().client;
    std::vector<const wire::Event*> batch;
    std::vector<wire::Accepted> accepted;
    batch.reserve(std::min(of_one_client.size(), wire::kBatchItemsMax));
    std::size_t bytes = 0;
    std::size_t items = 0;
    const auto flush = [&] {
        held_.push_back({events_, topic, wire::encode_events(epoch_, sequence_ + 1, batch, accepted)});
        sequence_ += items;
        batch.clear();
        accepted.clear();
        bytes = items = 0;
    };
    for (const core::Publish& publication : of_one_client) {
        const wire::Event& event = publication.event;
        if (event.kind == wire::EventKind::accepted) {  // it is its task's first: it may pass those of others
            add_to(accepted, event);
            bytes += sizeof(TaskId);
        } else {
            batch.push_back(&event);
            bytes += wire::weight(event);
        }
        if (bytes > wire::kEventFrameBytes || ++items >= wire::kBatchItemsMax) { flush(); }
    }
    if (items > 0) { flush(); }
}

}  // namespace v1
}  // namespace nias
