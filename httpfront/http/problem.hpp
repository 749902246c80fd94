/// RFC 9457 answers: what went wrong, for programs (code) and for people (a sentence). Values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nias/result.hpp>

namespace nias::httpfront {

struct Problem {
    int status = 500;
    std::string code;     ///< for programs: "too_large"
    std::string detail;   ///< a sentence for the researcher: what, which, and what to do
    std::string entry{};  ///< the member of the zip it is about
    std::vector<std::pair<std::string, std::string>> headers{};  ///< Retry-After, Allow
};

/// The words of a status: "Not Found".
[[nodiscard]] std::string_view reason_phrase(int status);
[[nodiscard]] std::string to_json(const Problem& problem);
/// Turns an Error of the layers below into its answer in HTTP.
[[nodiscard]] Problem problem_from(const Error& error);

}  // namespace nias::httpfront
