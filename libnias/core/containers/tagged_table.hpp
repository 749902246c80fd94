/// A flat hash table from keys to numbers, for SlabMap and EndedTasks: open addressing, linear probing,
/// deletion by shifting back (Knuth, TAOCP 3, 6.4 R). It stores no keys. An entry is one word: the upper half
/// is taken from the key's hash, says where the entry belongs and tells most other keys apart; the lower half
/// is the number plus one. An empty entry is zero. Its owner compares keys, and says how full it may be. One
/// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nias::core {

class TaggedTable {
public:
    static constexpr std::size_t kNone = ~std::size_t{0};

    /// `size`: a power of two, or none.
    explicit TaggedTable(std::size_t size = 0) : entries_(size) {}

    /// Fibonacci hashing of all but the lowest three bits, which are kept: eight keys with neighbouring
    /// hashes, which are used one after the other, lie in one cache line.
    [[nodiscard]] static std::uint64_t tag_of(std::uint64_t hash) {
        return ((((hash >> 3U) * 0x9E3779B97F4A7C15ULL) >> 35U) << 35U) | ((hash & 7U) << 32U);
    }

    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    /// Which number a place holds.
    [[nodiscard]] std::uint32_t number_at(std::size_t place) const {
        return static_cast<std::uint32_t>(entries_[place]) - 1;
    }
    /// The place of the first entry with this tag whose number `is_it`; kNone: there is none.
    template <typename IsIt>
    [[nodiscard]] std::size_t find(std::uint64_t tag, IsIt is_it) const {
        if (entries_.empty()) { return kNone; }
        for (std::size_t at = home(tag); entries_[at] != 0; at = next(at)) {
            if ((entries_[at] & kTag) == tag && is_it(number_at(at))) { return at; }
        }
        return kNone;
    }
    /// Adds a key that is not in the table. The caller keeps one place empty.
    void add(std::uint64_t tag, std::uint32_t number) { put(tag | (std::uint64_t{number} + 1)); }
    void erase(std::size_t hole) {
        for (std::size_t at = next(hole); entries_[at] != 0; at = next(at)) {
            const std::size_t wanted = home(entries_[at]);
            const bool stays = hole <= at ? hole < wanted && wanted <= at : hole < wanted || wanted <= at;
            if (stays) { continue; }
            entries_[hole] = entries_[at];
            hole = at;
        }
        entries_[hole] = 0;
    }
    /// The same entries in a table of another size.
    void resize(std::size_t size) {
        TaggedTable larger(size);
        for_each_entry([&larger](std::uint64_t entry) { larger.put(entry); });
        entries_.swap(larger.entries_);
    }
    /// Prefetches the entry where a tag belongs.
    void expect(std::uint64_t tag) const {
        if (!entries_.empty()) { __builtin_prefetch(&entries_[home(tag)]); }
    }
    /// Calls `visit(number)` for each, in no order.
    template <typename Visit>
    void for_each(Visit visit) const {
        for_each_entry([&visit](std::uint64_t entry) { visit(static_cast<std::uint32_t>(entry) - 1); });
    }

private:
    static constexpr std::uint64_t kTag = ~std::uint64_t{0} << 32U;

    template <typename Visit>
    void for_each_entry(Visit visit) const {
        for (const std::uint64_t entry : entries_) {
            if (entry != 0) { visit(entry); }
        }
    }
    void put(std::uint64_t entry) {
        std::size_t at = home(entry);
        while (entries_[at] != 0) { at = next(at); }
        entries_[at] = entry;
    }
    [[nodiscard]] std::size_t home(std::uint64_t entry) const {
        return static_cast<std::size_t>(entry >> 32U) & (entries_.size() - 1);
    }
    [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (entries_.size() - 1); }

    static_assert(8 * sizeof(std::uint64_t) == 64, "eight neighbours are one cache line");

    std::vector<std::uint64_t> entries_;
};

}  // namespace nias::core
