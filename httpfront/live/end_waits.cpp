#include "live/end_waits.hpp"

#include <algorithm>

namespace nias::httpfront {

void EndWaits::wait(const TaskId& id, Time deadline, const std::function<bool()>& ended) {
    std::unique_lock lock(mutex_);
    const auto wait = waits_.insert(waits_.end(), {id});
    lock.unlock();
    const bool over = ended();  // an end from here on is heard
    lock.lock();
    if (!over) {
        changed_.wait_until(lock, deadline, [&] { return wait->over || closed_; });
    }
    waits_.erase(wait);
}

void EndWaits::heard_end(const TaskId& id) {
    {
        const std::lock_guard lock(mutex_);
        for (Wait& wait : waits_) { wait.over = wait.over || wait.id == id; }
    }
    changed_.notify_all();
}

bool EndWaits::waits_for(const TaskId& id) {
    const std::lock_guard lock(mutex_);
    return std::any_of(waits_.begin(), waits_.end(), [&](const Wait& wait) { return wait.id == id; });
}

void EndWaits::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
}

}  // namespace nias::httpfront
