#include "api/query.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/words.hpp"

namespace nias::httpfront {
namespace {

constexpr std::array kRows{
    QueryRow{"POST", "/api/v1/jobs", "array trial image"},
    QueryRow{"POST", "/api/v1/jobs/validate", "array trial image"},
    QueryRow{"GET", "/api/v1/jobs/{id}/members", "state after limit"},
    QueryRow{"GET", "/api/v1/jobs", "state q limit before owner deleted"},
    QueryRow{"GET", "/api/v1/jobs.zip", "ids"},
    QueryRow{"GET", "/api/v1/jobs/{id}", "wait"},
    QueryRow{"GET", "/api/v1/jobs/{id}/log", "offset attempt tail search"},
    QueryRow{"GET", "/api/v1/events", "log offset owner"},
    QueryRow{"GET", "/api/v1/queue/history", "span"},
};

std::vector<std::string_view> words_of(std::string_view names) {
    std::vector<std::string_view> words;
    while (!names.empty()) {
        const std::size_t blank = std::min(names.find(' '), names.size());
        words.push_back(names.substr(0, blank));
        names.remove_prefix(std::min(blank + 1, names.size()));
    }
    return words;
}

std::string list_of(const std::vector<std::string_view>& words) {
    std::string list;
    for (const std::string_view word : words) { list += (list.empty() ? "" : ", ") + std::string(word); }
    return list.empty() ? "none" : list;
}

}  // namespace

std::span<const QueryRow> query_rows() { return kRows; }

std::optional<Problem> check_query(std::string_view verb, std::string_view pattern, const Request& request) {
    const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const QueryRow& one) {
        return one.verb == verb && one.pattern == pattern;
    });
    const auto taken = words_of(row == kRows.end() ? std::string_view() : row->names);
    for (auto it = request.query.begin(); it != request.query.end(); ++it) {
        const std::string& name = it->first;
        if (std::find(taken.begin(), taken.end(), name) == taken.end()) {
            return Problem{.status = 400,
                           .code = "unknown_parameter",
                           .detail = "there is no parameter \"" + std::string(cut_utf8(name, 64)) +
                                     "\" here; taken are: " + list_of(taken)};
        }
        const bool repeated = std::any_of(std::next(it), request.query.end(),
                                          [&](const auto& other) { return other.first == name; });
        if (repeated) {
            return Problem{.status = 400,
                           .code = "repeated_parameter",
                           .detail = "the parameter \"" + name + "\" is there twice: give it once"};
        }
    }
    return std::nullopt;
}

}  // namespace nias::httpfront
