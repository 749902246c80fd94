#include "base/words.hpp"

#include <array>
#include <cstdio>

namespace nias {
namespace {

std::string one_decimal(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", value);
    std::string out = text.data();
    if (out.ends_with(".0")) { out.resize(out.size() - 2); }
    return out;
}

/// `much` of a unit, and the rest in the next smaller one, unless there is none.
std::string in_two(std::uint64_t much, const char* unit, std::uint64_t rest, const char* smaller) {
    std::string out = std::to_string(much) + unit;
    if (rest > 0) { out += " " + std::to_string(rest) + smaller; }
    return out;
}

}  // namespace

std::string_view cut_utf8(std::string_view text, std::size_t most) {
    if (text.size() <= most) { return text; }
    // The byte after a cut begins a character: inside one, every byte has the form 10xxxxxx.
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) { --most; }
    return text.substr(0, most);
}

std::string size_in_words(std::uint64_t bytes) {
    constexpr std::array kUnits{" KiB", " MiB", " GiB", " TiB"};
    if (bytes < 1024) { return std::to_string(bytes) + " B"; }
    std::size_t unit = 0;
    double value = static_cast<double>(bytes) / 1024;
    // 1023.95 would be printed as "1024" of the smaller unit.
    for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) { value /= 1024; }
    return one_decimal(value) + kUnits[unit];
}

std::string time_in_words(std::uint64_t ms) {
    if (ms < 1000) { return std::to_string(ms) + " ms"; }
    // 59.95 s would be printed as "60 s".
    if (ms < 59'950) { return one_decimal(static_cast<double>(ms) / 1000) + " s"; }
    const std::uint64_t seconds = (ms + 500) / 1000;
    if (seconds < 3600) { return in_two(seconds / 60, " min", seconds % 60, " s"); }
    const std::uint64_t minutes = (seconds + 30) / 60;
    if (minutes < 48 * 60) { return in_two(minutes / 60, " h", minutes % 60, " min"); }
    const std::uint64_t hours = (minutes + 30) / 60;
    return in_two(hours / 24, " days", hours % 24, " h");
}

}  // namespace nias
