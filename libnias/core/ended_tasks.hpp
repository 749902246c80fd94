/// The tasks that ended last, so that a repeated Submit or Sync is answered without the ledger.
/// Bounded in number and in bytes; the oldest are forgotten. Part of dispatch.
///
/// A ring that is written in order, and an index of half-words over it: with every task that ends one is added,
/// one forgotten and one looked for in vain, so what these touch has to stay in the processor's cache.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "wire/messages.hpp"

namespace nias::core {

class EndedTasks {
public:
    explicit EndedTasks(std::size_t max) : ring_(std::bit_ceil(max < 2 ? std::size_t{2} : max)), index_(2 * ring_.size()) {}

    /// The event of a task that is not remembered.
    void add(wire::Event event) {
        while (size_ == ring_.size() || (size_ > 0 && bytes_ > kBytesMax)) { forget_oldest(); }
        const std::uint64_t number = first_ + size_++;
        wire::Event& kept = ring_[number % ring_.size()];
        kept = std::move(event);
        bytes_ += weight(kept);
        std::size_t at = home(kept.id);
        while (index_[at] != 0) { at = next(at); }
        index_[at] = entry(kept.id, number % ring_.size());
    }

    /// The `ended` event of a task; null: not remembered.
    [[nodiscard]] const wire::Event* find(const TaskId& id) const {
        const std::size_t at = place_of(id);
        return at == kNone ? nullptr : &ring_[slot(index_[at])];
    }

    [[nodiscard]] std::size_t size() const { return size_; }

    static constexpr std::size_t kBytesMax = 64U << 20U;

private:
    static constexpr std::size_t kNone = ~std::size_t{0};

    static std::size_t weight(const wire::Event& event) {
        std::size_t bytes = sizeof(wire::Event) + event.text.size();
        if (event.outcome) {
            bytes += event.outcome->output.size() + event.outcome->error.size();
            for (const auto& note : event.outcome->notes) { bytes += note.size(); }
        }
        return bytes;
    }
    static std::uint64_t mixed(const TaskId& id) { return std::hash<TaskId>{}(id) * 0x9E3779B97F4A7C15ULL; }
    /// Upper half: bits of the id, so that most strangers are told apart without a look at the ring. Lower: slot + 1.
    static std::uint64_t entry(const TaskId& id, std::uint64_t slot) { return (mixed(id) << 32U) | (slot + 1); }
    static std::size_t slot(std::uint64_t entry) { return static_cast<std::size_t>(entry & 0xFFFFFFFFU) - 1; }
    [[nodiscard]] std::size_t home(const TaskId& id) const { return static_cast<std::size_t>(mixed(id) >> 32U) & (index_.size() - 1); }
    [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (index_.size() - 1); }
    [[nodiscard]] std::size_t place_of(const TaskId& id) const {
        const std::uint64_t tag = mixed(id) << 32U;
        for (std::size_t at = home(id); index_[at] != 0; at = next(at)) {
            if ((index_[at] & ~std::uint64_t{0xFFFFFFFFU}) == tag && ring_[slot(index_[at])].id == id) { return at; }
        }
        return kNone;
    }
    void forget_oldest() {
        wire::Event& oldest = ring_[first_ % ring_.size()];
        bytes_ -= weight(oldest);
        std::size_t hole = place_of(oldest.id);
        for (std::size_t at = next(hole); index_[at] != 0; at = next(at)) {  // shifts back what had to step aside
            const std::size_t wanted = home(ring_[slot(index_[at])].id);
            const bool stays = hole <= at ? hole < wanted && wanted <= at : hole < wanted || wanted <= at;
            if (stays) { continue; }
            index_[hole] = index_[at];
            hole = at;
        }
        index_[hole] = 0;
        if (oldest.outcome) { oldest = {}; }  // gives its memory back
        ++first_;
        --size_;
    }

    std::vector<wire::Event> ring_;
    std::vector<std::uint64_t> index_;  ///< at most half full
    std::uint64_t first_ = 0;           ///< number of the oldest; its slot is the remainder
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace nias::core
