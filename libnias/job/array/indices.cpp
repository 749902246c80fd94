#include "job/array/indices.hpp"

#include <algorithm>
#include <optional>

#include "base/numbers.hpp"
#include "job/text.hpp"

namespace nias::job {
namespace {

constexpr std::string_view kExample = "write indices like \"1-100\" or \"1-10,20,30-50:5\"";

/// Indices at the same distance from each other.
struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::uint32_t step = 1;
};

Error not_so(std::string_view written, std::string_view why) {
    return {ErrorCode::invalid, "\"" + shown(written) + "\" " + std::string(why)};
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) { text.remove_prefix(1); }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) { text.remove_suffix(1); }
    return text;
}

/// The text up to `mark`, which is taken off `text` with it; all of the text where there is no mark.
std::string_view cut_at(std::string_view& text, char mark) {
    const std::size_t end = std::min(text.find(mark), text.size());
    const std::string_view before = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return before;
}

std::optional<std::uint32_t> parse_index(std::string_view text) {
    const auto index = whole_number<std::uint32_t>(trimmed(text));
    return index && *index <= kArrayIndexMax ? index : std::nullopt;
}

Result<Range> parse_range(const std::string_view written) {
    if (written.find('%') != std::string_view::npos) {
        return not_so(written,
                      "limits with % how many run at once, which the lab does by itself: leave out the % and "
                      "what follows it");
    }
    std::string_view rest = written;
    const bool has_step = rest.find(':') != std::string_view::npos;
    std::string_view ends = cut_at(rest, ':');
    const auto step = has_step ? parse_index(rest) : std::optional<std::uint32_t>(1);
    const bool has_last = ends.find('-') != std::string_view::npos;
    const auto first = parse_index(cut_at(ends, '-'));
    const auto last = has_last ? parse_index(ends) : first;
    if (!first || !last || !step || (has_step && !has_last)) {
        return not_so(written, "is no index and no range of whole numbers from 0 to " +
                                   std::to_string(kArrayIndexMax) + ": " + std::string(kExample));
    }
    if (*last < *first) { return not_so(written, "runs backwards: write the smaller index first"); }
    if (*step == 0) { return not_so(written, "has a step of 0: write a step of at least 1"); }
    return Range{*first, *last, *step};
}

}  // namespace

Result<std::vector<std::uint32_t>> parse_indices(std::string_view text) {
    if (trimmed(text).empty()) {
        return Error{ErrorCode::invalid,
                     "an array without an index has no members: " + std::string(kExample)};
    }
    std::vector<std::uint32_t> indices;
    for (bool more = true; more;) {
        more = text.find(',') != std::string_view::npos;
        const auto range = parse_range(trimmed(cut_at(text, ',')));
        if (!range) { return range.error(); }
        const std::size_t count = (range->last - range->first) / range->step + 1;
        if (indices.size() + count > kArrayMembersMax) {
            return Error{ErrorCode::invalid, "an array has at most " + std::to_string(kArrayMembersMax) +
                                                 " members: send several arrays, or let each member do more"};
        }
        for (std::size_t i = 0; i < count; ++i) {
            indices.push_back(range->first + static_cast<std::uint32_t>(i) * range->step);
        }
    }
    std::sort(indices.begin(), indices.end());
    const auto twice = std::adjacent_find(indices.begin(), indices.end());
    if (twice == indices.end()) { return indices; }
    return Error{ErrorCode::invalid,
                 "the index " + std::to_string(*twice) + " is named twice: name each index once"};
}

std::string indices_text(std::span<const std::uint32_t> indices) {
    std::string text;
    while (!indices.empty()) {
        const std::uint32_t step = indices.size() > 1 ? indices[1] - indices[0] : 1;
        std::size_t count = 1;
        while (count < indices.size() && indices[count] - indices[count - 1] == step) { ++count; }
        if (count < 3 && step != 1) { count = 1; }  // two indices far apart are no range to a reader
        if (!text.empty()) { text += ','; }
        text += std::to_string(indices[0]);
        if (count > 1) { text += '-' + std::to_string(indices[count - 1]); }
        if (count > 1 && step > 1) { text += ':' + std::to_string(step); }
        indices = indices.subspan(count);
    }
    return text;
}

}  // namespace nias::job
