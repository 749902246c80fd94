#include "service/options.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <set>
#include <string_view>

#include "core/dispatch/policy/short_lane.hpp"
#include "wire/limits.hpp"

namespace nias::service {
namespace {

constexpr std::uint64_t kWorkersMax = 64;  // workers of one pipeline
constexpr std::uint64_t kSlotsMax = 1024;
constexpr std::uint64_t kWindowMax = wire::kHeldMax / 4;  // a Hello names all that is held
constexpr std::uint64_t kQueuedMax = 100'000'000;
constexpr std::uint64_t kInFlightMax = 10'000'000;
constexpr std::uint64_t kGraceMaxMs = 600'000;
constexpr std::uint64_t kDrainMaxS = 7 * 86'400;
constexpr std::uint64_t kYearS = 31'536'000;
constexpr std::uint64_t kAskAfterMaxMs = 3'600'000;
constexpr const char* kNoIsolation = "is none that exists: choose Isolation::threads or Isolation::process";

/// Looks at the options of one struct in turn and remembers the first that is wrong.
class Options {
public:
    /// `is_inside`: the part shares the sockets' threads of a Pipeline.
    explicit Options(std::string_view type, bool is_inside = false) : type_(type), is_inside_(is_inside) {}

    Options& number(std::string_view name, std::uint64_t value, std::uint64_t least, std::uint64_t most) {
        if (value < least || value > most) {
            wrong(name, "is " + std::to_string(value) + ": it may be " + std::to_string(least) + " to " +
                            std::to_string(most));
        }
        return *this;
    }
    template <typename Rep, typename Period>
    Options& time(std::string_view name, std::chrono::duration<Rep, Period> value, std::int64_t least,
                  std::uint64_t most) {
        const std::string unit = Period::den == 1 ? " s" : " ms";
        const bool inside = value.count() >= least && static_cast<std::uint64_t>(value.count()) <= most;
        if (!inside) {
            wrong(name, "is " + std::to_string(value.count()) + unit + ": it may be " +
                            std::to_string(least) + " to " + std::to_string(most) + unit);
        }
        return *this;
    }
    Options& address(std::string_view name, const std::string& value) {
        if (value.empty()) { wrong(name, "is empty: use tcp://HOST:PORT or ipc://PATH"); }
        return address_or_none(name, value);
    }
    Options& address_or_none(std::string_view name, const std::string& value) {
        if (!is_inside_ && value.starts_with("inproc://")) {
            wrong(name, "is " + value + ", which the parts of a Pipeline alone can meet at: use ipc://PATH");
        }
        return *this;
    }
    /// Checks a name that is shown in tables and becomes part of the names of files.
    Options& name(std::string_view name, const std::string& value) {
        if (value.size() > wire::kNameBytesMax) {
            wrong(name, "has " + std::to_string(value.size()) + " bytes and may have " +
                            std::to_string(wire::kNameBytesMax));
        }
        for (const char letter : value) {
            const auto byte = static_cast<unsigned char>(letter);
            if (byte >= 0x20 && byte < 0x7F && letter != '/') { continue; }
            wrong(name, "holds the byte " + std::to_string(byte) +
                            ": use printable ASCII letters other than \"/\"");
            break;
        }
        if (value == "." || value == "..") { wrong(name, "is \"" + value + "\", which names a folder"); }
        return *this;
    }
    Options& that(bool holds, std::string_view name, const std::string& words) {
        if (!holds) { wrong(name, words); }
        return *this;
    }
    Options& also(const Status& status) {
        if (status_ && !status) { status_ = status; }
        return *this;
    }
    [[nodiscard]] Status status() const { return status_; }

private:
    void wrong(std::string_view name, const std::string& words) {
        if (!status_) { return; }
        status_ = Error{ErrorCode::invalid, type_ + "::" + std::string(name) + " " + words};
    }

    std::string type_;
    bool is_inside_;
    Status status_;
};

/// How many handlers run at once in a worker, and how many tasks it holds.
void places(Options& options, std::uint32_t slots, std::uint32_t window) {
    options.number("slots", slots, 1, kSlotsMax)
        .that(window == 0 || (window >= slots && window <= kWindowMax), "window",
              "is " + std::to_string(window) + ": it may be 0, or as many as slots (" +
                  std::to_string(slots) + ") to " + std::to_string(kWindowMax));
}

Status check(const std::vector<CountedResource>& resources) {
    std::set<std::string> names;
    for (const CountedResource& resource : resources) {
        if (auto checked = nias::check(CountedResources{resource}); !checked) { return checked; }
        if (!names.insert(resource.name).second) {
            return Error{ErrorCode::invalid,
                         "the counted resource " + resource.name + " is given twice: give it once"};
        }
    }
    return {};
}

}  // namespace

Status check(const WorkerOptions& options) {
    Options of("WorkerOptions", options.in_process != nullptr);
    of.address("control", options.control)
        .address("outcomes", options.outcomes)
        .address("bulk", options.bulk)
        .name("name", options.name);
    places(of, options.slots, options.window);
    of.that(options.runtimes.size() <= wire::kRuntimesMax, "runtimes",
            "names " + std::to_string(options.runtimes.size()) + " and may name " +
                std::to_string(wire::kRuntimesMax));
    for (const std::string& runtime : options.runtimes) {
        of.that(!runtime.empty(), "runtimes", "holds an empty name").name("runtimes", runtime);
    }
    return of.that(options.isolation <= Isolation::process, "isolation", kNoIsolation)
        .that(!options.prepare == !options.unprepare, "prepare",
              "and unprepare go together: set both or none")
        .that(!options.prepare || options.isolation == Isolation::threads, "prepare",
              "is for handlers on threads: an isolated one does not see what it made")
        .number("grace_ms", options.grace_ms, 0, kGraceMaxMs)
        .number("drain_timeout_s", options.drain_timeout_s, 0, kDrainMaxS)
        .number("settle_timeout_s", options.settle_timeout_s, 0, kDrainMaxS)
        .status();
}

Status check(const PipelineOptions& options) {
    Options of("PipelineOptions");
    of.number("workers", options.workers, 1, kWorkersMax);
    places(of, options.slots, options.window);
    return of.that(options.isolation <= Isolation::process, "isolation", kNoIsolation)
        .number("max_queued", options.max_queued, 1, kQueuedMax)
        .time("drain_timeout", options.drain_timeout, 0, kDrainMaxS)
        .status();
}

Status check(const VentilatorOptions& options) {
    const bool rises = options.beat_ms < options.suspect_ms && options.suspect_ms < options.lease_ms;
    return Options("VentilatorOptions", options.in_process != nullptr)
        .address("intake", options.intake)
        .address("control", options.control)
        .address("events", options.events)
        .that(options.durability == Durability::memory || !options.data_dir.empty(), "data_dir",
              "is empty: name a folder, or choose Durability::memory")
        .number("max_queued", options.max_queued, 1, kQueuedMax)
        .number("max_queued_per_owner", options.max_queued_per_owner, 0, kQueuedMax)
        .number("beat_ms", options.beat_ms, 10, 60'000)
        .number("suspect_ms", options.suspect_ms, 20, 600'000)
        .number("lease_ms", options.lease_ms, 30, 3'600'000)
        .that(rises, "beat_ms", "is to be below suspect_ms, and that below lease_ms")
        .number("usage_half_life_s", options.usage_half_life_s, 1, kYearS)
        .number("short_lane_percent", options.short_lane_percent, 0, core::ShortLane::kPercentMax)
        .number("long_after_s", options.long_after_s, 1, kYearS)
        .number("starve_after_s", options.starve_after_s, 1, kYearS)
        .also(check(options.resources))
        .status();
}

Status check(const SinkOptions& options) {
    return Options("SinkOptions", options.in_process != nullptr)
        .address("outcomes", options.outcomes)
        .address("bulk", options.bulk)
        .address("output", options.output)
        .address("intake", options.intake)
        .that(options.durability == Durability::memory || !options.data_dir.empty(), "data_dir",
              "is empty: name a folder, or choose Durability::memory")
        .status();
}

Status check(const WatcherOptions& options) {
    return Options("WatcherOptions", options.in_process != nullptr)
        .address_or_none("events", options.events)
        .address_or_none("control", options.control)
        .address_or_none("output", options.output)
        .that(!options.events.empty() || !options.output.empty() || !options.control.empty(), "events",
              "is empty, as all other addresses are: there is nothing to hear")
        .time("ask_after", options.ask_after, 1, kAskAfterMaxMs)
        .status();
}

Status check(const SubmitterOptions& options) {
    return Options("SubmitterOptions", options.in_process != nullptr)
        .address("intake", options.intake)
        .address("control", options.control)
        .address("events", options.events)
        .address_or_none("bulk", options.bulk)
        .number("in_flight_max", options.in_flight_max, 1, kInFlightMax)
        .number("unfinished_max", options.unfinished_max, 0, kInFlightMax)
        .time("repeat_after", options.repeat_after, 1, kAskAfterMaxMs)
        .status();
}

Error no_handler(const std::string& function) {
    return {ErrorCode::invalid, function + " was given an empty handler: give it a function to call"};
}

}  // namespace nias::service
