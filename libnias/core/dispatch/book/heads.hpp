/// What tasks share, all but id, attempt and payload: one copy for those that are alike, however many there
/// are. Part of dispatch; a million queued tasks are of a few kinds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include <nias/task.hpp>

#include "wire/runs.hpp"

namespace nias::core {

struct Lane;

class Heads {
public:
    struct Head {
        Task shared;             ///< of attempt 1, without id and payload
        std::uint64_t hash = 0;  ///< of `shared`
        std::size_t tasks = 0;
        Lane* lane = nullptr;     ///< that they wait in, as FairQueue remembers it
        std::uint64_t lanes = 0;  ///< and the state of its lanes for which that holds; 0: none
    };

    Heads() = default;
    Heads(const Heads&) = delete;  // tasks point at them
    Heads& operator=(const Heads&) = delete;

    /// That of tasks like this one; null: none lives.
    [[nodiscard]] Head* find(const Task& task) {
        if (last_ != nullptr && wire::alike(last_->shared, task)) { return last_; }
        const auto [begin, end] = all_.equal_range(hash_of(task));
        for (auto one = begin; one != end; ++one) {
            if (wire::alike(one->second.shared, task)) { return last_ = &one->second; }
        }
        return nullptr;
    }
    /// For one more task that is like this one. Stays until that task has left.
    [[nodiscard]] Head* join(const Task& task) {
        Head* const head = find(task);
        return join(head != nullptr ? *head : make(task));
    }
    [[nodiscard]] static Head* join(Head& head) {
        ++head.tasks;
        return &head;
    }
    void leave(Head& head) {
        if (--head.tasks > 0) { return; }
        if (last_ == &head) { last_ = nullptr; }
        const auto [begin, end] = all_.equal_range(std::uint64_t{head.hash});
        for (auto one = begin; one != end; ++one) {
            if (&one->second == &head) {
                all_.erase(one);
                return;
            }
        }
    }
    [[nodiscard]] std::size_t size() const { return all_.size(); }

private:
    static std::uint64_t hash_of(const Task& task) {
        constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15ULL;
        const auto of = [](const std::string& text) {
            return text.empty() ? 0 : std::hash<std::string>{}(text);
        };
        const std::uint64_t names =
            (of(task.owner) * kMix + of(task.spec.name)) * kMix + of(task.spec.runtime);
        return names * kMix + task.spec.time_limit_ms + task.spec.resources.memory_bytes;
    }
    Head& make(const Task& task) {
        const std::uint64_t hash = hash_of(task);
        Head& head = all_.emplace(hash, Head{})->second;
        head.shared = task;
        head.shared.id = {};
        head.shared.attempt = 1;
        head.shared.payload = {};
        head.hash = hash;
        last_ = &head;
        return head;
    }

    std::unordered_multimap<std::uint64_t, Head> all_;
    Head* last_ = nullptr;  ///< tasks come in batches of one kind
};

}  // namespace nias::core
