#include "http/sending/every_answer.hpp"

#include <algorithm>

namespace nias::httpfront {
namespace {

bool has(const Answer& answer, std::string_view name) {
    return std::any_of(answer.headers.begin(), answer.headers.end(),
                       [name](const auto& header) { return header.first == name; });
}

/// A browser that has once come over HTTPS never asks in clear again. A machine's own name is left out: it
/// stands for every server of that machine, on every port.
bool wants_https_kept(const Request& request) {
    return request.secure && request.host != "localhost" && !request.host.starts_with("localhost:");
}

/// Says what the answer leaves unsaid: nothing in it is loaded, framed or kept.
void add_strictest(Answer& answer) {
    // A browser puts the headers of a 304 in the place of those that it has kept.
    if (answer.status == 304) { return; }
    if (!has(answer, "Content-Security-Policy")) {
        answer.headers.emplace_back("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    }
    if (!has(answer, "Cache-Control")) { answer.headers.emplace_back("Cache-Control", "no-store"); }
}

}  // namespace

void add_common_headers(Answer& answer, const std::string& id, const Request* request) {
    answer.common = {{"X-Request-Id", id},
                     {"X-Content-Type-Options", "nosniff"},
                     {"Referrer-Policy", "same-origin"},
                     {"Cross-Origin-Resource-Policy", "same-origin"},
                     {"Cross-Origin-Opener-Policy", "same-origin"}};
    if (request != nullptr && wants_https_kept(*request)) {
        answer.common.emplace_back("Strict-Transport-Security", "max-age=31536000");
    }
    add_strictest(answer);
}

Answer instead_of(const Answer& answer, const Problem& problem) {
    Answer other = problem_answer(problem);
    other.common = answer.common;
    add_strictest(other);
    return other;
}

}  // namespace nias::httpfront
