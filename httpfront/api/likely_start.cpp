#include "api/likely_start.hpp"

#include "base/numbers.hpp"
#include "words/words.hpp"

namespace nias::httpfront {
namespace {

constexpr double kFarthestS = 7.0 * 24 * 3600;  // nobody plans by a guess of more than a week

/// «12 tasks» as a number.
std::optional<std::uint64_t> count_in(const words::Phrases& phrases) {
    const std::string text = words::render(phrases, words::Language::english);
    return whole_number<std::uint64_t>(std::string_view(text).substr(0, text.find(' ')));
}

}  // namespace

std::optional<std::uint64_t> tasks_ahead(std::string_view why) {
    std::optional<std::uint64_t> ahead;
    for (const words::Phrase& phrase : words::parse(why.substr(0, why.find('\n')))) {
        if (phrase.code == "queued.next") {
            ahead = 0;
        } else if (phrase.code == "queued.behind") {
            ahead = count_in(phrase.params.at("tasks"));
        } else if (phrase.code != "queued.long_slots" && phrase.text != "; ") {
            return std::nullopt;  // long tasks that fill their slots are such a line; all else is not
        }
    }
    return ahead;
}

std::optional<std::int64_t> likely_start_ms(std::string_view why, std::optional<double> pace,
                                            std::int64_t now_ms) {
    const auto ahead = tasks_ahead(why);
    if (!ahead || !pace || *pace <= 0) { return std::nullopt; }
    const double seconds = (static_cast<double>(*ahead) + 1) / *pace;
    if (seconds > kFarthestS) { return std::nullopt; }
    return now_ms + static_cast<std::int64_t>(seconds * 1000);
}

}  // namespace nias::httpfront
