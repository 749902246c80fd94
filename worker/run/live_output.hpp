/// Finds figures and tables that change under `output/` while a job runs, and shows them. Used by attempt.
/// The job may be hostile: links are not followed, and what is looked at is bounded. One thread at a time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <nias/result.hpp>

#include "base/clock.hpp"

namespace nias::worker {

class LiveOutput {
public:
    /// As Context::show_file().
    using Show = std::function<Status(std::string_view name, const std::string& path)>;

    /// `job_folder` is a descriptor of the job's folder that outlives this object.
    LiveOutput(int job_folder, Show show) : job_folder_(job_folder), show_(std::move(show)) {}
    /// Looks where it is time to, and shows what has changed: a file at most every 2 s, once it is whole.
    /// Takes at most a twentieth of the time.
    void look(Time at);

private:
    struct Version {
        std::int64_t size = 0;
        std::int64_t changed_ns = 0;
        bool operator==(const Version&) const = default;
    };
    struct Shown {
        Version version;
        Time at{};
    };
    /// A walk through `output/`: how much of its bounds is left, and at what time it is.
    struct Walk {
        Time at;
        std::size_t names_left;
    };
    void walk(int folder, const std::string& above, int depth, Walk& walk);
    void consider(int folder, const std::string& base, const std::string& name, const Walk& walk);
    void show_due(Time at);

    int job_folder_;
    Show show_;
    Time next_{};
    std::deque<std::string> due_;
    std::map<std::string, Shown> shown_;  ///< as many as a walk looks at
};

}  // namespace nias::worker
