/// The file named in $NIAS_PROGRESS, whose last line is `0.42 message`. Used by attempt.
/// Read through a descriptor taken before the program ran. One thread at a time.
#pragma once

#include <time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nias/result.hpp>

#include "base/host/descriptor.hpp"

namespace nias::worker {

struct Progress {
    double fraction = 0;
    std::string text;
};

/// The last line that is a number from 0 to 1 and, after a blank, some words (200 bytes are kept).
[[nodiscard]] std::optional<Progress> parse_progress(std::string_view text);

class ProgressFile {
public:
    /// The size past which poll() empties the file: a program that appends a line a step for days fills
    /// nothing.
    static constexpr std::int64_t kMostBytes = 64 * 1024;

    /// Makes the file, empty, at `path`.
    static Result<ProgressFile> make(const std::string& path);
    /// When the file was last written, by the clock of its file system.
    [[nodiscard]] timespec changed() const;
    /// Tells what is new since the last call, and keeps the file within its bound.
    [[nodiscard]] std::optional<Progress> poll();

private:
    explicit ProgressFile(Descriptor file) : file_(std::move(file)) {}
    Descriptor file_;
    std::string seen_;
};

}  // namespace nias::worker
