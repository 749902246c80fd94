/// Runs: how lists of tasks, outcomes and events travel, and how the cores hold them. Neighbours mostly
/// differ in their ids and in what they carry; what they share is said, kept and looked at once. Values; used
/// by the messages, the codec and the cores.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include <nias/task.hpp>

#include "wire/event.hpp"

namespace nias::wire {

/// Strings of bytes, one behind the other in one piece of memory.
class Parts {
public:
    [[nodiscard]] std::size_t size() const { return ends_.size(); }
    [[nodiscard]] bool empty() const { return ends_.empty(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }  ///< bytes of all payloads together
    [[nodiscard]] std::span<const std::uint8_t> operator[](std::size_t i) const {
        const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
        return {bytes_.data() + begin, ends_[i] - begin};
    }
    void reserve(std::size_t parts, std::size_t bytes) {
        ends_.reserve(parts);
        bytes_.reserve(bytes);
    }
    void push_back(std::span<const std::uint8_t> part) {
        bytes_.insert(bytes_.end(), part.begin(), part.end());
        ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    }
    /// So many; those that are new are empty.
    void resize(std::size_t parts) {
        if (parts < ends_.size()) { bytes_.resize(parts == 0 ? 0 : ends_[parts - 1]); }
        ends_.resize(parts, static_cast<std::uint32_t>(bytes_.size()));
    }
    bool operator==(const Parts&) const = default;

private:
    Bytes bytes_;  ///< less than 4 GiB
    std::vector<std::uint32_t> ends_;
};

/// The bytes that an item carries of its own beside its id; null: it has no place for any.
inline Bytes* carried(Task& task) { return &task.payload; }
inline Bytes* carried(Outcome& outcome) { return &outcome.output; }
inline Bytes* carried(Event& event) { return event.outcome ? &event.outcome->output : nullptr; }
template <typename T>
const Bytes* carried(const T& item) {
    return carried(const_cast<T&>(item));  // NOLINT(cppcoreguidelines-pro-type-const-cast): read only
}

inline void set_id(Task& task, const TaskId& id) { task.id = id; }
inline void set_id(Outcome& outcome, const TaskId& id) { outcome.id = id; }
inline void set_id(Event& event, const TaskId& id) {
    event.id = id;
    if (event.outcome) { event.outcome->id = id; }
}

/// Whether two are the same but for their ids and what they carry.
[[nodiscard]] bool alike(const Task& first, const Task& second);
[[nodiscard]] bool alike(const Outcome& first, const Outcome& second);
[[nodiscard]] bool alike(const Event& first, const Event& second);
/// Bytes of an item's text. Items with more than kSharedBytesMax of it share no run.
[[nodiscard]] std::size_t text_bytes(const Task& task);
[[nodiscard]] std::size_t text_bytes(const Outcome& outcome);
[[nodiscard]] std::size_t text_bytes(const Event& event);
[[nodiscard]] bool may_share(std::size_t text_bytes);

/// Items that share all but their ids and what they carry.
template <typename T>
struct Run {
    T shared;  ///< without an id, carrying nothing
    std::vector<TaskId> ids;
    Parts carried;  ///< one an id; or none, where none of them carries anything

    [[nodiscard]] std::size_t size() const { return ids.size(); }
    [[nodiscard]] std::span<const std::uint8_t> carried_of(std::size_t i) const {
        return carried.empty() ? std::span<const std::uint8_t>() : carried[i];
    }
    void add(const TaskId& id, std::span<const std::uint8_t> carries) {
        if (carried.empty() && !carries.empty()) { carried.resize(ids.size()); }
        if (!carried.empty() || !carries.empty()) { carried.push_back(carries); }
        ids.push_back(id);
    }
    /// Makes an item that began as a copy of `shared` the one in this place.
    void fill(T& item, std::size_t i) const {
        set_id(item, ids[i]);
        const auto own = carried_of(i);
        if (Bytes* const place = wire::carried(item)) { place->assign(own.begin(), own.end()); }
    }
    [[nodiscard]] T item(std::size_t i) const {
        T one = shared;
        fill(one, i);
        return one;
    }
    bool operator==(const Run&) const = default;
};

/// A list of items, as runs. Reads like a list of values.
template <typename T>
class Runs {
public:
    Runs() = default;
    Runs(std::initializer_list<T> items) {
        for (const T& item : items) { push_back(item); }
    }
    Runs(const Runs&) = default;
    Runs& operator=(const Runs&) = default;
    Runs(Runs&& other) noexcept : runs_(std::move(other.runs_)) { take_rest(other); }
    Runs& operator=(Runs&& other) noexcept {
        runs_ = std::move(other.runs_);
        take_rest(other);
        return *this;
    }
    ~Runs() = default;
    Runs(const std::vector<T>& items) {  // NOLINT(google-explicit-constructor): the same list
        for (const T& item : items) { push_back(item); }
    }

    [[nodiscard]] std::size_t size() const { return size_; }  ///< in items
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] const std::vector<Run<T>>& runs() const { return runs_; }
    void clear() {
        runs_.clear();
        size_ = 0;
        shares_ = false;
    }
    void push_back(const T& item) {
        const Bytes* const own = wire::carried(item);
        begin_or_continue(item).add(item.id, own == nullptr ? std::span<const std::uint8_t>() : *own);
        ++size_;
    }
    void add(Run<T>&& run) {
        size_ += run.size();
        runs_.push_back(std::move(run));
        shares_ = false;
    }
    void add(Runs&& other) {
        other.hand_out([this](Run<T>&& run) { add(std::move(run)); });
    }
    /// Gives each run to `take(Run&&)`, and keeps none.
    template <typename Take>
    void hand_out(Take take) {
        for (Run<T>& run : runs_) { take(std::move(run)); }
        clear();
    }
    /// Calls `change(shared)` for each run.
    template <typename Change>
    void change_shared(Change change) {
        for (Run<T>& run : runs_) { change(run.shared); }
    }

    class Iterator {
    public:
        // NOLINTBEGIN(readability-identifier-naming): the standard library asks for these names
        using iterator_category = std::input_iterator_tag;
        using value_type = T;
        using difference_type = std::ptrdiff_t;
        using pointer = const T*;
        using reference = T;
        // NOLINTEND(readability-identifier-naming)

        Iterator(const Runs& list, std::size_t run) : list_(&list), run_(run) {}
        T operator*() const { return list_->runs_[run_].item(item_); }
        Iterator& operator++() {
            if (++item_ == list_->runs_[run_].size()) {
                ++run_;
                item_ = 0;
            }
            return *this;
        }
        bool operator==(const Iterator& other) const { return run_ == other.run_ && item_ == other.item_; }

    private:
        const Runs* list_;
        std::size_t run_;
        std::size_t item_ = 0;
    };
    // NOLINTBEGIN(readability-identifier-naming): as above
    using value_type = T;
    using const_iterator = Iterator;
    using const_reference = T;
    // NOLINTEND(readability-identifier-naming)
    [[nodiscard]] Iterator begin() const { return {*this, 0}; }
    [[nodiscard]] Iterator end() const { return {*this, runs_.size()}; }
    [[nodiscard]] T front() const { return runs_.front().item(0); }
    [[nodiscard]] T back() const { return runs_.back().item(runs_.back().size() - 1); }
    [[nodiscard]] T operator[](std::size_t i) const {
        auto run = runs_.begin();
        for (; i >= run->size(); ++run) { i -= run->size(); }
        return run->item(i);
    }
    /// The same items in the same order, however they are split.
    bool operator==(const Runs& other) const {
        return runs_ == other.runs_ || (size_ == other.size_ && std::equal(begin(), end(), other.begin()));
    }

private:
    void take_rest(Runs& other) {
        size_ = std::exchange(other.size_, 0);
        shares_ = std::exchange(other.shares_, false);
        other.runs_.clear();
    }
    Run<T>& begin_or_continue(const T& item) {
        if (shares_ && alike(runs_.back().shared, item)) { return runs_.back(); }
        Run<T>& run = runs_.emplace_back();
        run.shared = item;
        set_id(run.shared, {});
        if (Bytes* const place = wire::carried(run.shared)) { *place = {}; }
        shares_ = may_share(text_bytes(item));
        return run;
    }

    std::vector<Run<T>> runs_;  ///< none is empty
    std::size_t size_ = 0;
    bool shares_ = false;  ///< whether the last one may take more
};

/// A task in parts, which stay where they are. Neighbours with the same `shared` and attempt share a run.
struct TaskParts {
    const TaskId* id = nullptr;
    std::span<const std::uint8_t> payload;
    const Task* shared = nullptr;  ///< all else of the task but its attempt
    Attempt attempt = 1;

    [[nodiscard]] Task task() const {
        Task whole = *shared;
        whole.id = *id;
        whole.attempt = attempt;
        whole.payload.assign(payload.begin(), payload.end());
        return whole;
    }
};

}  // namespace nias::wire
