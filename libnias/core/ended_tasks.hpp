/// The tasks that ended last, so that a repeated Submit or Sync is answered without the ledger.
/// Bounded in number and in bytes; the oldest are forgotten. Part of dispatch.
#pragma once

#include <deque>
#include <unordered_map>

#include "wire/messages.hpp"

namespace nias::core {

class EndedTasks {
public:
    explicit EndedTasks(std::size_t max) : max_(max) {}

    void add(wire::Event event) {
        bytes_ += weight(event);
        order_.push_back(event.id);
        const TaskId id = event.id;
        events_.emplace(id, std::move(event));
        while (!order_.empty() && (order_.size() > max_ || bytes_ > kBytesMax)) {
            const auto it = events_.find(order_.front());
            bytes_ -= weight(it->second);
            events_.erase(it);
            order_.pop_front();
        }
    }

    /// The `ended` event of a task; null: not remembered.
    [[nodiscard]] const wire::Event* find(const TaskId& id) const {
        const auto it = events_.find(id);
        return it == events_.end() ? nullptr : &it->second;
    }

    [[nodiscard]] std::size_t size() const { return order_.size(); }

    static constexpr std::size_t kBytesMax = 64U << 20U;

private:
    static std::size_t weight(const wire::Event& event) {
        std::size_t bytes = sizeof(wire::Event) + event.text.size();
        if (event.outcome) {
            bytes += event.outcome->output.size() + event.outcome->error.size();
            for (const auto& note : event.outcome->notes) { bytes += note.size(); }
        }
        return bytes;
    }

    std::size_t max_;
    std::size_t bytes_ = 0;
    std::deque<TaskId> order_;
    std::unordered_map<TaskId, wire::Event> events_;
};

}  // namespace nias::core
