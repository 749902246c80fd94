/// Range requests (RFC 9110 §14) on a file that never changes: one range, or the whole. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "http/message.hpp"

namespace nias::httpfront {

struct Whole {};
struct Slice {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};
struct Unsatisfiable {};

/// Several ranges, other units and what cannot be read are answered with the whole, as RFC 9110 allows.
[[nodiscard]] std::variant<Whole, Slice, Unsatisfiable> parse_range(std::string_view field,
                                                                    std::uint64_t size);
/// The same, after If-Range: another version is asked for whole.
[[nodiscard]] std::variant<Whole, Slice, Unsatisfiable> wanted_range(const Request& request,
                                                                     std::string_view etag,
                                                                     std::uint64_t size);
/// If-None-Match names `etag` (or `*`): 304.
[[nodiscard]] bool is_known(const Request& request, std::string_view etag);

}  // namespace nias::httpfront
