/// The fuzzer's bytes read as choices: how a target makes a conversation, hostile numbers included, from one
/// input. Past its end everything is zero. Used by the targets of the cores.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "wire/codec/codec.hpp"
#include "wire/limits.hpp"

namespace nias::fuzz {

class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : left_(data, size) {}

    [[nodiscard]] bool empty() const { return left_.empty(); }
    std::uint8_t byte() {
        if (left_.empty()) { return 0; }
        const std::uint8_t value = left_.front();
        left_ = left_.subspan(1);
        return value;
    }
    bool flag() { return (byte() & 1U) != 0; }
    std::uint32_t below(std::uint32_t bound) { return byte() % bound; }
    /// Mostly small; now and then one of those that break sums.
    std::uint64_t number() {
        static constexpr std::array<std::uint64_t, 8> kHostile{
            ~0ULL,          ~0ULL - 1,   1ULL << 63U,      1ULL << 32U,
            0xffff'ffffULL, 1ULL << 31U, wire::kCreditMax, wire::kCreditMax + 1};
        const std::uint8_t value = byte();
        return value < 0xf8 ? value % 16 : kHostile[value & 7U];
    }
    std::uint32_t small_number() { return static_cast<std::uint32_t>(number()); }
    std::span<const std::uint8_t> bytes(std::size_t count) {
        const auto taken = left_.first(count < left_.size() ? count : left_.size());
        left_ = left_.subspan(taken.size());
        return taken;
    }

    /// Bytes to be decoded as a frame.
    std::span<const std::uint8_t> frame() {
        const std::size_t low = byte();
        return bytes(low + 256 * std::size_t{below(4)});
    }

    // ---- few names, so that they meet ----
    TaskId id() {
        TaskId id;
        id.bytes[15] = static_cast<std::uint8_t>(byte() % 12);  // zero is no id
        return id;
    }
    AttemptRef ref() { return {id(), 1 + below(4)}; }
    std::vector<AttemptRef> refs() {
        std::vector<AttemptRef> all(below(5));
        for (AttemptRef& one : all) { one = ref(); }
        return all;
    }
    std::string name(char first) { return {first, static_cast<char>('0' + below(3))}; }
    Task task() {
        Task task;
        task.id = id();
        task.attempt = 1 + below(4);
        task.owner = below(16) == 0 ? std::string() : name('o');
        task.spec.runtime = below(8) == 0 ? name('r') : std::string();
        if (below(4) == 0) {
            Resources& asked = task.spec.resources;
            asked = {small_number(), small_number(), number()};
            // Derived from what is drawn already, so that kept inputs stay what they are.
            if (asked.memory_bytes % 4 == 1) { asked.counted = {{"seats", asked.cpus}}; }
        }
        task.spec.priority = static_cast<std::int32_t>(small_number());
        task.spec.max_attempts = below(5);
        return task;
    }
    Outcome outcome() {
        Outcome outcome;
        outcome.id = id();
        outcome.attempt = 1 + below(4);
        outcome.status = static_cast<OutcomeStatus>(below(5));
        if (below(8) == 0) {
            outcome.error = std::string(16 * std::size_t{byte()}, static_cast<char>(byte()));
        }
        if (below(8) == 0) { outcome.worker = name('w'); }
        return outcome;
    }
    std::vector<Outcome> outcomes() {
        std::vector<Outcome> all(1 + below(3));
        for (Outcome& one : all) { one = outcome(); }
        return all;
    }

private:
    std::span<const std::uint8_t> left_;
};

/// Checks that a message of a core is a frame that its peer takes.
inline void check_speakable(const wire::Message& message) {
    const Bytes frame = wire::encode(message);
    const auto again = wire::decode(frame);
    NIAS_CHECK(again.ok(), "what a core sends can be decoded");
    NIAS_CHECK(*again == message, "what a core sends arrives as it was");
}

}  // namespace nias::fuzz
