/// A hash map for what is added and removed with every task: a flat table of half-words (open addressing,
/// linear probing, deletion by shifting back: Knuth, TAOCP 3, 6.4 R), values in a slab that never moves them
/// and uses first what was freed last. Used by the cores and the submitter. A resource; one thread.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace nias::core {

/// A value that holds its own key, so that the table need not.
template <typename Value, typename Key>
concept Keyed = requires(Value& value, const Value& fixed, const Key& key) {
    { fixed.key() } -> std::same_as<const Key&>;
    value.take_key(key);
};

template <typename Key, Keyed<Key> Value, typename Hash = std::hash<Key>>
class SlabMap {
public:
    SlabMap() = default;
    SlabMap(const SlabMap&) = delete;  // others point at its values
    SlabMap& operator=(const SlabMap&) = delete;

    /// The value, at an address that stays until it is erased; null where there is none.
    [[nodiscard]] Value* find(const Key& key) {
        const std::size_t at = place_of(key);
        return at == kNone ? nullptr : &value_of(table_[at]);
    }
    [[nodiscard]] const Value* find(const Key& key) const {
        const std::size_t at = place_of(key);
        return at == kNone ? nullptr : &value_of(table_[at]);
    }
    /// Calls the place of a key into the cache, and expect_value() what is there: for loops that know their
    /// keys.
    void expect(const Key& key) const {
        if (!table_.empty()) { __builtin_prefetch(&table_[home(entry_of(key))]); }
    }
    void expect_value(const Key& key) const {
        if (size_ == 0) { return; }
        const std::uint64_t tag = entry_of(key);
        std::size_t at = home(tag);
        while (table_[at] != 0 && (table_[at] & kTag) != tag) { at = next(at); }
        if (table_[at] == 0) { return; }
        const auto* value = reinterpret_cast<const char*>(&value_of(table_[at]));
        for (std::size_t line = 0; line < sizeof(Value); line += 64) { __builtin_prefetch(value + line, 1); }
    }
    [[nodiscard]] bool contains(const Key& key) const { return place_of(key) != kNone; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] Value& operator[](const Key& key) { return *try_emplace(key).first; }

    /// The value, and whether it was made by this call. Its key is never changed.
    std::pair<Value*, bool> try_emplace(const Key& key) {
        if (kRoom * (size_ + 1) > table_.size()) { grow(); }
        const std::uint64_t tag = entry_of(key);
        std::size_t at = home(tag);
        for (; table_[at] != 0; at = next(at)) {
            if ((table_[at] & kTag) == tag && value_of(table_[at]).key() == key) {
                return {&value_of(table_[at]), false};
            }
        }
        if (free_.empty()) { add_block(); }
        table_[at] = tag | free_.back();
        free_.pop_back();
        ++size_;
        Value& value = value_of(table_[at]);
        value.take_key(key);
        return {&value, true};
    }

    void erase(const Key& key) {
        std::size_t hole = place_of(key);
        if (hole == kNone) { return; }
        Value& value = value_of(table_[hole]);
        std::destroy_at(&value);
        std::construct_at(&value);
        free_.push_back(static_cast<std::uint32_t>(table_[hole]));
        --size_;
        for (std::size_t at = next(hole); table_[at] != 0; at = next(at)) {
            const std::size_t wanted = home(table_[at]);
            const bool stays = hole <= at ? hole < wanted && wanted <= at : hole < wanted || wanted <= at;
            if (stays) { continue; }
            table_[hole] = table_[at];
            hole = at;
        }
        table_[hole] = 0;
    }

    /// Calls `visit(key, value)` for each, in no order. Nothing may be added or erased meanwhile.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (const std::uint64_t entry : table_) {
            if (entry != 0) { visit(value_of(entry).key(), value_of(entry)); }
        }
    }

private:
    // An entry's upper half is of the key's hash: it tells most strangers apart, and where the entry belongs.
    // Its lower half is the value's place in the slab, plus one; all zero: empty.
    static constexpr std::uint64_t kTag = ~std::uint64_t{0} << 32U;
    static constexpr std::size_t kNone = ~std::size_t{0};
    static constexpr std::uint32_t kBlock = 64;  // values in one allocation
    static constexpr std::size_t kRoom = 4;      // entries a value, at least: then most are where they belong

    [[nodiscard]] Value& value_of(std::uint64_t entry) const {
        const std::uint32_t place = static_cast<std::uint32_t>(entry) - 1;
        return blocks_[place / kBlock][place % kBlock];
    }
    void add_block() {
        blocks_.push_back(std::make_unique<Value[]>(kBlock));
        const auto last = static_cast<std::uint32_t>(blocks_.size() * kBlock);
        for (std::uint32_t place = last; place > last - kBlock; --place) { free_.push_back(place); }
    }
    /// Fibonacci hashing of fours: keys with neighbouring hashes, used one after the other, share lines.
    [[nodiscard]] static std::uint64_t entry_of(const Key& key) {
        const std::uint64_t hash = Hash{}(key);
        return ((((hash >> 2U) * 0x9E3779B97F4A7C15ULL) >> 34U) << 34U) | ((hash & 3U) << 32U);
    }
    [[nodiscard]] std::size_t home(std::uint64_t entry) const {
        return static_cast<std::size_t>(entry >> 32U) & (table_.size() - 1);
    }
    [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (table_.size() - 1); }
    [[nodiscard]] std::size_t place_of(const Key& key) const {
        if (size_ == 0) { return kNone; }
        const std::uint64_t tag = entry_of(key);
        for (std::size_t at = home(tag); table_[at] != 0; at = next(at)) {
            if ((table_[at] & kTag) == tag && value_of(table_[at]).key() == key) { return at; }
        }
        return kNone;
    }
    void grow() {
        const std::vector<std::uint64_t> old =
            std::exchange(table_, std::vector<std::uint64_t>(table_.empty() ? 64 : 2 * table_.size()));
        for (const std::uint64_t entry : old) {
            if (entry == 0) { continue; }
            std::size_t at = home(entry);
            while (table_[at] != 0) { at = next(at); }
            table_[at] = entry;
        }
    }

    std::vector<std::uint64_t> table_;  ///< a power of two
    std::vector<std::unique_ptr<Value[]>> blocks_;
    std::vector<std::uint32_t> free_;  ///< places plus one
    std::size_t size_ = 0;
};

}  // namespace nias::core
