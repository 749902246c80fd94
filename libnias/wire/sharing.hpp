/// Compares two records field by field, as runs.hpp asks it of tasks, outcomes and events. Private
/// to wire.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "wire/fields.hpp"

namespace nias::wire {

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

}  // namespace nias::wire
