/// An INSERT that takes many rows: prepared for one row and for kRows of them, since a statement costs SQLite
/// as much as the row it adds; and the items of runs for it, in turn. Private to the store. One thread at a
/// time.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "store/sqlite/database.hpp"

namespace nias::store {

class Insert {
public:
    static constexpr std::size_t kRows = 32;

    /// `head`: up to and with VALUES; `columns`: of a row.
    static Result<Insert> prepare(Database& database, const std::string& head, std::size_t columns) {
        std::string row = "(?";
        for (std::size_t i = 1; i < columns; ++i) { row += ",?"; }
        row += ")";
        std::string rows = row;
        for (std::size_t i = 1; i < kRows; ++i) { rows += "," + row; }
        auto one = database.prepare(head + row);
        if (!one) { return one.error(); }
        auto many = database.prepare(head + rows);
        if (!many) { return many.error(); }
        return Insert(std::move(*one), std::move(*many));
    }

    /// Calls `bind(statement, i)`, which gives a Status, for each of `count` rows: it binds that row's
    /// columns, and what it binds stays where it is until rows() returns. How many were added, where some may
    /// be there. The first error ends it; what stands by then is the caller's to roll back.
    template <typename Bind>
    [[nodiscard]] Result<std::size_t> rows(std::size_t count, Bind bind) {
        std::size_t added = 0;
        for (std::size_t i = 0; i < count;) {
            const bool full = count - i >= kRows;
            Statement& statement = (full ? many_ : one_).begin();
            for (const std::size_t end = i + (full ? kRows : 1); i < end; ++i) {
                if (auto bound = bind(statement, i); !bound) { return bound.error(); }
            }
            if (auto run = statement.run(); !run) { return run.error(); }
            added += statement.changed();
        }
        return added;
    }

private:
    Insert(Statement one, Statement many) : one_(std::move(one)), many_(std::move(many)) {}
    Statement one_;
    Statement many_;
};

/// Goes through the items of runs, one behind the other: what rows() asks for in turn.
template <typename Of, typename Size>
class EachOfRuns {
public:
    EachOfRuns(std::span<const Of> runs, Size size) : runs_(runs), size_(size) {}
    [[nodiscard]] std::size_t count() const {
        std::size_t items = 0;
        for (const Of& run : runs_) { items += size_(run); }
        return items;
    }
    /// The next item: what its run belongs to, and its place in it. At most count() times.
    std::pair<const Of&, std::size_t> next() {
        while (item_ == size_(runs_[run_])) {
            ++run_;
            item_ = 0;
        }
        return {runs_[run_], item_++};
    }

private:
    std::span<const Of> runs_;
    Size size_;
    std::size_t run_ = 0;
    std::size_t item_ = 0;
};

}  // namespace nias::store
