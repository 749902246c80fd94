/// A hash map for what is added and removed with every task: keys in one flat table (open addressing, linear
/// probing, deletion by shifting back: Knuth, TAOCP 3, 6.4 R), values in a slab that never moves them and
/// uses first what was freed last. Used by the cores and the submitter. A resource; one thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace nias::core {

template <typename Key, typename Value, typename Hash = std::hash<Key>>
class SlabMap {
public:
    SlabMap() = default;
    SlabMap(const SlabMap&) = delete;  // others point at its values
    SlabMap& operator=(const SlabMap&) = delete;

    /// The value, at an address that stays until it is erased; null where there is none.
    [[nodiscard]] Value* find(const Key& key) {
        const std::size_t at = place_of(key);
        return at == kNone ? nullptr : &at_place(table_[at].value);
    }
    [[nodiscard]] const Value* find(const Key& key) const {
        const std::size_t at = place_of(key);
        return at == kNone ? nullptr : &at_place(table_[at].value);
    }
    /// Calls the place of a key into the cache, and expect_value() what is there: for loops that know their
    /// keys.
    void expect(const Key& key) const {
        if (!table_.empty()) { __builtin_prefetch(&table_[home(key)]); }
    }
    void expect_value(const Key& key) const {
        const std::size_t at = place_of(key);
        if (at == kNone) { return; }
        const auto* value = reinterpret_cast<const char*>(&at_place(table_[at].value));
        for (std::size_t line = 0; line < sizeof(Value); line += 64) { __builtin_prefetch(value + line, 1); }
    }
    [[nodiscard]] bool contains(const Key& key) const { return place_of(key) != kNone; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] Value& operator[](const Key& key) { return *try_emplace(key).first; }

    /// The value, and whether it was made by this call.
    std::pair<Value*, bool> try_emplace(const Key& key) {
        if (2 * (size_ + 1) > table_.size()) { grow(); }
        std::size_t at = home(key);
        for (; table_[at].value != 0; at = next(at)) {
            if (table_[at].key == key) { return {&at_place(table_[at].value), false}; }
        }
        if (free_.empty()) { add_block(); }
        table_[at] = {key, free_.back()};
        free_.pop_back();
        ++size_;
        return {&at_place(table_[at].value), true};
    }

    void erase(const Key& key) {
        std::size_t hole = place_of(key);
        if (hole == kNone) { return; }
        Value& value = at_place(table_[hole].value);
        std::destroy_at(&value);
        std::construct_at(&value);
        free_.push_back(table_[hole].value);
        --size_;
        for (std::size_t at = next(hole); table_[at].value != 0; at = next(at)) {
            const std::size_t wanted = home(table_[at].key);
            const bool stays = hole <= at ? hole < wanted && wanted <= at : hole < wanted || wanted <= at;
            if (stays) { continue; }
            table_[hole] = table_[at];
            hole = at;
        }
        table_[hole].value = 0;
    }

    /// Calls `visit(key, value)` for each, in no order. Nothing may be added or erased meanwhile.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (const Entry& entry : table_) {
            if (entry.value != 0) { visit(entry.key, at_place(entry.value)); }
        }
    }

private:
    struct Entry {
        Key key{};
        std::uint32_t value = 0;  ///< place in the slab, plus one; 0: empty
    };
    static constexpr std::size_t kNone = ~std::size_t{0};
    static constexpr std::uint32_t kBlock = 64;  // values in one allocation

    [[nodiscard]] Value& at_place(std::uint32_t place) const {
        return blocks_[(place - 1) / kBlock][(place - 1) % kBlock];
    }
    void add_block() {
        blocks_.push_back(std::make_unique<Value[]>(kBlock));
        const auto last = static_cast<std::uint32_t>(blocks_.size() * kBlock);
        for (std::uint32_t place = last; place > last - kBlock; --place) { free_.push_back(place); }
    }
    [[nodiscard]] std::size_t home(const Key& key) const {
        // Fibonacci hashing of fours: keys with neighbouring hashes, used one after the other, share lines.
        const std::uint64_t hash = Hash{}(key);
        return (static_cast<std::size_t>(((hash >> 2U) * 0x9E3779B97F4A7C15ULL) >> shift_) &
                ~std::size_t{3}) |
               (hash & 3U);
    }
    [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (table_.size() - 1); }
    [[nodiscard]] std::size_t place_of(const Key& key) const {
        if (size_ == 0) { return kNone; }
        for (std::size_t at = home(key); table_[at].value != 0; at = next(at)) {
            if (table_[at].key == key) { return at; }
        }
        return kNone;
    }
    void grow() {
        std::vector<Entry> old =
            std::exchange(table_, std::vector<Entry>(table_.empty() ? 64 : 2 * table_.size()));
        shift_ = static_cast<unsigned>(std::countl_zero(table_.size())) + 1;
        for (const Entry& entry : old) {
            if (entry.value == 0) { continue; }
            std::size_t at = home(entry.key);
            while (table_[at].value != 0) { at = next(at); }
            table_[at] = entry;
        }
    }

    std::vector<Entry> table_;  ///< a power of two, at most half full
    std::vector<std::unique_ptr<Value[]>> blocks_;
    std::vector<std::uint32_t> free_;  ///< places plus one
    std::size_t size_ = 0;
    unsigned shift_ = 64;
};

}  // namespace nias::core
