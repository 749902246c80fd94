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
constexpr Unit kTimeUnits[] = {{"", kSecond},        {"s", kSecond}, {"sec", kSecond}, {"second", kSecond},
                               {"seconds", kSecond}, {"m", kMinute}, {"min", kMinute}, {"minute", kMinute},
                               {"minutes", kMinute}, {"h", kHour},   {"hour", kHour},  {"hours", kHour},
                               {"d", kDay},          {"day", kDay},  {"days", kDay}};
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
    std::uint64_t sum = 0;
    for (std::size_t parts = 0; parts == 0 || !left.empty(); ++parts) {
        const auto amount = take_one(left, kTimeUnits);
        const bool alone = parts == 0 && left.empty();
        if (!amount || !(amount->has_unit || alone) || amount->value > kMost - sum) {
            return not_understood(text, "2h");
        }
        sum += amount->value;
    }
    return sum;
}

}  // namespace nias::job
