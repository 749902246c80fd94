#include "http/lane.hpp"

namespace nias::httpfront {
namespace {

constexpr std::chrono::seconds kSpareFor{5};  // a thread that was started for a rush waits this long for more

}  // namespace

WorkLane::WorkLane(std::string name, Bounds bounds) : name_(std::move(name)), bounds_(bounds) {
    const std::lock_guard lock(mutex_);
    while (alive_ < bounds_.threads) { start(); }
}

WorkLane::~WorkLane() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        waiting_.clear();
    }
    wake_.notify_all();
    for (const Worker& worker : workers_) { worker.thread->join(); }
}

void WorkLane::start() {
    const bool always = alive_ < bounds_.threads;
    ++alive_;
    Worker& worker = workers_.emplace_back(Worker{std::make_unique<Poco::Thread>(name_)});
    worker.thread->startFunc([this, &worker, always] { serve(worker, always); });
}

bool WorkLane::add(std::function<void()>& work) {
    {
        const std::lock_guard lock(mutex_);
        if (closing_ || waiting_.size() >= bounds_.waiting) { return false; }
        waiting_.push_back(std::move(work));
        std::erase_if(workers_, [](const Worker& worker) {
            if (worker.ended) { worker.thread->join(); }
            return worker.ended;
        });
        if (running_ + waiting_.size() > alive_ && alive_ < bounds_.threads_most) { start(); }
    }
    wake_.notify_one();
    return true;
}

bool WorkLane::wait_idle(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return idle_.wait_for(lock, patience, [this] { return running_ == 0 && waiting_.empty(); });
}

void WorkLane::serve(Worker& self, bool always) {
    const auto has_work = [this] { return closing_ || !waiting_.empty(); };
    std::unique_lock lock(mutex_);
    while (true) {
        if (always) { wake_.wait(lock, has_work); }
        if (!always && !wake_.wait_for(lock, kSpareFor, has_work)) { break; }
        if (waiting_.empty()) { break; }
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
    --alive_;
    self.ended = true;
}

}  // namespace nias::httpfront
