#include "service/bulk/hash_thread.hpp"

#include <utility>

namespace nias::service {
namespace {

constexpr std::size_t kSpare = 4;

}  // namespace

HashThread::HashThread() : thread_([this] { run(); }) {}

HashThread::~HashThread() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void HashThread::update(Sha256& sha, Bytes data) {
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return bytes_ < kAheadBytes; });
        bytes_ += data.size();
        given_.push_back({&sha, std::move(data)});
        if (given_.size() > 1) { return; }  // the thread is at work
    }
    changed_.notify_all();
}

void HashThread::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return given_.empty(); });
}

Bytes HashThread::spare() {
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) { return {}; }
    Bytes last = std::move(spare_.back());
    spare_.pop_back();
    return last;
}

void HashThread::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return closing_ || !given_.empty(); });
        if (given_.empty()) { return; }
        Given& next = given_.front();
        lock.unlock();
        next.sha->update(next.data);
        lock.lock();
        bytes_ -= next.data.size();
        if (spare_.size() < kSpare) { spare_.push_back(std::move(next.data)); }
        given_.pop_front();
        changed_.notify_all();
    }
}

}  // namespace nias::service
