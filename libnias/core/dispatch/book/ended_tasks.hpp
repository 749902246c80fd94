/// The tasks that ended last, so that a repeated Submit or Sync is answered without the ledger.
/// Bounded in number and in bytes; the oldest are forgotten. Part of dispatch.
///
/// With every task that ends one event is added and one forgotten, and hardly one is ever asked for. So both
/// touch little memory, and in order: events are kept encoded, one behind the other in blocks, and a ring
/// keeps the id and place of each. A TaggedTable from ids to the ring is brought up to date only when it is
/// asked.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "core/containers/tagged_table.hpp"
#include "wire/codec/codec.hpp"
#include "wire/messages.hpp"

namespace nias::core {

class EndedTasks {
public:
    explicit EndedTasks(std::size_t max)
        : ring_(std::bit_ceil(max < 2 ? std::size_t{2} : max)), index_(4 * ring_.size()) {}

    /// Adds the last event of this run, of a task that is not remembered. Where the event before it in the
    /// run was added last, and carries the same output, both share one place.
    void add(const wire::Run<wire::Event>& run) {
        while (size_ == ring_.size() || (size_ > 0 && bytes_ > kBytesMax)) { forget_oldest(); }
        if (blocks_.empty() || blocks_.back().size() >= kBlockBytes) { open_block(); }
        const std::uint64_t block = first_block_ + blocks_.size() - 1;
        const Place* const last = size_ == 0 ? nullptr : &ring_[slot_of(first_ + size_ - 1)];
        const std::uint64_t number = first_ + size_++;
        Place& place = ring_[slot_of(number)];
        const TaskId& id = run.ids.back();
        if (last != nullptr && last->block == block && is_behind(*last, run)) {
            place = {id, block, last->offset, last->bytes};
        } else {
            Bytes& bytes = blocks_.back();
            place = {id, block, static_cast<std::uint32_t>(bytes.size()), 0};
            wire::append_event(bytes, run.shared, run.carried_of(run.size() - 1));
            place.bytes = static_cast<std::uint32_t>(bytes.size()) - place.offset;
        }
        bytes_ += place.bytes;
    }

    /// The `ended` event of a task; nothing where it is not remembered.
    [[nodiscard]] std::optional<wire::Event> find(const TaskId& id) {
        const std::size_t at = place_of(id);
        if (at == TaggedTable::kNone) { return std::nullopt; }
        const Place& place = ring_[index_.number_at(at)];
        const Bytes& block = blocks_[static_cast<std::size_t>(place.block - first_block_)];
        auto event = wire::decode_event(std::span(block).subspan(place.offset, place.bytes));
        NIAS_CHECK(event.ok(), "what append_event wrote is read");
        event->id = id;
        if (event->outcome) { event->outcome->id = id; }
        return std::move(*event);
    }

    [[nodiscard]] bool contains(const TaskId& id) { return place_of(id) != TaggedTable::kNone; }
    [[nodiscard]] std::size_t size() const { return size_; }

    static constexpr std::size_t kBytesMax = 64U << 20U;

private:
    static constexpr std::size_t kBlockBytes = 64U << 10U;
    struct Place {
        TaskId id;
        std::uint64_t block = 0;  ///< number of its block, counted since the start
        std::uint32_t offset = 0;
        std::uint32_t bytes = 0;
    };

    /// Whether `last` is the event before the last one of the run, and both carry the same output.
    static bool is_behind(const Place& last, const wire::Run<wire::Event>& run) {
        if (run.size() < 2 || run.ids[run.size() - 2] != last.id) { return false; }
        const auto mine = run.carried_of(run.size() - 1);
        const auto its = run.carried_of(run.size() - 2);
        return std::equal(mine.begin(), mine.end(), its.begin(), its.end());
    }
    [[nodiscard]] std::uint32_t slot_of(std::uint64_t number) const {  // its size is a power of two
        return static_cast<std::uint32_t>(number & (ring_.size() - 1));
    }
    void open_block() {
        spare_.clear();
        spare_.reserve(kBlockBytes + 1024);
        blocks_.push_back(std::exchange(spare_, {}));
    }
    static std::uint64_t tag_of(const TaskId& id) { return TaggedTable::tag_of(std::hash<TaskId>{}(id)); }
    [[nodiscard]] std::size_t place_of(const TaskId& id) {
        for (; indexed_ < first_ + size_; ++indexed_) {
            index_.add(tag_of(ring_[slot_of(indexed_)].id), slot_of(indexed_));
        }
        return index_.find(tag_of(id), [&](std::uint32_t slot) { return ring_[slot].id == id; });
    }
    void forget_oldest() {
        const Place& oldest = ring_[slot_of(first_)];
        bytes_ -= oldest.bytes;
        if (first_ < indexed_) {
            const std::uint32_t slot = slot_of(first_);
            index_.erase(index_.find(tag_of(oldest.id), [&](std::uint32_t one) { return one == slot; }));
        } else {
            ++indexed_;
        }
        ++first_;
        --size_;
        // Events are forgotten in the order of their places, so a block is free once its last event is.
        const std::uint64_t needed =
            size_ == 0 ? first_block_ + blocks_.size() : ring_[slot_of(first_)].block;
        while (first_block_ < needed) {
            if (blocks_.front().capacity() <= 2 * kBlockBytes) { spare_ = std::move(blocks_.front()); }
            blocks_.pop_front();
            ++first_block_;
        }
    }

    std::vector<Place> ring_;
    std::deque<Bytes> blocks_;
    Bytes spare_;  ///< a block's memory, to be used again
    std::uint64_t first_block_ = 0;
    TaggedTable index_;          ///< at most a quarter full, so that look-ups are short
    std::uint64_t indexed_ = 0;  ///< number of the first event that `index_` lacks
    std::uint64_t first_ = 0;    ///< number of the oldest event; see slot_of()
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;  ///< bytes of all events; shared bytes count each time
};

}  // namespace nias::core
