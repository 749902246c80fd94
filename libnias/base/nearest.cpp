#include "base/nearest.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace nias {
namespace {

constexpr std::size_t kLongest = 24;
constexpr std::size_t kFarthest = 2;

/// How many letters have to be put in, left out or exchanged to make one word of the other.
std::size_t distance(std::string_view one, std::string_view other) {
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < one.size(); ++i) {
        std::size_t corner = row[0]++;
        for (std::size_t j = 0; j < other.size(); ++j) {
            const std::size_t exchanged = corner + (one[i] == other[j] ? 0 : 1);
            corner = row[j + 1];
            row[j + 1] = std::min({exchanged, row[j] + 1, corner + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string_view nearest_word(std::string_view written, std::span<const std::string_view> known) {
    if (written.size() > kLongest) { return {}; }
    std::string_view best;
    std::size_t least = kFarthest + 1;
    for (const std::string_view word : known) {
        const std::size_t away = distance(written, word);
        if (away < least && 2 * away < word.size()) {
            best = word;
            least = away;
        }
    }
    return best;
}

}  // namespace nias
