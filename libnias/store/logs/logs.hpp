/// stdout and stderr of running and ended attempts: `logs/<ab>/<id>-<attempt>.log`. The sink is the single
/// writer; httpfront and cli read. Offsets are absolute bytes, so that repeats and gaps do no harm.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <nias/task.hpp>

namespace nias::store {

class Logs {
public:
    static Result<Logs> open(const std::string& data_dir);
    /// Writes at the offset. Bytes that are there already stay; a chunk past the end of the file is
    /// refused (`conflict`): the sender repeats from size().
    [[nodiscard]] Status write(const AttemptRef& attempt, std::uint64_t offset,
                               std::span<const std::uint8_t> data) const;
    /// 0 where there is none. `unavailable`: the disk does not say.
    [[nodiscard]] Result<std::uint64_t> size(const AttemptRef& attempt) const;
    /// Fewer bytes only at the end of the log, none where there is none. `unavailable`: they cannot be read.
    [[nodiscard]] Result<Bytes> read(const AttemptRef& attempt, std::uint64_t offset,
                                     std::size_t max_bytes) const;

    /// Removes the logs of all attempts of these tasks.
    [[nodiscard]] Status erase(std::span<const TaskId> ids) const;

private:
    explicit Logs(std::string root) : root_(std::move(root)) {}
    std::string root_;
};

}  // namespace nias::store
