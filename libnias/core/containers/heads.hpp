/// What tasks share, all but id, attempt and payload: one copy for neighbours that are alike, however many
/// there are. Part of dispatch; a million queued tasks are of a few kinds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include <nias/task.hpp>

#include "wire/runs.hpp"

namespace nias::core {

class Heads {
public:
    struct Head {
        Task shared;               ///< of attempt 1, without id and payload
        std::uint64_t number = 0;  ///< never used twice: a name for who remembers it
        std::size_t tasks = 0;
    };

    Heads() = default;
    Heads(const Heads&) = delete;  // tasks point at them
    Heads& operator=(const Heads&) = delete;

    /// For one more task that is like this one. Stays until that task has left.
    [[nodiscard]] Head* join(const Task& task) {
        if (last_ == nullptr || !wire::alike(last_->shared, task)) { last_ = make(task); }
        return join(*last_);
    }
    [[nodiscard]] static Head* join(Head& head) {
        ++head.tasks;
        return &head;
    }
    void leave(Head& head) {
        if (--head.tasks > 0) { return; }
        if (last_ == &head) { last_ = nullptr; }
        all_.erase(std::uint64_t{head.number});
    }
    [[nodiscard]] std::size_t size() const { return all_.size(); }

private:
    Head* make(const Task& task) {
        Head& head = all_[++made_];
        head.number = made_;
        head.shared = task;
        head.shared.id = {};
        head.shared.attempt = 1;
        head.shared.payload = {};
        return &head;
    }

    std::unordered_map<std::uint64_t, Head> all_;
    std::uint64_t made_ = 0;
    Head* last_ = nullptr;  ///< tasks come in batches of one kind
};

}  // namespace nias::core
