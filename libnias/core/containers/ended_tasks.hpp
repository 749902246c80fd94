/// The tasks that ended last, so that a repeated Submit or Sync is answered without the ledger.
/// Bounded in number and in bytes; the oldest are forgotten. Part of dispatch.
///
/// With every task that ends one is added, one forgotten and one looked for in vain, and hardly one is ever
/// asked for: what these three touch is little and in order. Events are kept encoded, one behind the other in
/// blocks; a ring says where; an index of half-words finds the place in the ring.
#pragma once

#include <bit>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "wire/codec.hpp"
#include "wire/messages.hpp"

namespace nias::core {

class EndedTasks {
public:
    explicit EndedTasks(std::size_t max)
        : ring_(std::bit_ceil(max < 2 ? std::size_t{2} : max)), index_(2 * ring_.size()) {}

    /// The event of a task that is not remembered.
    void add(const wire::Event& event) {
        while (size_ == ring_.size() || (size_ > 0 && bytes_ > kBytesMax)) { forget_oldest(); }
        const std::uint64_t number = first_ + size_++;
        if (blocks_.empty() || blocks_.back().size() >= kBlockBytes) { open_block(); }
        Bytes& block = blocks_.back();
        Place& place = ring_[number % ring_.size()];
        place = {event.id, first_block_ + blocks_.size() - 1, static_cast<std::uint32_t>(block.size()), 0};
        wire::append_event(block, event);
        place.bytes = static_cast<std::uint32_t>(block.size()) - place.offset;
        bytes_ += place.bytes;
        std::size_t at = home(place.id);
        while (index_[at] != 0) { at = next(at); }
        index_[at] = entry(place.id, number % ring_.size());
    }

    /// The `ended` event of a task; nothing: not remembered.
    [[nodiscard]] std::optional<wire::Event> find(const TaskId& id) const {
        const std::size_t at = place_of(id);
        if (at == kNone) { return std::nullopt; }
        const Place& place = ring_[slot(index_[at])];
        const Bytes& block = blocks_[static_cast<std::size_t>(place.block - first_block_)];
        auto event = wire::decode_event(std::span(block).subspan(place.offset, place.bytes));
        NIAS_CHECK(event.ok(), "what append_event wrote is read");
        return std::move(*event);
    }

    [[nodiscard]] bool contains(const TaskId& id) const { return place_of(id) != kNone; }
    [[nodiscard]] std::size_t size() const { return size_; }
    /// Calls into the cache what find(), or add() that many calls from here, will touch.
    void expect(const TaskId& id, std::size_t ahead) const {
        __builtin_prefetch(&index_[home(id)]);
        if (size_ == ring_.size()) {
            __builtin_prefetch(&index_[home(ring_[(first_ + ahead) % ring_.size()].id)]);
        }
    }

    static constexpr std::size_t kBytesMax = 64U << 20U;

private:
    static constexpr std::size_t kNone = ~std::size_t{0};

    static constexpr std::uint64_t kTag = ~std::uint64_t{0} << 32U;
    static constexpr std::size_t kBlockBytes = 64U << 10U;
    struct Place {
        TaskId id;
        std::uint64_t block = 0;  ///< counted since the start
        std::uint32_t offset = 0;
        std::uint32_t bytes = 0;
    };

    void open_block() {
        spare_.clear();
        spare_.reserve(kBlockBytes + 1024);
        blocks_.push_back(std::exchange(spare_, {}));
    }
    /// As in SlabMap: ids made one after the other are neighbours.
    static std::uint64_t mixed(const TaskId& id) {
        const std::uint64_t hash = std::hash<TaskId>{}(id);
        return ((((hash >> 2U) * 0x9E3779B97F4A7C15ULL) >> 34U) << 34U) | ((hash & 3U) << 32U);
    }
    /// Upper half: of the id's hash, so that strangers are told apart and entries find home without a look at
    /// the ring. Lower: slot + 1.
    static std::uint64_t entry(const TaskId& id, std::uint64_t slot) {
        return (mixed(id) & kTag) | (slot + 1);
    }
    static std::size_t slot(std::uint64_t entry) { return static_cast<std::size_t>(entry & ~kTag) - 1; }
    [[nodiscard]] std::size_t home(std::uint64_t tagged) const {
        return static_cast<std::size_t>(tagged >> 32U) & (index_.size() - 1);
    }
    [[nodiscard]] std::size_t home(const TaskId& id) const { return home(mixed(id)); }
    [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (index_.size() - 1); }
    [[nodiscard]] std::size_t place_of(const TaskId& id) const {
        const std::uint64_t tag = mixed(id) & kTag;
        for (std::size_t at = home(id); index_[at] != 0; at = next(at)) {
            if ((index_[at] & kTag) == tag && ring_[slot(index_[at])].id == id) { return at; }
        }
        return kNone;
    }
    void forget_oldest() {
        const Place& oldest = ring_[first_ % ring_.size()];
        bytes_ -= oldest.bytes;
        std::size_t hole = place_of(oldest.id);
        for (std::size_t at = next(hole); index_[at] != 0;
             at = next(at)) {  // shifts back what had to step aside
            const std::size_t wanted = home(index_[at]);
            const bool stays = hole <= at ? hole < wanted && wanted <= at : hole < wanted || wanted <= at;
            if (stays) { continue; }
            index_[hole] = index_[at];
            hole = at;
        }
        index_[hole] = 0;
        ++first_;
        --size_;
        // Events end as they began: in order. A block is done with once its last one is.
        const std::uint64_t needed =
            size_ == 0 ? first_block_ + blocks_.size() : ring_[first_ % ring_.size()].block;
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
    std::vector<std::uint64_t> index_;  ///< at most half full
    std::uint64_t first_ = 0;           ///< number of the oldest; its slot is the remainder
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace nias::core
