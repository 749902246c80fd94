// Texts of the vocabulary: how ids, states and codes are printed and read.
#include <algorithm>
#include <array>
#include <utility>

#include <nias/task.hpp>

namespace nias {
inline namespace v1 {
namespace {

template <std::size_t N>
std::string to_hex(const std::array<std::uint8_t, N>& bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(2 * N);
    for (const std::uint8_t byte : bytes) {
        out.push_back(digits[byte >> 4U]);
        out.push_back(digits[byte & 15U]);
    }
    return out;
}

int digit_of(char c) {
    if (c >= '0' && c <= '9') { return c - '0'; }
    if (c >= 'a' && c <= 'f') { return c - 'a' + 10; }
    return -1;
}

template <std::size_t N>
bool from_hex(std::string_view text, std::array<std::uint8_t, N>& out) {
    if (text.size() != 2 * N) { return false; }
    for (std::size_t i = 0; i < N; ++i) {
        const int high = digit_of(text[2 * i]);
        const int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0) { return false; }
        out[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

constexpr std::array kStateNames{"queued", "assigned",  "running",   "succeeded",
                                 "failed", "cancelled", "timed_out", "lost"};
constexpr std::array kStatusNames{"succeeded", "failed", "cancelled", "timed_out", "could_not_run"};
constexpr std::array kCauseNames{"none",        "exit_code",  "signal",      "out_of_memory", "time_limit",
                                 "disk_quota",  "bad_bundle", "environment", "fetch",         "sandbox",
                                 "worker_lost", "request",    "store"};
constexpr std::array kCodeNames{"invalid",     "not_found", "conflict", "overloaded",
                                "unavailable", "corrupt",   "internal", "denied"};

template <typename Enum, std::size_t N>
std::string_view name_in(const std::array<const char*, N>& names, Enum value) {
    const auto index = static_cast<std::size_t>(value);
    return index < N ? names[index] : "unknown";
}

bool is_counted_name(std::string_view name) {
    const auto may_be = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-' || c == '.';
    };
    return !name.empty() && name.size() <= kCountedNameMax && std::all_of(name.begin(), name.end(), may_be);
}

Error wrong(std::string words) { return {ErrorCode::invalid, std::move(words)}; }

}  // namespace

Status check(const CountedResources& asked) {
    if (asked.empty()) { return {}; }
    if (asked.size() > kCountedMax) {
        return wrong(std::to_string(asked.size()) + " counted resources are named: at most " +
                     std::to_string(kCountedMax) + " may be");
    }
    for (const auto& [name, amount] : asked) {
        if (!is_counted_name(name)) {
            return wrong("\"" + name.substr(0, kCountedNameMax) +
                         "\" is no name of a counted resource: use 1 to " + std::to_string(kCountedNameMax) +
                         " letters, digits, _, - and .");
        }
        if (amount == 0) {
            return wrong("none of the counted resource " + name + " is asked for: ask for 1 or more");
        }
        const auto same = [&name = name](const CountedResource& other) { return other.name == name; };
        if (std::count_if(asked.begin(), asked.end(), same) > 1) {
            return wrong("the counted resource " + name + " is named twice");
        }
    }
    return {};
}

std::string to_string(const TaskId& id) { return to_hex(id.bytes); }
std::string to_string(const BlobHash& hash) { return to_hex(hash.bytes); }

Result<TaskId> parse_task_id(std::string_view text) {
    TaskId id;
    if (!from_hex(text, id.bytes)) {
        return Error{ErrorCode::invalid, "\"" + std::string(text.substr(0, 64)) +
                                             "\" is not a task id: it has 32 hexadecimal digits"};
    }
    return id;
}

Result<BlobHash> parse_blob_hash(std::string_view text) {
    BlobHash hash;
    if (!from_hex(text, hash.bytes)) {
        return Error{ErrorCode::invalid, "\"" + std::string(text.substr(0, 80)) +
                                             "\" is not a blob's name: it has 64 hexadecimal digits"};
    }
    return hash;
}

std::string_view to_string(TaskState state) noexcept { return name_in(kStateNames, state); }
std::string_view to_string(OutcomeStatus status) noexcept { return name_in(kStatusNames, status); }
std::string_view to_string(Cause cause) noexcept { return name_in(kCauseNames, cause); }
std::string_view to_string(ErrorCode code) noexcept { return name_in(kCodeNames, code); }

Result<TaskState> parse_task_state(std::string_view text) {
    for (const TaskState state : kTaskStates) {
        if (to_string(state) == text) { return state; }
    }
    return Error{ErrorCode::invalid, "\"" + std::string(text.substr(0, 64)) + "\" is not a state of a task"};
}

}  // namespace v1
}  // namespace nias
