/// The line by which the logs of all programs follow one request. A function without state; used by the cores
/// and the sink.
#pragma once

#include <string>
#include <string_view>

#include <nias/task.hpp>

namespace nias::wire {

/// «request 3f2a: task 0190…, attempt 1, WHAT».
[[nodiscard]] inline std::string request_line(std::string_view request, const AttemptRef& attempt,
                                              std::string_view what) {
    std::string line = "request ";
    line += request;
    line += ": task " + to_string(attempt.id) + ", attempt " + std::to_string(attempt.attempt) + ", ";
    line += what;
    return line;
}

}  // namespace nias::wire
