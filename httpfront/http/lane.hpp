/// A bounded queue of work and the threads that do it. Used by server only.
#pragma once

#include <Poco/Thread.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>

namespace nias::httpfront {

class WorkLane {
public:
    struct Bounds {
        std::size_t threads = 1;       ///< always there
        std::size_t threads_most = 0;  ///< more are started while all are busy, up to this; 0: none
        std::size_t waiting = 0;
    };
    WorkLane(std::string name, Bounds bounds);
    WorkLane(const WorkLane&) = delete;
    WorkLane& operator=(const WorkLane&) = delete;
    ~WorkLane();  ///< what waits is dropped, what runs ends

    /// False: too much waits already; `work` was not taken.
    [[nodiscard]] bool add(std::function<void()>& work);
    /// Waits until nothing runs or waits. False: not within `patience`.
    [[nodiscard]] bool wait_idle(std::chrono::milliseconds patience);

private:
    struct Worker {
        std::unique_ptr<Poco::Thread> thread;
        bool ended = false;  // under mutex_: it can be joined
    };

    void start();  // under mutex_
    void serve(Worker& self, bool always);

    const std::string name_;
    const Bounds bounds_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable idle_;
    std::deque<std::function<void()>> waiting_;
    std::size_t running_ = 0;
    bool closing_ = false;
    std::list<Worker> workers_;
    std::size_t alive_ = 0;
};

}  // namespace nias::httpfront
