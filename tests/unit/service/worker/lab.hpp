/// A worker whose ventilator and sink are in the test's hands. Used by the tests of service/worker.
#pragma once

#include <gtest/gtest.h>
#include <nias/worker.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "net/socket.hpp"
#include "support/temp_folder.hpp"
#include "wire/codec/codec.hpp"

namespace nias {

inline constexpr std::chrono::seconds kPatience{30};

class WorkerOfATest : public testing::Test {
protected:
    void SetUp() override {
        control_.emplace(bind(net::Kind::router, "control"));
        outcomes_.emplace(bind(net::Kind::pull, "outcomes"));
    }
    void TearDown() override {
        if (thread_.joinable()) { stop(); }
    }
    /// Returns when run() has.
    void stop() {
        worker_->stop();
        thread_.join();
    }
    net::Socket bind(net::Kind kind, const std::string& name) {
        auto socket = net::Socket::bind(context_, kind, address(name));
        EXPECT_TRUE(socket) << socket.error().message;
        return std::move(*socket);
    }
    [[nodiscard]] std::string address(const std::string& name) const {
        return "ipc://" + folder_.path() + "/" + name;
    }
    [[nodiscard]] WorkerOptions options(std::uint32_t window) const {
        return {.control = address("control"),
                .outcomes = address("outcomes"),
                .bulk = address("bulk"),
                .name = "w1",
                .window = window,
                .drain_timeout_s = 0};  // nobody settles what it reports
    }
    /// Has said Hello, was welcomed, and has granted its window.
    void start(std::uint32_t window, Worker::Handler handler) { start(options(window), std::move(handler)); }
    void start(const WorkerOptions& options, Worker::Handler handler) {
        begin(options, [handler = std::move(handler)](Worker& worker) { return worker.run(handler); });
    }
    void start_jobs(Worker::JobHandler handler) {
        begin(options(1),
              [handler = std::move(handler)](Worker& worker) { return worker.run_jobs(handler); });
    }
    void begin(const WorkerOptions& options, std::function<Status(Worker&)> run) {
        auto opened = Worker::open(options);
        ASSERT_TRUE(opened) << opened.error().message;
        worker_.emplace(std::move(*opened));
        thread_ = std::thread([this, run = std::move(run)] { (void)run(*worker_); });
        incarnation_ = answer<wire::Hello>().incarnation;
        wire::Welcome welcome;
        welcome.incarnation = incarnation_;
        send(welcome);
        EXPECT_EQ(answer<wire::Credit>().total, std::max(options.window, options.slots));
    }
    void send(const wire::Message& message) { ASSERT_TRUE(control_->send(peer_, wire::encode(message))); }
    void give(std::uint8_t n, std::uint64_t time_limit_ms = 0) {
        Task task;
        task.spec.time_limit_ms = time_limit_ms;
        task.id = id_of(n);
        task.attempt = 1;
        task.owner = "ana";
        send(wire::Tasks{incarnation_, ++sent_, {task}});
    }
    void settle(std::uint8_t n) { send(wire::Settled{{{id_of(n), 1}}}); }
    static TaskId id_of(std::uint8_t n) {
        TaskId id;
        id.bytes[15] = n;
        return id;
    }
    template <typename Message>
    Message answer() {
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (std::chrono::steady_clock::now() < until) {
            net::Socket* const sockets[] = {&*control_};
            (void)net::wait_readable(sockets, nullptr, std::chrono::milliseconds(100));
            Bytes frame;
            if (!control_->receive(peer_, frame)) { continue; }
            auto message = wire::decode(frame);
            if (!message) { continue; }
            if (auto* found = std::get_if<Message>(&*message)) { return std::move(*found); }
        }
        ADD_FAILURE() << "no answer";
        return {};
    }
    /// The reports, once they are of so many attempts.
    std::map<TaskId, Outcome> reported(std::size_t count) {
        std::map<TaskId, Outcome> out;
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (out.size() < count && std::chrono::steady_clock::now() < until) {
            net::Socket* const sockets[] = {&*outcomes_};
            (void)net::wait_readable(sockets, nullptr, std::chrono::milliseconds(100));
            Bytes frame;
            if (!outcomes_->receive(frame)) { continue; }
            auto message = wire::decode(frame);
            EXPECT_TRUE(message);
            for (const Outcome& outcome : std::get<wire::OutcomeReport>(*message).outcomes) {
                out[outcome.id] = outcome;
            }
        }
        return out;
    }

    /// The outcome of one attempt, among whatever else is reported again.
    Outcome reported_of(std::uint8_t n) {
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (std::chrono::steady_clock::now() < until) {
            auto one = reported(1);
            if (one.contains(id_of(n))) { return one[id_of(n)]; }
        }
        ADD_FAILURE() << "no outcome of " << int{n};
        return {};
    }

    const test::TempFolder folder_;
    net::Context context_;
    std::optional<net::Socket> control_;
    std::optional<net::Socket> outcomes_;
    std::optional<Worker> worker_;
    std::thread thread_;
    std::string peer_;
    std::uint64_t incarnation_ = 0;
    std::uint64_t sent_ = 0;
};

/// Ends when it is told to, or in its own time: too late for the tests below.
inline Result<Bytes> until_cancelled(const Task&, Context& context) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (!context.cancelled() && std::chrono::steady_clock::now() < until) { std::this_thread::yield(); }
    return Error{ErrorCode::unavailable, context.cancelled() ? "stopped" : "nobody stopped it"};
}

}  // namespace nias
