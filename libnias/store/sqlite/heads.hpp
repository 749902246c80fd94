/// Writes what many rows share once, as a row of its own: their «head». It finds the heads written lately by
/// their content. Used by the ledger and the results; private to the store. One thread at a time.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "store/sqlite/database.hpp"

namespace nias::store {

/// `Head` is a tuple of a head's columns in their order; its texts may be views of what is the caller's.
template <typename Head>
class Heads {
public:
    /// Heads that are remembered, at most. One that is forgotten and comes again is written again.
    static constexpr std::size_t kKnownMax = 32;

    /// `table` has the key `head` and `columns`, a list with commas.
    static Result<Heads> prepare(Database& database, const std::string& table, std::string_view columns) {
        std::string sql = "INSERT INTO " + table + " (head, " + std::string(columns) + ") VALUES (?";
        const auto count = 1 + std::count(columns.begin(), columns.end(), ',');
        for (std::ptrdiff_t i = 0; i < count; ++i) { sql += ",?"; }
        auto add = database.prepare(sql + ")");
        if (!add) { return add.error(); }
        auto largest = database.prepare("SELECT coalesce(max(head), 0) FROM " + table);
        if (!largest) { return largest.error(); }
        if (auto row = largest->step(); !row) { return row.error(); }
        return Heads(std::move(*add), largest->integer());
    }

    /// The number of the head that says this: written within the transaction under way where none is known.
    [[nodiscard]] Result<std::int64_t> number(const Head& head) {
        const auto says = [&head](const Known& known) { return known.head == head; };
        if (last_ < known_.size() && says(known_[last_])) { return known_[last_].number; }
        if (const auto found = std::find_if(known_.begin(), known_.end(), says); found != known_.end()) {
            last_ = static_cast<std::size_t>(found - known_.begin());
            return found->number;
        }
        add_.begin().bind(largest_ + 1);
        std::apply([this](const auto&... values) { (bind(add_, values), ...); }, head);
        if (auto added = add_.run(); !added) { return added.error(); }
        if (known_.size() < kKnownMax) { known_.emplace_back(); }
        last_ = std::exchange(oldest_, (oldest_ + 1) % kKnownMax);
        known_[last_] = {own(head), ++largest_};
        return largest_;
    }

    /// After a transaction that was rolled back: what it wrote is not there.
    void forget() {
        known_.clear();
        oldest_ = 0;
    }

private:
    /// A head that owns its texts.
    template <typename... Columns>
    static auto own(const std::tuple<Columns...>& head) {
        using Own =
            std::tuple<std::conditional_t<std::same_as<Columns, std::string_view>, std::string, Columns>...>;
        return std::apply([](const Columns&... values) { return Own(values...); }, head);
    }
    struct Known {
        decltype(own(std::declval<const Head&>())) head;
        std::int64_t number = 0;
    };

    Heads(Statement add, std::int64_t largest) : add_(std::move(add)), largest_(largest) {}

    static void bind(Statement& row, const std::optional<BlobRef>& blob) { bind_blob(row, blob); }
    static void bind(Statement& row, const std::optional<TaskId>& id) {
        if (id) {
            bind_id(row, *id);
        } else {
            row.bind_null();
        }
    }
    template <typename Column>
    static void bind(Statement& row, const Column& value) {
        row.bind(value);
    }

    Statement add_;
    std::int64_t largest_;  ///< number of a head; a number that was rolled back is not used again
    std::vector<Known> known_;
    std::size_t last_ = 0;    ///< index in known_ of the head asked for last
    std::size_t oldest_ = 0;  ///< the next one to be forgotten
};

}  // namespace nias::store
