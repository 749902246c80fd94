#include "wire/runs.hpp"

#include "wire/limits.hpp"
#include "wire/sharing.hpp"

namespace nias::wire {

bool alike(const Task& first, const Task& second) { return Comparison<Task>::of(first, second); }
bool alike(const Outcome& first, const Outcome& second) { return Comparison<Outcome>::of(first, second); }
bool alike(const Event& first, const Event& second) { return Comparison<Event>::of(first, second); }

std::size_t text_bytes(const Task& task) { return SharedBytes::of(task); }
std::size_t text_bytes(const Outcome& outcome) { return SharedBytes::of(outcome); }
std::size_t text_bytes(const Event& event) { return SharedBytes::of(event); }
bool may_share(std::size_t text_bytes) { return text_bytes <= kSharedBytesMax; }

}  // namespace nias::wire
