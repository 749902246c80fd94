/// The tasks that one step hands over to one worker, gathered for one frame. It points at tasks of dispatch,
/// so it is emptied before any of them can leave. Part of dispatch.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "wire/limits.hpp"
#include "wire/messages.hpp"
#include "wire/sharing.hpp"
#include "wire/weight.hpp"

namespace nias::core {

class TaskBatch {
public:
    void add(const wire::TaskParts& parts) {
        const bool goes_on =
            !tasks_.empty() && tasks_.back().shared == parts.shared && tasks_.back().attempt == parts.attempt;
        if (!goes_on) {
            const std::size_t shared = wire::weight(*parts.shared);
            bytes_ += shared;
            repeated_ = wire::may_share(wire::text_bytes(*parts.shared)) ? 0 : shared;
        }
        bytes_ += sizeof(TaskId) + wire::kCarriedLength + parts.payload.size() + (goes_on ? repeated_ : 0);
        tasks_.push_back(parts);
    }
    [[nodiscard]] bool empty() const { return tasks_.empty(); }
    /// Whether the frame has as many tasks or bytes as one is to have.
    [[nodiscard]] bool full() const {
        return tasks_.size() >= wire::kBatchItemsMax || bytes_ >= wire::kBatchBytesTarget;
    }
    /// Gives the tasks away. The batch is empty afterwards.
    [[nodiscard]] std::vector<wire::TaskParts> release() {
        bytes_ = 0;
        return std::exchange(tasks_, {});
    }

private:
    std::vector<wire::TaskParts> tasks_;
    std::size_t bytes_ = 0;  ///< upper bound of the frame's length
    /// Bytes that each further task of the last run adds beside its own; 0 where the run says them once.
    std::size_t repeated_ = 0;
};

}  // namespace nias::core
