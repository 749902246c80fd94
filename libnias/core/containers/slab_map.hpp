/// A hash map for what is added and removed with every task: values in a slab that never moves them and uses
/// first what was freed last, found by a TaggedTable. Used by the cores and the submitter. A resource; one
/// thread.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/containers/tagged_table.hpp"

namespace nias::core {

/// A value that holds its own key, so that the table need not.
template <typename Value, typename Key>
concept Keyed = requires(Value& value, const Value& fixed, const Key& key) {
    { fixed.key() } -> std::same_as<const Key&>;
    value.set_key(key);
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
        return at == TaggedTable::kNone ? nullptr : &value_of(table_.number_at(at));
    }
    [[nodiscard]] const Value* find(const Key& key) const {
        const std::size_t at = place_of(key);
        return at == TaggedTable::kNone ? nullptr : &value_of(table_.number_at(at));
    }
    /// Prefetches the table's entry of a key; expect_value() prefetches the value. For loops that know which
    /// keys come next (decision 0005).
    void expect(const Key& key) const { table_.expect(tag_of(key)); }
    void expect_value(const Key& key) const {
        const std::size_t at = table_.find(tag_of(key), [](std::uint32_t) { return true; });
        if (at == TaggedTable::kNone) { return; }
        const auto* value = reinterpret_cast<const char*>(&value_of(table_.number_at(at)));
        for (std::size_t line = 0; line < kExpected; line += 64) { __builtin_prefetch(value + line, 1); }
    }
    [[nodiscard]] bool contains(const Key& key) const { return place_of(key) != TaggedTable::kNone; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] Value& operator[](const Key& key) { return *try_emplace(key).first; }

    /// The value, and whether it was made by this call. Its key is never changed.
    std::pair<Value*, bool> try_emplace(const Key& key) {
        if (Value* const there = find(key)) { return {there, false}; }
        if (kRoom * (size_ + 1) > table_.size()) {
            table_.resize(table_.size() == 0 ? 64 : 2 * table_.size());
        }
        if (free_.empty()) { add_block(); }
        const std::uint32_t number = free_.back();
        free_.pop_back();
        table_.add(tag_of(key), number);
        ++size_;
        Value& value = value_of(number);
        value.set_key(key);
        return {&value, true};
    }

    void erase(const Key& key) {
        const std::size_t at = place_of(key);
        if (at == TaggedTable::kNone) { return; }
        const std::uint32_t number = table_.number_at(at);
        Value& value = value_of(number);
        std::destroy_at(&value);
        std::construct_at(&value);
        free_.push_back(number);
        table_.erase(at);
        --size_;
    }

    /// Calls `visit(key, value)` for each, in no order. Nothing may be added or erased meanwhile.
    template <typename Visit>
    void for_each(Visit visit) const {
        table_.for_each([&](std::uint32_t number) { visit(value_of(number).key(), value_of(number)); });
    }

private:
    /// Bytes at the beginning of a value that expect_value() prefetches.
    static constexpr std::size_t kExpected = [] {
        if constexpr (requires { Value::kHotBytes; }) {
            return Value::kHotBytes;
        } else {
            return sizeof(Value);
        }
    }();
    static constexpr std::uint32_t kBlock = 64;  // values in one allocation
    static constexpr std::size_t kRoom = 4;      // entries a value, at least: then most are where they belong

    [[nodiscard]] static std::uint64_t tag_of(const Key& key) { return TaggedTable::tag_of(Hash{}(key)); }
    [[nodiscard]] Value& value_of(std::uint32_t number) const {
        return blocks_[number / kBlock][number % kBlock];
    }
    [[nodiscard]] std::size_t place_of(const Key& key) const {
        return table_.find(tag_of(key), [&](std::uint32_t number) { return value_of(number).key() == key; });
    }
    void add_block() {
        blocks_.push_back(std::make_unique<Value[]>(kBlock));
        const auto behind = static_cast<std::uint32_t>(blocks_.size() * kBlock);
        for (std::uint32_t number = behind; number > behind - kBlock; --number) {
            free_.push_back(number - 1);
        }
    }

    TaggedTable table_;
    std::vector<std::unique_ptr<Value[]>> blocks_;
    std::vector<std::uint32_t> free_;  ///< numbers of values
    std::size_t size_ = 0;
};

}  // namespace nias::core
