/// A doubly linked list through its members' own `prev` and `next`: no allocation, removal in one step.
/// Used by the cores for queues, held attempts and reports. A member is in one chain at a time.
#pragma once

#include <cstddef>

namespace nias::core {

template <typename T>
class Chain {
public:
    [[nodiscard]] T* front() const noexcept { return front_; }
    [[nodiscard]] T* back() const noexcept { return back_; }
    [[nodiscard]] bool empty() const noexcept { return front_ == nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    void push_back(T& item) noexcept { insert_before(nullptr, item); }

    /// Before `where`; at the end when that is null.
    void insert_before(T* where, T& item) noexcept {
        item.next = where;
        item.prev = where == nullptr ? back_ : where->prev;
        (item.prev == nullptr ? front_ : item.prev->next) = &item;
        (where == nullptr ? back_ : where->prev) = &item;
        ++size_;
    }

    void remove(T& item) noexcept {
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
