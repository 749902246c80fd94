#include "http/lane.hpp"

namespace nias::httpfront {

WorkLane::WorkLane(const std::string& name, std::size_t threads, std::size_t waiting_max)
    : waiting_max_(waiting_max) {
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.push_back(std::make_unique<Poco::Thread>(name));
        threads_.back()->startFunc([this] { serve(); });
    }
}

WorkLane::~WorkLane() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        waiting_.clear();
    }
    wake_.notify_all();
    for (const auto& thread : threads_) { thread->join(); }
}

bool WorkLane::add(std::function<void()>& work) {
    {
        const std::lock_guard lock(mutex_);
        if (closing_ || waiting_.size() >= waiting_max_) { return false; }
        waiting_.push_back(std::move(work));
    }
    wake_.notify_one();
    return true;
}

bool WorkLane::wait_idle(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return idle_.wait_for(lock, patience, [this] { return running_ == 0 && waiting_.empty(); });
}

void WorkLane::serve() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
        if (waiting_.empty()) { return; }
        std::function<void()> work = std::move(waiting_.front());
        waiting_.pop_front();
        ++running_;
        lock.unlock();
        work();
        work = nullptr;
        lock.lock();
        --running_;
        if (running_ == 0 && waiting_.empty()) { idle_.notify_all(); }
    }
}

}  // namespace nias::httpfront
