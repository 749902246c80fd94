#include "core/dispatch/roll.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace nias::core {
namespace {

bool is_refusal(const wire::WorkerRow& row) { return row.state == wire::WorkerState::refused; }

std::string two_digits(long number) {
    const std::string digits = std::to_string(number);
    return digits.size() < 2 ? "0" + digits : digits;
}

}  // namespace

void Roll::add(wire::WorkerRow row) {
    std::erase_if(gone_, [&](const wire::WorkerRow& other) {
        return other.name == row.name && is_refusal(other) == is_refusal(row) &&
               (!is_refusal(row) || other.address == row.address);
    });
    if (gone_.size() >= kGoneMax) { gone_.pop_front(); }
    gone_.push_back(std::move(row));
}

wire::WorkerState Roll::remove(const std::string& name) {
    const auto found = std::find_if(gone_.begin(), gone_.end(), [&](const wire::WorkerRow& row) {
        return row.name == name && !is_refusal(row);
    });
    if (found == gone_.end()) { return wire::WorkerState::ready; }
    const wire::WorkerState state = found->state;
    gone_.erase(found);
    return state;
}

const wire::WorkerRow* Roll::revoke(const std::string& name, const std::string& why, std::int64_t unix_ms) {
    const auto found = std::find_if(gone_.begin(), gone_.end(), [&](const wire::WorkerRow& row) {
        return row.name == name && !is_refusal(row);
    });
    if (found == gone_.end()) { return nullptr; }
    found->state = wire::WorkerState::revoked;
    found->reason = why;
    found->since_unix_ms = unix_ms;
    return &*found;
}

bool Roll::refused_after(const wire::WorkerRow& row, std::int64_t unix_ms) const {
    return std::any_of(gone_.begin(), gone_.end(), [&](const wire::WorkerRow& other) {
        return is_refusal(other) && other.name == row.name && other.address == row.address &&
               other.since_unix_ms > unix_ms;
    });
}

bool Roll::knows(const std::string& name) const {
    return std::any_of(gone_.begin(), gone_.end(),
                       [&](const wire::WorkerRow& row) { return row.name == name && !is_refusal(row); });
}

std::string utc_text(std::int64_t unix_ms) {
    using namespace std::chrono;
    const sys_seconds time{floor<seconds>(milliseconds(unix_ms))};
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    return std::to_string(static_cast<int>(date.year())) + "-" +
           two_digits(static_cast<long>(static_cast<unsigned>(date.month()))) + "-" +
           two_digits(static_cast<long>(static_cast<unsigned>(date.day()))) + " " +
           two_digits(clock.hours().count()) + ":" + two_digits(clock.minutes().count()) + ":" +
           two_digits(clock.seconds().count()) + " UTC";
}

std::string span_text(std::uint64_t seconds) {
    if (seconds < 120) { return std::to_string(seconds) + " s"; }
    if (seconds < 7'200) { return std::to_string(seconds / 60) + " min"; }
    return std::to_string(seconds / 3'600) + " h";
}

}  // namespace nias::core
