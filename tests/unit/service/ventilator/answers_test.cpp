// An answer about a task is compared with events by its number, so it tells as much as they do.
#include <gtest/gtest.h>
#include <nias/ventilator.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <thread>

#include "net/socket.hpp"
#include "support/temp_folder.hpp"
#include "wire/codec/codec.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

constexpr auto kPatience = 30s;

/// A ventilator with one peer, who is worker, submitter and listener at once.
class AnswersOfAVentilator : public testing::Test {
protected:
    void SetUp() override {
        auto opened = Ventilator::open(
            {.intake = at("i"), .control = at("c"), .events = at("e"), .durability = Durability::memory});
        ASSERT_TRUE(opened) << opened.error().message;
        ventilator_.emplace(std::move(*opened));
        thread_ = std::thread([this] { EXPECT_TRUE(ventilator_->run()); });
        intake_.emplace(connect(net::Kind::push, "i"));
        control_.emplace(connect(net::Kind::dealer, "c"));
        events_.emplace(connect(net::Kind::sub, "e"));
        events_->subscribe("tme");
        ASSERT_TRUE(next<wire::Events>(*events_)) << "the stream is not joined";
    }
    void TearDown() override {
        if (!ventilator_) { return; }
        ventilator_->stop();
        thread_.join();
    }
    [[nodiscard]] std::string at(const std::string& name) const {
        return "ipc://" + folder_.path() + "/" + name;
    }
    net::Socket connect(net::Kind kind, const std::string& name) {
        auto socket = net::Socket::connect(context_, kind, at(name));
        EXPECT_TRUE(socket) << socket.error().message;
        return std::move(*socket);
    }
    static void send(net::Socket& socket, const wire::Message& message) {
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (!socket.send(wire::encode(message)) && std::chrono::steady_clock::now() < until) {}
    }
    /// The next message of this kind; others are passed over.
    template <typename Message>
    std::optional<Message> next(net::Socket& socket) {
        const auto until = std::chrono::steady_clock::now() + kPatience;
        std::string topic;
        Bytes frame;
        while (std::chrono::steady_clock::now() < until) {
            net::Socket* const sockets[] = {&socket};
            (void)net::wait_readable(sockets, nullptr, 100ms);
            const bool is_stream = &socket == &*events_;
            if (is_stream ? !socket.receive(topic, frame) : !socket.receive(frame)) { continue; }
            auto message = wire::decode(frame);
            if (!message) { continue; }
            if (auto* found = std::get_if<Message>(&*message)) { return std::move(*found); }
        }
        return std::nullopt;
    }
    /// Numbers of the events that say of this task that it runs; waits for the first.
    std::optional<std::uint64_t> number_of_running(const TaskId& id) {
        while (auto events = next<wire::Events>(*events_)) {
            std::uint64_t number = events->first_seq;
            for (const wire::Standing& standing : events->standing) {
                for (const TaskId& one : standing.ids) {
                    if (one == id && standing.state == TaskState::running) { return number; }
                    ++number;
                }
            }
        }
        return std::nullopt;
    }

    const test::TempFolder folder_;
    net::Context context_;
    std::optional<Ventilator> ventilator_;
    std::thread thread_;
    std::optional<net::Socket> intake_, control_, events_;
};

// The question and the news of the start leave together, so that most pairs are read in one round.
TEST_F(AnswersOfAVentilator, TellAsMuchAsTheEventsThatTheirNumbersCover) {
    constexpr std::uint64_t kTasks = 100;
    wire::Hello hello;
    hello.worker = "w";
    hello.incarnation = 7;
    send(*control_, hello);
    ASSERT_TRUE(next<wire::Welcome>(*control_));
    send(*control_, wire::Credit{7, 1, kTasks});
    for (std::uint64_t n = 0; n < kTasks; ++n) {
        Task task;
        task.id = TaskId::make();
        task.owner = "ana";
        send(*intake_, wire::Submit{"me", {task}});
        ASSERT_TRUE(next<wire::Tasks>(*control_)) << "task " << n << " was not given out";
        send(*control_, wire::Sync{{task.id}});
        send(*control_, wire::Started{{{task.id, 1}}});
        const auto answer = next<wire::Events>(*control_);
        ASSERT_TRUE(answer);
        ASSERT_EQ(answer->events.size(), 1U);
        const auto runs = number_of_running(task.id);
        ASSERT_TRUE(runs);
        const TaskState told = (*answer->events.begin()).state;
        EXPECT_EQ(told == TaskState::running, answer->first_seq >= *runs)
            << "an answer of number " << answer->first_seq << " says " << to_string(told) << ", and event "
            << *runs << " that it runs";
    }
}

}  // namespace
}  // namespace nias
