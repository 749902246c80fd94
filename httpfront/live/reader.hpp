/// One event stream and what travels on it: what was heard, who may hear it, how it is written. Values and
/// pure functions of the hub; used by event_hub only, on its thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <nias/task.hpp>

#include "http/connection.hpp"
#include "live/followed_log.hpp"

namespace nias::httpfront {

struct StateHeard {
    TaskId id;
    TaskState state;
    Attempt attempt;
    TaskId group;  ///< all zero: it is a single job
};
struct LogHeard {
    AttemptRef attempt;
};
/// News without a place of its own where it could be read again: progress, or that a file is shown.
struct NewsHeard {
    TaskId id;
    std::string frame;  ///< event as it travels
};
using Heard = std::variant<StateHeard, LogHeard, NewsHeard>;

struct Reader {
    std::unique_ptr<Connection> connection;
    std::string out;
    FollowedLog log;
    Time beat_at{};
    bool lost = false;
    std::string name;                  ///< the account that reads it
    std::optional<std::string> owner;  ///< it is told of the jobs of this one; nullopt: of all
    std::optional<TaskId> job;         ///< and of this one, whoever owns it
    Time asked_at{};                   ///< before the account was looked up
    std::optional<Time> ends_at;       ///< when the account has to be looked up again

    [[nodiscard]] bool may_hear(const TaskId& id, const std::string& job_owner) const {
        return !owner || *owner == job_owner || job == id;
    }
    /// Adds an event, and sends what has come together once it is much.
    void add(std::string_view text);
    /// Sends what the connection takes at present. One that lets too much pile up is lost.
    void send();
};

/// The event of a job, and the owner of the job, by whom readers are chosen.
struct JobNews {
    std::string owner;
    std::string text;
};

/// An event as it travels. `data` is JSON, which holds no line end; an empty `id` is left out.
[[nodiscard]] std::string event_frame(std::string_view event, std::string_view id, const std::string& data);
/// The text without a character at its end whose bytes have not all come.
[[nodiscard]] std::string_view whole_characters(std::string_view text);

}  // namespace nias::httpfront
