/// An intrusive doubly linked list: the links are the members' own `prev` and `next`, so that adding
/// allocates nothing and removing is one step. Used by the cores for queues, held attempts and reports.
///
///     struct Job { Job* prev = nullptr; Job* next = nullptr; };
///     Chain<Job> waiting;
///     waiting.push_back(job);
///     waiting.remove(job);
///
/// A member is in at most one chain at a time, and its links are null outside of one. A chain does not own
/// its members, and a member must leave before it is destroyed. Misuse ends the process: to remove what is in
/// no chain, or to add what is in one (but the only member of another chain, whose links are null, is not
/// noticed).
#pragma once

#include <cstddef>

#include "base/check.hpp"

namespace nias::core {

template <typename T>
class Chain {
public:
    [[nodiscard]] T* front() const noexcept { return front_; }
    [[nodiscard]] T* back() const noexcept { return back_; }
    [[nodiscard]] bool empty() const noexcept { return front_ == nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    void push_back(T& item) noexcept { insert_before(nullptr, item); }

    /// Adds `item` before `where`, a member; at the end when `where` is null.
    void insert_before(T* where, T& item) noexcept {
        NIAS_CHECK(item.prev == nullptr && item.next == nullptr && front_ != &item,
                   "it is in a chain already");
        item.next = where;
        item.prev = where == nullptr ? back_ : where->prev;
        (item.prev == nullptr ? front_ : item.prev->next) = &item;
        (where == nullptr ? back_ : where->prev) = &item;
        ++size_;
    }

    void remove(T& item) noexcept {
        NIAS_CHECK(item.prev != nullptr || front_ == &item, "it is not in this chain");
        (item.prev == nullptr ? front_ : item.prev->next) = item.next;
        (item.next == nullptr ? back_ : item.next->prev) = item.prev;
        item.prev = item.next = nullptr;
        --size_;
    }

private:
    T* front_ = nullptr;
    T* back_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace nias::core
