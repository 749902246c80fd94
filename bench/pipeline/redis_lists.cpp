#include "bench/pipeline/redis_lists.hpp"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/processes.hpp"

namespace nias::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 256;       // elements a command, as rows a transaction of the SQLite baseline
constexpr std::size_t kPushesAhead = 16;  // commands that the source has no answer to yet
constexpr std::size_t kTaskBytes = 100;
constexpr std::size_t kResultBytes = 16;  // an id: a no-op has no output
constexpr auto kStarted = std::chrono::seconds(10);

[[noreturn]] void fail(const std::string& what) {
    std::cerr << "benchmark: redis: " << what << '\n';
    std::exit(1);
}

struct FreeReply {
    void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

/// Commands leave when leave() or an answer is called for; answers come in their order.
class Connection {
public:
    explicit Connection(const std::string& socket) : context_(redisConnectUnix(socket.c_str())) {}
    /// No: nobody listens there yet.
    [[nodiscard]] bool is_open() const { return context_ && context_->err == 0; }

    void push(std::string_view list, const std::string& element, std::size_t count) {
        words_.assign({"RPUSH", list});
        words_.resize(2 + count, element);
        append();
    }
    /// Answered with an array of at most kBatch elements, or with nil after a second without any.
    void take(std::string_view list) {
        words_.assign({"BLMPOP", "1", "1", list, "LEFT", "COUNT", batch_});
        append();
    }
    [[nodiscard]] bool ping() {
        words_.assign({"PING"});
        append();
        return answer()->type == REDIS_REPLY_STATUS;  // while it loads: an error
    }
    void leave() {
        for (int done = 0; done == 0;) {
            if (redisBufferWrite(context_.get(), &done) != REDIS_OK) { fail(context_->errstr); }
        }
    }
    Reply answer() {
        void* reply = nullptr;
        if (redisGetReply(context_.get(), &reply) != REDIS_OK) { fail(context_->errstr); }
        return Reply(static_cast<redisReply*>(reply));
    }
    void pushed() {
        if (const Reply reply = answer(); reply->type != REDIS_REPLY_INTEGER) { fail("a push failed"); }
    }
    /// How many elements a take() has brought.
    std::size_t taken() {
        const Reply reply = answer();
        if (reply->type == REDIS_REPLY_NIL) { return 0; }
        if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2) { fail("a take failed"); }
        return reply->element[1]->elements;
    }

private:
    void append() {
        pointers_.clear();
        sizes_.clear();
        for (const std::string_view word : words_) {
            pointers_.push_back(word.data());
            sizes_.push_back(word.size());
        }
        redisAppendCommandArgv(context_.get(), static_cast<int>(words_.size()), pointers_.data(),
                               sizes_.data());
    }

    struct Free {
        void operator()(redisContext* context) const { redisFree(context); }
    };
    std::unique_ptr<redisContext, Free> context_;
    std::string batch_ = std::to_string(kBatch);
    std::vector<std::string_view> words_;
    std::vector<const char*> pointers_;
    std::vector<std::size_t> sizes_;
};

/// A redis-server on a socket in the folder, every command that writes on disk before its answer.
class Server {
public:
    explicit Server(const std::string& folder) : socket_(folder + "/redis.socket") {
        std::string config = folder + "/redis.conf";
        std::ofstream(config) << "dir \"" << folder << "\"\nunixsocket \"" << socket_ << "\"\nport 0\n"
                              << "appendonly yes\nappendfsync always\nsave \"\"\nlogfile redis.log\n";
        // Debian's redis-tools has the server under this name; the package redis-server would start a
        // service.
        std::string name = "redis-server";
        char* const argv[] = {name.data(), config.data(), nullptr};
        if (posix_spawnp(&pid_, "redis-check-rdb", nullptr, nullptr, argv, environ) != 0) {
            fail("the server could not be started: install redis-tools");
        }
        for (const auto begun = Clock::now(); !serves();) {
            if (::waitpid(pid_, nullptr, WNOHANG) == pid_) { fail("the server ended at once"); }
            if (Clock::now() - begun > kStarted) {
                ::kill(pid_, SIGKILL);
                fail("the server does not answer");
            }
            std::this_thread::yield();
        }
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] const std::string& socket() const { return socket_; }

private:
    [[nodiscard]] bool serves() const {
        Connection connection(socket_);
        return connection.is_open() && connection.ping();
    }

    std::string socket_;
    pid_t pid_ = 0;
};

}  // namespace

double run_redis_lists(const std::string& folder, std::size_t tasks, std::size_t in_flight) {
    const Node server({"redis-server", folder});
    const std::string& socket = server.addresses()[0];
    const Node first({"redis-worker", socket});
    const Node second({"redis-worker", socket});
    std::atomic<std::size_t> ended = 0;
    const auto begun = Clock::now();
    std::thread source([&] {
        Connection connection(socket);
        const std::string task(kTaskBytes, 'x');
        std::size_t unanswered = 0;
        for (std::size_t sent = 0; sent < tasks; sent += kBatch) {
            const std::size_t wanted = sent + kBatch < in_flight ? 0 : sent + kBatch - in_flight;
            connection.push("tasks", task, std::min(kBatch, tasks - sent));
            connection.leave();
            ++unanswered;
            std::size_t seen = ended.load();
            for (; unanswered > 0 && (unanswered >= kPushesAhead || seen < wanted); --unanswered) {
                connection.pushed();
                seen = ended.load();
            }
            for (; seen < wanted; seen = ended.load()) { ended.wait(seen); }
        }
        for (; unanswered > 0; --unanswered) { connection.pushed(); }
    });
    Connection connection(socket);
    while (ended.load() < tasks) {
        connection.take("results");
        ended.fetch_add(connection.taken());
        ended.notify_one();
    }
    const double took = std::chrono::duration<double>(Clock::now() - begun).count();
    source.join();
    return took;
}

double run_redis_acknowledged(const std::string& folder, std::size_t warm_up, std::size_t tasks) {
    const Node server({"redis-server", folder});
    Connection connection(server.addresses()[0]);
    const std::string task(kTaskBytes, 'x');
    auto begun = Clock::now();
    for (std::size_t i = 0; i < warm_up + tasks; ++i) {
        if (i == warm_up) { begun = Clock::now(); }
        connection.push("tasks", task, 1);
        connection.pushed();
    }
    return std::chrono::duration<double>(Clock::now() - begun).count();
}

int redis_server(const std::string& folder) {
    const Server server(folder);
    std::cout << server.socket() << std::endl;
    for (char byte = 0; std::cin.get(byte);) {}
    return 0;
}

// The results of one batch and the wish for the next leave together.
int redis_worker(const std::string& socket) {
    Connection connection(socket);
    if (!connection.is_open()) { fail("no server at " + socket); }
    std::cout << "redis-worker" << std::endl;
    const std::string result(kResultBytes, 'r');
    pollfd input{0, POLLIN, 0};
    connection.take("tasks");
    while (::poll(&input, 1, 0) == 0) {
        const std::size_t tasks = connection.taken();
        if (tasks > 0) { connection.push("results", result, tasks); }
        connection.take("tasks");
        if (tasks > 0) { connection.pushed(); }
    }
    return 0;
}

}  // namespace nias::bench
