// Which of two reports a watcher holds for the later one, where a stream and answers to its questions come
// side by side. The ventilator is in the test's hands.
#include <gmock/gmock.h>
#include <nias/watcher.hpp>

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "net/socket.hpp"
#include "support/temp_folder.hpp"
#include "wire/codec/codec.hpp"

using namespace std::chrono_literals;
using testing::ElementsAre;

namespace nias {
namespace {

constexpr auto kPatience = 30s;

class WatcherOrder : public testing::Test {
protected:
    void SetUp() override {
        id_.bytes[15] = 7;
        auto events = net::Socket::bind(context_, net::Kind::xpub, at("events"));
        auto control = net::Socket::bind(context_, net::Kind::router, at("control"));
        ASSERT_TRUE(events && control);
        events_.emplace(std::move(*events));
        control_.emplace(std::move(*control));
        WatcherOptions options;
        options.events = at("events");
        options.control = at("control");
        options.output.clear();
        options.ask_after = 50ms;
        auto watcher = Watcher::open(options, {.on_state =
                                                   [this](const TaskEvent& event) {
                                                       const std::lock_guard lock(mutex_);
                                                       told_.push_back(std::string(to_string(event.state)) +
                                                                       " " + std::to_string(event.attempt));
                                                       changed_.notify_all();
                                                   },
                                               .on_log = {},
                                               .on_progress = {}});
        ASSERT_TRUE(watcher) << watcher.error().message;
        watcher_.emplace(std::move(*watcher));
        ASSERT_TRUE(watcher_->follow(id_));
        std::string topic;
        net::Socket* const sockets[] = {&*events_};
        ASSERT_TRUE(net::wait_readable(sockets, nullptr, kPatience).at(0));
        ASSERT_TRUE(events_->receive_subscription(topic));
    }
    [[nodiscard]] std::string at(const std::string& name) const {
        return "ipc://" + folder_.path() + "/" + name;
    }
    [[nodiscard]] wire::Events one(std::uint64_t epoch, std::uint64_t number, TaskState state,
                                   Attempt attempt) const {
        wire::Events events;
        events.epoch = epoch;
        events.first_seq = number;
        events.standing.push_back({wire::EventKind::state, state, attempt, 1, "w1", {id_}});
        return events;
    }
    void publish(std::uint64_t epoch, std::uint64_t number, TaskState state, Attempt attempt) {
        ASSERT_TRUE(events_->send("tclient", wire::encode(one(epoch, number, state, attempt))));
    }
    /// To the next question.
    void answer(std::uint64_t epoch, std::uint64_t number, TaskState state, Attempt attempt) {
        std::string peer;
        Bytes frame;
        net::Socket* const sockets[] = {&*control_};
        ASSERT_TRUE(net::wait_readable(sockets, nullptr, kPatience).at(0));
        while (control_->receive(peer, frame)) {}
        ASSERT_TRUE(control_->send(peer, wire::encode(one(epoch, number, state, attempt))));
    }
    /// Publishes an end as the last, and gives back all that was told up to it.
    std::vector<std::string> told(std::uint64_t epoch) {
        wire::Events events;
        events.epoch = epoch;
        events.first_seq = 1'000'000;
        wire::Event end;
        end.id = id_;
        end.kind = wire::EventKind::ended;
        end.state = TaskState::succeeded;
        end.attempt = 9;
        end.outcome.emplace().status = OutcomeStatus::succeeded;
        events.events.push_back(end);
        EXPECT_TRUE(events_->send("tclient", wire::encode(events)));
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, kPatience,
                                      [this] { return !told_.empty() && told_.back() == "succeeded 9"; }));
        return told_;
    }
    void wait_for(const std::string& last) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] {
            return !told_.empty() && told_.back() == last;
        })) << last;
    }

    const test::TempFolder folder_;
    TaskId id_;
    net::Context context_;
    std::optional<net::Socket> events_;
    std::optional<net::Socket> control_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> told_;
    std::optional<Watcher> watcher_;
};

TEST_F(WatcherOrder, TellsThatAnEarlierAttemptCameBack) {
    publish(5, 1, TaskState::running, 1);
    publish(5, 2, TaskState::queued, 1);
    publish(5, 3, TaskState::assigned, 2);
    publish(5, 4, TaskState::running, 1);
    EXPECT_THAT(told(5), ElementsAre("running 1", "queued 1", "assigned 2", "running 1", "succeeded 9"));
}

TEST_F(WatcherOrder, TellsItAlsoWhereTheStreamLostItAndAnAnswerSaysSo) {
    publish(5, 3, TaskState::assigned, 2);
    wait_for("assigned 2");
    answer(5, 4, TaskState::running, 1);
    wait_for("running 1");
    EXPECT_THAT(told(5), ElementsAre("assigned 2", "running 1", "succeeded 9"));
}

TEST_F(WatcherOrder, PassesOverWhatAnAnswerHasOvertaken) {
    answer(5, 4, TaskState::running, 2);
    wait_for("running 2");
    publish(5, 3, TaskState::queued, 2);
    publish(5, 4, TaskState::assigned, 3);
    EXPECT_THAT(told(5), ElementsAre("running 2", "succeeded 9"));
}

TEST_F(WatcherOrder, FollowsAVentilatorThatStartsAgainAndCountsFromTheBeginning) {
    publish(5, 800, TaskState::assigned, 2);
    publish(6, 1, TaskState::running, 1);
    publish(5, 801, TaskState::running, 2);
    EXPECT_THAT(told(6), ElementsAre("assigned 2", "running 1", "succeeded 9"));
}

TEST_F(WatcherOrder, FollowsManyLivesOfAVentilator) {
    for (std::uint64_t life = 1; life <= 200; ++life) {
        publish(life, 1, TaskState::running, static_cast<Attempt>(life));
        wait_for("running " + std::to_string(life));
    }
}

}  // namespace
}  // namespace nias
