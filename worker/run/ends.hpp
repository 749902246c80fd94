/// How an attempt ends, and the sentence that says so. Used by attempt. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nias/task.hpp>

#include "worker/host/limits.hpp"
#include "worker/run/execution.hpp"

namespace nias::worker {

/// A step that stops the attempt says so with this.
struct Stop {
    OutcomeStatus status = OutcomeStatus::failed;
    Cause cause = Cause::none;
    std::string words;
};
using Step = std::optional<Stop>;

/// The lab's fault: the job is run again.
[[nodiscard]] Stop infrastructure(Cause cause, const Error& error);
[[nodiscard]] Stop cancelled_stop();

/// Nothing where the program succeeded. `error` is what its runtime found in its last words, or empty.
[[nodiscard]] Step stop_of(const RunEnd& end, const Limits& limits, const std::string& error);

/// Says at the end of a failed program's sentence that it was not let to where it wanted, if what it `said`
/// tells so; else empty. `declined`: the job asked for no network.
[[nodiscard]] std::string unreached_words(std::string_view said, Network network, bool declined);

/// Says at the end of a failed program's sentence what a file that it did not find is called in the job, or
/// that the name is one of the researcher's own computer; else empty. `files`: the job's, below its folder.
[[nodiscard]] std::string missing_file_words(const std::string& error, const std::vector<std::string>& files);

/// Says at the end of a failed program's sentence where a module or function that it did not find lies in the
/// job, or which package to name for it; else empty. `files` as above.
[[nodiscard]] std::string missing_module_words(const std::string& error,
                                               const std::vector<std::string>& files);

/// Says at the end of a failed program's sentence how much memory the job may use, if it was refused some;
/// else empty. `limit_bytes` 0: the machine's own.
[[nodiscard]] std::string refused_memory_words(const std::string& error, std::uint64_t limit_bytes);

/// Says at the end of a failed program's sentence where a job may write, if it was stopped from writing
/// elsewhere; else empty.
[[nodiscard]] std::string closed_place_words(const std::string& error);

/// At most `most` bytes of `text`, never cut inside a character.
[[nodiscard]] std::string shortened(std::string text, std::size_t most);

}  // namespace nias::worker
