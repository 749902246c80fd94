#include "wire/task_rules.hpp"

#include <algorithm>
#include <concepts>
#include <optional>
#include <string_view>
#include <type_traits>

#include "wire/fields.hpp"
#include "wire/limits.hpp"

namespace nias::wire {
namespace {

/// Visits the fields of a record with the bounds that the reader enforces, and keeps the first that is
/// passed.
class FirstFault {
public:
    template <typename Record>
    void look_into(const Record& record) {
        fields(*this,
               const_cast<Record&>(record));  // NOLINT(cppcoreguidelines-pro-type-const-cast): read only
    }
    template <typename T, typename... Bounds>
    void operator()(std::string_view key, const T& value, Bounds... bounds) {
        if (words_.empty()) { look(key, value, bounds...); }
    }
    [[nodiscard]] const std::string& words() const { return words_; }

private:
    void passes(std::string_view key, std::size_t has, std::string_view of, std::uint64_t most) {
        words_ = path_ + std::string(key) + (of.empty() ? " is " : " has ") + std::to_string(has) +
                 std::string(of) + "; at most " + std::to_string(most) + " may be";
    }
    void look(std::string_view key, const std::string& text, std::size_t most) {
        if (text.size() > most) { passes(key, text.size(), " bytes", most); }
    }
    template <std::unsigned_integral T>
    void look(std::string_view key, const T& number, std::uint64_t most) {
        if (number > most) { passes(key, number, {}, most); }
    }
    void look(std::string_view key, const CountedResources& list, std::size_t most) {
        if (list.size() > most) { return passes(key, list.size(), " items", most); }
        for (const CountedResource& one : list) { inside(key, one); }
    }
    template <typename T>
    void look(std::string_view key, const std::optional<T>& value) {
        if (value) { inside(key, *value); }
    }
    template <typename T>
    void look(std::string_view key, const T& value) {
        if constexpr (requires(FirstFault & self, T & record) { fields(self, record); }) {
            inside(key, value);
        } else {
            static_assert(std::is_trivially_copyable_v<T>, "what may be long has a bound");
        }
    }
    template <typename Record>
    void inside(std::string_view key, const Record& record) {
        const std::size_t length = path_.size();
        path_ += std::string(key) + ".";
        look_into(record);
        path_.resize(length);
    }

    std::string path_;
    std::string words_;
};

// It stands in the logs of every program, so it has nothing that a log or a shell reads as anything else.
std::string fault_of_request(std::string_view request) {
    const bool is_word = std::all_of(request.begin(), request.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               c == '-' || c == '.';
    });
    return is_word ? std::string()
                   : "request may have letters, digits, _, - and . alone, since it stands in logs";
}

std::string fault_of_group(const Task& task) {
    if (task.group == TaskId{}) {
        return task.group_size == 0 ? std::string()
                                    : "group_size is " + std::to_string(task.group_size) +
                                          ", and the task names no group: give it one, or leave that 0";
    }
    return task.id == TaskId{} ? std::string() : fault_of_member(task.id, task);
}

}  // namespace

std::string fault_of_member(const TaskId& id, const Task& shared) {
    const std::uint32_t index = id.index();
    const std::uint32_t end = shared.group_size == 0 ? kGroupIndexMax + 1 : shared.group_size;
    if (shared.group == TaskId{} || index < end) { return {}; }
    return "the task's id ends with the index " + std::to_string(index) + ", and its group has " +
           (shared.group_size == 0 ? "indexes up to " + std::to_string(kGroupIndexMax)
                                   : std::to_string(shared.group_size) + " tasks, from 0 on") +
           ": make the id with TaskId::member()";
}

std::string fault_of(const Task& task) {
    if (task.owner.empty()) { return "owner is empty: the task has no owner, name one"; }
    FirstFault fault;
    fault.look_into(task);
    if (!fault.words().empty()) { return fault.words(); }
    if (task.payload.size() > kInlineMax) {
        return "payload has " + std::to_string(task.payload.size()) + " bytes; at most " +
               std::to_string(kInlineMax) + " may be: send it as a blob";
    }
    if (task.spec.max_attempts == 0 || task.spec.max_attempts > kAttemptsMax) {
        return "spec.max_attempts is " + std::to_string(task.spec.max_attempts) + "; it may be 1 to " +
               std::to_string(kAttemptsMax);
    }
    if (task.spec.max_failures > kFailuresMax) {
        return "spec.max_failures is " + std::to_string(task.spec.max_failures) + "; it may be at most " +
               std::to_string(kFailuresMax);
    }
    if (std::string words = fault_of_request(task.request); !words.empty()) { return words; }
    if (std::string words = fault_of_group(task); !words.empty()) { return words; }
    if (task.spec.lease_s > kLeaseMaxS) {
        return "spec.lease_s is " + std::to_string(task.spec.lease_s) + "; it may be at most " +
               std::to_string(kLeaseMaxS) + ", a week";
    }
    const Status counted = check(task.spec.resources.counted);
    return counted ? std::string() : counted.error().message;
}

}  // namespace nias::wire
