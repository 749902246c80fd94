/// The tasks that ended last, so that a repeated Submit or Sync is answered without the ledger.
/// Bounded in number and in bytes; the oldest are forgotten. Part of dispatch.
#pragma once

#include <deque>

#include "core/slab_map.hpp"
#include "wire/messages.hpp"

namespace nias::core {

class EndedTasks {
public:
    explicit EndedTasks(std::size_t max) : max_(max) {}

    void add(wire::Event event) {
        const auto [place, is_new] = events_.try_emplace(event.id);
        if (!is_new) { return; }
        bytes_ += weight(event);
        order_.push_back(event.id);
        *place = std::move(event);
        while (!order_.empty() && (order_.size() > max_ || bytes_ > kBytesMax)) {
            bytes_ -= weight(*events_.find(order_.front()));
            events_.erase(order_.front());
            order_.pop_front();
        }
    }

    /// The `ended` event of a task; null: not remembered.
    [[nodiscard]] const wire::Event* find(const TaskId& id) const {
        return events_.find(id);
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
    SlabMap<TaskId, wire::Event> events_;
};

}  // namespace nias::core
