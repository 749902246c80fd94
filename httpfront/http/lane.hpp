/// A bounded queue of work and the threads that do it. Used by server only.
#pragma once

#include <Poco/Thread.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace nias::httpfront {

class WorkLane {
public:
    WorkLane(const std::string& name, std::size_t threads, std::size_t waiting_max);
    WorkLane(const WorkLane&) = delete;
    WorkLane& operator=(const WorkLane&) = delete;
    ~WorkLane();  ///< what waits is dropped, what runs ends

    /// False: too much waits already; `work` was not taken.
    [[nodiscard]] bool add(std::function<void()>& work);
    /// Waits until nothing runs or waits. False: not within `patience`.
    [[nodiscard]] bool wait_idle(std::chrono::milliseconds patience);

private:
    void serve();

    std::size_t waiting_max_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable idle_;
    std::deque<std::function<void()>> waiting_;
    std::size_t running_ = 0;
    bool closing_ = false;
    std::vector<std::unique_ptr<Poco::Thread>> threads_;
};

}  // namespace nias::httpfront
