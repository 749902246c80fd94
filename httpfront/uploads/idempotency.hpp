/// Idempotency-Key: the same upload sent again is the same job, also after a crash in between. A small file
/// a key, `<data>/idempotency/<hash of owner and key>`, holds the job's id and a hash of what was sent and is
/// on stable storage before the task is submitted. (An id computed from the key alone would not sort by time,
/// as ids must.) Used by api/handlers/jobs; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nias/task.hpp>

#include "http/problem.hpp"

namespace nias::httpfront {

class IdempotencyKeys {
public:
    /// Forgets keys older than a week.
    static Result<IdempotencyKeys> open(const std::string& data_dir);

    struct Claim {
        TaskId id;
        BlobHash content;       ///< hash of the bundle and all that was asked beside it
        bool repeated = false;  ///< the key is known: id and content are those of the first time
    };
    /// The first to claim a key decides, and has the id `fresh`. `invalid`: the key is empty, too long or no
    /// visible text.
    [[nodiscard]] Result<Claim> claim(const std::string& owner, std::string_view key, const BlobHash& content,
                                      const TaskId& fresh) const;
    /// Keeps a refusal that is for good, though a part of what was sent was accepted: a repeat with this key
    /// is to be told the same. The headers of the problem are not kept.
    [[nodiscard]] Status keep_refusal(const std::string& owner, std::string_view key,
                                      const Problem& problem) const;
    /// The refusal that keep_refusal() kept; nothing where there is none that can be read.
    [[nodiscard]] std::optional<Problem> refusal(const std::string& owner, std::string_view key) const;

private:
    explicit IdempotencyKeys(std::string folder) : folder_(std::move(folder)) {}
    [[nodiscard]] Result<Claim> read(const std::string& path) const;

    std::string folder_;
};

}  // namespace nias::httpfront
