#include "http/range.hpp"

#include <algorithm>

#include "base/numbers.hpp"

namespace nias::httpfront {
std::variant<Whole, Slice, Unsatisfiable> parse_range(std::string_view field, std::uint64_t size) {
    if (lower(field.substr(0, 6)) != "bytes=") { return Whole{}; }
    const std::string_view range = trim(field.substr(6));
    const std::size_t dash = range.find('-');
    if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) { return Whole{}; }
    const std::string_view from = range.substr(0, dash);
    const std::string_view to = range.substr(dash + 1);
    if (from.empty()) {  // the last bytes
        const auto count = whole_number<std::uint64_t>(to);
        if (!count) { return Whole{}; }
        if (*count == 0 || size == 0) { return Unsatisfiable{}; }
        const std::uint64_t length = std::min(*count, size);
        return Slice{size - length, length};
    }
    const auto first = whole_number<std::uint64_t>(from);
    const auto last = to.empty() ? std::optional(UINT64_MAX) : whole_number<std::uint64_t>(to);
    if (!first || !last || *last < *first) { return Whole{}; }
    if (*first >= size) { return Unsatisfiable{}; }
    return Slice{*first, std::min(*last, size - 1) - *first + 1};
}

std::variant<Whole, Slice, Unsatisfiable> wanted_range(const Request& request, std::string_view etag,
                                                       std::uint64_t size) {
    const auto range = request.field("range");
    if (!range || request.method != "GET") { return Whole{}; }
    if (const auto version = request.field("if-range"); version && *version != etag) { return Whole{}; }
    return parse_range(*range, size);
}

bool is_known(const Request& request, std::string_view etag) {
    const auto field = request.field("if-none-match");
    if (!field) { return false; }
    std::string_view rest = *field;
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        std::string_view tag = trim(rest.substr(0, comma));
        if (tag.starts_with("W/")) { tag.remove_prefix(2); }
        if (tag == "*" || tag == etag) { return true; }
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return false;
}

}  // namespace nias::httpfront
