#include "worker/env/pip_words.hpp"

#include <algorithm>
#include <array>

#include "worker/runtime/trace.hpp"

namespace nias::worker {
namespace {

/// pip gives up on an index with one of these; a connection that broke once and was mended leaves none.
constexpr std::array<std::string_view, 4> kGivenUp{"Retry(total=0,", "Max retries exceeded",
                                                   "ERROR: HTTP error 5", "ReadTimeoutError"};

constexpr std::string_view kNoName = "its name does not resolve";
constexpr std::string_view kNoNetwork = "this machine has no network";
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kReasons{{
    {"Connection refused", "the connection was refused"},
    {"Name or service not known", kNoName},
    {"Temporary failure in name resolution", kNoName},
    {"No route to host", "there is no route to it"},
    {"Network is unreachable", kNoNetwork},
    {"timed out", "it did not answer in time"},
    {"CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"},
    {"ProxyError", "the proxy does not lead to it"},
}};

std::string reason_in(const std::string& line) {
    for (const auto& [sign, words] : kReasons) {
        if (line.find(sign) != std::string::npos) { return std::string(words); }
    }
    if (const std::size_t at = line.find("HTTP error 5"); at != std::string::npos) {
        return "it answered with " + line.substr(at, 14);
    }
    return "the connection broke";
}

std::string trimmed(const std::string& line) {
    return line.substr(std::min(line.find_first_not_of(' '), line.size()));
}

}  // namespace

PipFailure pip_failure(std::string_view said) {
    const auto lines = said_lines(said);
    for (const std::string& line : lines) {
        const bool given_up = std::any_of(kGivenUp.begin(), kGivenUp.end(), [&](std::string_view sign) {
            return line.find(sign) != std::string::npos;
        });
        if (given_up) {
            const std::string words = reason_in(line);
            return {true, words == kNoName || words == kNoNetwork, words};
        }
    }
    const auto cause = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
        return line.starts_with("The conflict is caused by:");
    });
    if (cause != lines.end()) {
        std::string words = "requirements disagree";
        std::string separator = ": ";
        for (auto line = cause + 1; line != lines.end() && line->starts_with("    "); ++line) {
            words += separator + trimmed(*line);
            separator = "; ";
        }
        return {false, false, words};
    }
    const auto error = std::find_if(lines.rbegin(), lines.rend(),
                                    [](const std::string& line) { return line.starts_with("ERROR: "); });
    if (error != lines.rend()) { return {false, false, error->substr(7)}; }
    return {false, false, lines.empty() ? "pip ended without a word" : lines.back()};
}

}  // namespace nias::worker
