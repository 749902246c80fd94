/// The answer that a handler gives back; the server writes it. Values.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <nias/task.hpp>

#include "base/clock_types.hpp"
#include "http/problem.hpp"

namespace nias::httpfront {

/// A part of a file that never changes, read while it is sent.
struct FileSlice {
    std::string path;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

/// Exactly `length` bytes, made while they are sent. `read` is called on one thread at a time, and gives 0 at
/// the end. An Error at the end is about all that was read before.
struct Streamed {
    std::uint64_t length = 0;
    std::function<Result<std::size_t>(std::span<char> into)> read;
};

/// The connection becomes an event stream: the hub takes it over after the head.
struct EventStream {
    std::optional<TaskId> log;                ///< also the log of this one
    std::optional<std::uint64_t> log_offset;  ///< from here; otherwise from its present end
    std::string last_event_id;
    std::string reader;                   ///< the account that reads it
    std::optional<std::string> owner;     ///< only jobs of this one, and the one of `log`; nullopt: all jobs
    Time asked_at{};                      ///< before who asks was looked up
    std::chrono::seconds ends_within{0};  ///< the reader has to show who it is again after it; 0: never
};

struct Answer {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::variant<std::string, FileSlice, Streamed, EventStream> body;
    /// Headers of every answer (every_answer.hpp). They stay where another answer has to take its place.
    std::vector<std::pair<std::string, std::string>> common{};
};

[[nodiscard]] inline Answer json_answer(int status, std::string body) {
    return {status, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, std::move(body)};
}

[[nodiscard]] inline Answer problem_answer(const Problem& problem) {
    Answer answer{problem.status, problem.headers, to_json(problem)};
    answer.headers.emplace_back("Content-Type", "application/problem+json");
    answer.headers.emplace_back("Cache-Control", "no-store");
    return answer;
}

}  // namespace nias::httpfront
