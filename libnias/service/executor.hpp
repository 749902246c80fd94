/// The threads that run a worker's handlers, and the queue by which they tell its loop.
/// Used by service/worker only. Handlers run here and nowhere else.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include <nias/worker.hpp>

#include "net/socket.hpp"

namespace nias::service {

struct StartedNote { AttemptRef attempt; };
struct FinishedNote { Outcome outcome; };
using Note = std::variant<StartedNote, FinishedNote>;

class Executor {
public:
    Executor(const WorkerOptions& options, Worker::JobHandler handler, net::Context& context, const net::Waker& loop);
    ~Executor();  ///< waits for the handlers; stop_all() first to make them hurry
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    void run(Task task);                       ///< at most as many as the core has slots: bounded by its window
    void stop(const AttemptRef& attempt);      ///< its Context says cancelled()
    void stop_all();
    [[nodiscard]] std::vector<Note> take();    ///< what the handlers told since the last call

private:
    class HandlerContext;
    void work();
    void tell(Note note);

    WorkerOptions options_;
    Worker::JobHandler handler_;
    net::Context& context_;
    const net::Waker& loop_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool closing_ = false;
    std::deque<Task> waiting_;
    std::map<AttemptRef, std::shared_ptr<std::atomic<bool>>> cancels_;
    std::vector<Note> notes_;
    std::vector<std::thread> threads_;
};

}  // namespace nias::service
