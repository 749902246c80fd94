/// Keeps one copy of what many living tasks have in common: everything but id, attempt and payload.
/// A million queued tasks are of a few kinds, so that each costs its own bytes only. Part of dispatch.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include <nias/task.hpp>

#include "wire/runs.hpp"

namespace nias::core {

struct Lane;

/// The kinds of the living tasks. A kind lives as long as one of its tasks, and never moves.
class Kinds {
public:
    struct Kind {
        Task shared;                        ///< its id and payload are empty, its attempt is 1
        std::uint64_t hash = 0;             ///< key of this kind in `all_`
        std::size_t tasks = 0;              ///< number of living tasks of this kind
        Lane* lane = nullptr;               ///< lane where tasks of this kind wait; see FairQueue
        std::uint64_t lane_generation = 0;  ///< generation for which `lane` is right; 0: none
    };

    Kinds() = default;
    Kinds(const Kinds&) = delete;  // tasks point at them
    Kinds& operator=(const Kinds&) = delete;

    /// Finds the kind of tasks like this one; null where none lives.
    [[nodiscard]] Kind* find(const Task& task) {
        if (last_ != nullptr && wire::alike(last_->shared, task)) { return last_; }
        const auto [begin, end] = all_.equal_range(hash_of(task));
        for (auto one = begin; one != end; ++one) {
            if (wire::alike(one->second.shared, task)) { return last_ = &one->second; }
        }
        return nullptr;
    }
    /// Counts one more task of the kind of `task`, which stays until that task has left.
    [[nodiscard]] Kind* join(const Task& task) {
        Kind* const kind = find(task);
        return join(kind != nullptr ? *kind : make(task));
    }
    [[nodiscard]] static Kind* join(Kind& kind) {
        ++kind.tasks;
        return &kind;
    }
    void leave(Kind& kind) {
        if (--kind.tasks > 0) { return; }
        if (last_ == &kind) { last_ = nullptr; }
        const auto [begin, end] = all_.equal_range(std::uint64_t{kind.hash});
        for (auto one = begin; one != end; ++one) {
            if (&one->second == &kind) {
                all_.erase(one);
                return;
            }
        }
    }
    [[nodiscard]] std::size_t size() const { return all_.size(); }
    /// Whether a living task is of this group.
    [[nodiscard]] bool has_group(const TaskId& group) const {
        return std::any_of(all_.begin(), all_.end(),
                           [&group](const auto& one) { return one.second.shared.group == group; });
    }

private:
    static std::uint64_t hash_of(const Task& task) {
        constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15ULL;
        const auto of = [](const std::string& text) {
            return text.empty() ? 0 : std::hash<std::string>{}(text);
        };
        const std::uint64_t names =
            (of(task.owner) * kMix + of(task.spec.name)) * kMix + of(task.spec.runtime);
        const auto [group_time, group_chance] = task.group.halves();
        const std::uint64_t origin = (group_time ^ group_chance) * kMix + of(task.request);
        return (names * kMix + origin) * kMix + task.spec.time_limit_ms + task.spec.resources.memory_bytes;
    }
    Kind& make(const Task& task) {
        const std::uint64_t hash = hash_of(task);
        Kind& kind = all_.emplace(hash, Kind{})->second;
        kind.shared = task;
        kind.shared.id = {};
        kind.shared.attempt = 1;
        kind.shared.payload = {};
        kind.hash = hash;
        last_ = &kind;
        return kind;
    }

    std::unordered_multimap<std::uint64_t, Kind> all_;
    Kind* last_ = nullptr;  ///< found last: tasks come in batches of one kind
};

}  // namespace nias::core
