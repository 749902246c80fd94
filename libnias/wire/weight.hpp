/// The bytes that a part of a message may add to a frame, never too few. Callers that gather parts into a
/// frame count them by this, so that no frame passes kFrameBytesMax. Used by the cores and the ventilator.
#pragma once

#include "wire/messages.hpp"

namespace nias::wire {

[[nodiscard]] inline std::size_t weight(const Outcome& outcome) {
    constexpr std::size_t kLength = 5;  // msgpack str 32
    std::size_t bytes = sizeof(Outcome) + outcome.output.size() + outcome.error.size() +
                        outcome.worker.size() + outcome.request.size();
    for (const auto& note : outcome.notes) { bytes += kLength + note.size(); }
    return bytes;
}

[[nodiscard]] inline std::size_t weight(const Event& event) {
    constexpr std::size_t kFixedFields = 64;
    return kFixedFields + event.text.size() + (event.outcome ? weight(*event.outcome) : 0);
}

[[nodiscard]] inline std::size_t weight(const Task& task) {
    std::size_t bytes = sizeof(Task) + task.owner.size() + task.spec.name.size() + task.spec.runtime.size() +
                        task.request.size();
    for (const CountedResource& one : task.spec.resources.counted) { bytes += sizeof one + one.name.size(); }
    return bytes + task.payload.size();
}

inline constexpr std::size_t kCarriedLength = 5;  ///< msgpack bin 32

template <typename T>
[[nodiscard]] std::size_t weight(const Run<T>& run) {
    return weight(run.shared) + (sizeof(TaskId) + kCarriedLength) * run.size() + run.carried.bytes();
}

[[nodiscard]] inline std::size_t weight(const OutcomeReport& report) {
    std::size_t bytes = 0;
    for (const Run<Outcome>& run : report.outcomes.runs()) { bytes += weight(run); }
    return bytes;
}

[[nodiscard]] inline std::size_t weight(const Standing& standing) {
    constexpr std::size_t kFixedFields = 64;
    return kFixedFields + standing.text.size() + sizeof(TaskId) * standing.ids.size();
}

}  // namespace nias::wire
