#include "job/manifest/measures.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "job/text.hpp"

namespace nias::job {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::uint64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr std::uint64_t kKi = 1ULL << 10U, kMi = 1ULL << 20U, kGi = 1ULL << 30U, kTi = 1ULL << 40U;
constexpr Unit kByteUnits[] = {{"", 1},      {"b", 1},    {"k", kKi},  {"ki", kKi},  {"kb", kKi},
                               {"kib", kKi}, {"m", kMi},  {"mi", kMi}, {"mb", kMi},  {"mib", kMi},
                               {"g", kGi},   {"gi", kGi}, {"gb", kGi}, {"gib", kGi}, {"t", kTi},
                               {"ti", kTi},  {"tb", kTi}, {"tib", kTi}};
constexpr Unit kTimeUnits[] = {
    {"", kSecond},       {"s", kSecond},       {"sec", kSecond},     {"secs", kSecond},
    {"second", kSecond}, {"seconds", kSecond}, {"m", kMinute},       {"min", kMinute},
    {"mins", kMinute},   {"minute", kMinute},  {"minutes", kMinute}, {"h", kHour},
    {"hr", kHour},       {"hrs", kHour},       {"hour", kHour},      {"hours", kHour},
    {"d", kDay},         {"day", kDay},        {"days", kDay},       {"w", 7 * kDay},
    {"week", 7 * kDay},  {"weeks", 7 * kDay},  {"segundo", kSecond}, {"segundos", kSecond},
    {"minuto", kMinute}, {"minutos", kMinute}, {"hora", kHour},      {"horas", kHour},
    {"dia", kDay},       {"dias", kDay},       {"semana", 7 * kDay}, {"semanas", 7 * kDay}};
constexpr std::string_view kTimeExamples = "2h\", \"90 min\" or \"1:30:00";
constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void skip_blanks(std::string_view& text) {
    while (text.starts_with(' ')) { text.remove_prefix(1); }
}

/// A number with at most two digits behind its point (or comma), in hundredths. Three digits are refused:
/// "1.000" is one to some and a thousand to others.
bool take_hundredths(std::string_view& text, std::uint64_t& out) {
    std::uint64_t whole = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (error != std::errc{} || whole > kMost / 100) { return false; }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    out = whole * 100;
    if (text.size() < 2 || (text[0] != '.' && text[0] != ',') || !is_digit(text[1])) { return true; }
    text.remove_prefix(1);
    for (std::uint64_t worth = 10; !text.empty() && is_digit(text[0]); worth /= 10) {
        if (worth == 0) { return false; }
        out += worth * static_cast<std::uint64_t>(text[0] - '0');
        text.remove_prefix(1);
    }
    return true;
}

/// hundredths / 100 · factor; nullopt where it does not fit.
std::optional<std::uint64_t> multiplied(std::uint64_t hundredths, std::uint64_t factor) {
    const std::uint64_t whole = hundredths / 100;
    if (whole > kMost / factor) { return std::nullopt; }
    const std::uint64_t rest = hundredths % 100 * factor / 100;  // factors are at most 2^40: this fits
    if (rest > kMost - whole * factor) { return std::nullopt; }
    return whole * factor + rest;
}

struct Amount {
    std::uint64_t value = 0;
    bool has_unit = false;
};

/// One number and its unit off the front of the text.
std::optional<Amount> take_one(std::string_view& text, std::span<const Unit> units) {
    std::uint64_t hundredths = 0;
    if (!take_hundredths(text, hundredths)) { return std::nullopt; }
    skip_blanks(text);
    std::size_t letters = 0;
    while (letters < text.size() && !is_digit(text[letters]) && text[letters] != ' ') { ++letters; }
    const std::string unit = lower_case(text.substr(0, letters));
    text.remove_prefix(letters);
    skip_blanks(text);
    const auto known =
        std::find_if(units.begin(), units.end(), [&](const Unit& one) { return one.name == unit; });
    const auto value = known == units.end() ? std::nullopt : multiplied(hundredths, known->factor);
    if (!value) { return std::nullopt; }
    return Amount{*value, !unit.empty()};
}

Error not_understood(std::string_view text, std::string_view example) {
    return {ErrorCode::invalid,
            "\"" + shown(text) + "\" is not understood: write it like \"" + std::string(example) + "\""};
}

/// A whole number of at most nine digits off the front of the text, and how many digits it had.
std::size_t take_digits(std::string_view& text, std::uint64_t& out) {
    constexpr std::size_t kMostDigits = 9;
    std::size_t digits = 0;
    for (out = 0; digits < text.size() && digits < kMostDigits && is_digit(text[digits]); ++digits) {
        out = out * 10 + static_cast<std::uint64_t>(text[digits] - '0');
    }
    text.remove_prefix(digits);
    return digits;
}

/// A part behind a colon: two digits, below its bound.
bool take_part(std::string_view& text, std::uint64_t bound, std::uint64_t& out) {
    if (!text.starts_with(':')) { return false; }
    text.remove_prefix(1);
    return take_digits(text, out) == 2 && out < bound;
}

/// Hours, minutes and seconds as schedulers and clocks write them: "1:30:00", "1-12:00:00", "1-12:00".
/// Behind days the seconds may be left out, since two parts can only be hours and minutes there.
std::optional<std::uint64_t> parse_clock(std::string_view text) {
    std::uint64_t days = 0;
    std::uint64_t hours = 0;
    std::uint64_t minutes = 0;
    std::uint64_t seconds = 0;
    if (take_digits(text, hours) == 0) { return std::nullopt; }
    const bool has_days = text.starts_with('-');
    if (has_days) {
        days = hours;
        text.remove_prefix(1);
        const std::size_t digits = take_digits(text, hours);
        if (digits == 0 || digits > 2 || hours > 23) { return std::nullopt; }
    }
    if (!take_part(text, 60, minutes)) { return std::nullopt; }
    const bool has_seconds = !text.empty();
    if (has_seconds && !take_part(text, 60, seconds)) { return std::nullopt; }
    if (!text.empty() || (!has_seconds && !has_days)) { return std::nullopt; }
    return days * kDay + hours * kHour + minutes * kMinute + seconds * kSecond;
}

/// Says what a time with colons or a dash may have meant, where it is not read.
Error not_a_clock(std::string_view text) {
    const std::string said = "\"" + shown(text) + "\"";
    const bool two_parts = std::count(text.begin(), text.end(), ':') == 1 && !text.starts_with(':') &&
                           text.find('-') == std::string_view::npos;
    if (two_parts) {
        return {ErrorCode::invalid,
                said +
                    " may be hours and minutes or minutes and seconds: write all three, like "
                    "\"1:30:00\", or a unit, like \"90 min\""};
    }
    return {ErrorCode::invalid,
            said +
                " is not understood: write hours, minutes and seconds like \"1:30:00\", with days "
                "before them like \"1-12:00:00\", or a unit, like \"36h\""};
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
    std::string_view left = text;
    skip_blanks(left);
    const auto amount = take_one(left, kByteUnits);
    if (!amount || !left.empty()) { return not_understood(text, "4 GiB"); }
    return amount->value;
}

Result<std::uint64_t> parse_duration_ms(std::string_view text) {
    std::string_view left = text;
    skip_blanks(left);
    while (left.ends_with(' ')) { left.remove_suffix(1); }
    if (left.find_first_of(":-") != std::string_view::npos) {
        const auto clock = parse_clock(left);
        return clock ? Result<std::uint64_t>(*clock) : not_a_clock(text);
    }
    std::uint64_t sum = 0;
    for (std::size_t parts = 0; parts == 0 || !left.empty(); ++parts) {
        const auto amount = take_one(left, kTimeUnits);
        const bool alone = parts == 0 && left.empty();
        if (!amount || !(amount->has_unit || alone) || amount->value > kMost - sum) {
            return not_understood(text, kTimeExamples);
        }
        sum += amount->value;
    }
    return sum;
}

}  // namespace nias::job
