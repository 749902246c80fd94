/// Runs: how lists of tasks, outcomes and events stand on the wire. Neighbours mostly differ in their ids and
/// in what they carry; what they share is said once. Private to the codec and the tests that describe it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "wire/fields.hpp"

namespace nias::wire {

/// A list of these is a list of runs [ids, what each carries, fields()].
template <typename T>
inline constexpr bool kInRuns =
    std::is_same_v<T, Task> || std::is_same_v<T, Outcome> || std::is_same_v<T, Event>;

/// What an item of a run carries of its own beside its id; null: there is no place for it.
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

/// Visits the fields of one record, and compares each with that of another.
template <typename Record>
class Comparison {
public:
    Comparison(const Record& first, const Record& second) : first_(&first), second_(&second) {}

    template <typename T, typename... Bounds>
    void operator()(std::string_view, const T& value, Bounds...) {
        if (!alike_) { return; }
        const auto offset = reinterpret_cast<const char*>(&value) - reinterpret_cast<const char*>(first_);
        alike_ = same(value, *reinterpret_cast<const T*>(reinterpret_cast<const char*>(second_) + offset));
    }
    static bool of(const Record& first, const Record& second) {
        Comparison comparison(first, second);
        fields(comparison, const_cast<Record&>(first));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
        return comparison.alike_;
    }

private:
    template <typename T>
    static bool same(const T& a, const T& b) {
        return a == b;
    }
    static bool same(const std::optional<Outcome>& a, const std::optional<Outcome>& b) {
        return a.has_value() == b.has_value() && (!a || Comparison<Outcome>::of(*a, *b));
    }

    const Record* first_;
    const Record* second_;
    bool alike_ = true;
};

/// Visits the fields of a record, and counts their text: much of it is not shared by many items, since a
/// receiver gives each its own. Never more than the record takes on the wire.
class SharedBytes {
public:
    template <typename T, typename... Bounds>
    void operator()(std::string_view, const T& value, Bounds...) {
        add(value);
    }
    template <typename Record>
    static std::size_t of(const Record& record) {
        SharedBytes bytes;
        fields(bytes, const_cast<Record&>(record));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
        return bytes.count_;
    }

private:
    void add(const std::string& text) { count_ += text.size(); }
    void add(const std::vector<std::string>& list) {
        for (const std::string& text : list) { count_ += 1 + text.size(); }
    }
    void add(const TaskSpec& spec) { count_ += of(spec); }
    void add(const CountedResources& list) {
        for (const CountedResource& item : list) { count_ += item.name.size(); }
    }
    void add(const std::optional<Outcome>& outcome) { count_ += outcome ? of(*outcome) : 0; }
    template <typename T>
    void add(const T&) {
        static_assert(std::is_trivially_copyable_v<T>, "what has memory of its own is counted");
    }

    std::size_t count_ = 0;
};

/// Whether an item may stand in one run with the one before it.
template <typename T>
bool continues(const T& before, const T& item) {
    return Comparison<T>::of(before, item) && SharedBytes::of(item) <= kSharedBytesMax;
}

}  // namespace nias::wire
