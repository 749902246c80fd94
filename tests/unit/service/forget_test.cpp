// P9, and forgetting from end to end: a ventilator and a sink over one folder, a client that asks, and what
// is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/sink.hpp>
#include <nias/submitter.hpp>
#include <nias/ventilator.hpp>
#include <nias/watcher.hpp>
#include <nias/worker.hpp>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include "net/socket.hpp"
#include "service/access/senders.hpp"
#include "service/questions.hpp"
#include "store/forgotten/forgotten.hpp"
#include "store/ledger/ledger.hpp"
#include "store/logs/logs.hpp"
#include "store/results/results.hpp"
#include "support/temp_folder.hpp"
#include "wire/codec/codec.hpp"
#include "wire/limits.hpp"

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

namespace nias {
namespace {

constexpr auto kPatience = 30s;

/// Waits until it is so.
template <typename Holds>
[[nodiscard]] bool soon(const Holds& holds) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
        if (holds()) { return true; }
        std::this_thread::yield();
    }
    return false;
}

class ForgetTest : public testing::Test {
protected:
    void SetUp() override {
        start_ventilator();
        start_sink();
        auto worker = Worker::open({.control = address("control"),
                                    .outcomes = address("outcomes"),
                                    .bulk = address("bulk"),
                                    .name = "w1"});
        ASSERT_TRUE(worker) << worker.error().message;
        worker_.emplace(std::move(*worker));
        worker_thread_ = std::thread([this] {
            EXPECT_TRUE(
                worker_->run([](const Task& task, Context&) -> Result<Bytes> { return task.payload; }));
        });
        submitter_.emplace(*Submitter::open(
            {.intake = address("intake"), .control = address("control"), .events = address("events")}));
    }
    void TearDown() override {
        worker_->stop();
        worker_thread_.join();
        stop_sink();
        stop_ventilator();
    }
    [[nodiscard]] std::string address(const std::string& name) const {
        return "ipc://" + folder_.path() + "/" + name;
    }
    void start_ventilator() {
        auto opened = Ventilator::open({.intake = address("intake"),
                                        .control = address("control"),
                                        .events = address("events"),
                                        .data_dir = folder_.path()});
        ASSERT_TRUE(opened) << opened.error().message;
        ventilator_.emplace(std::move(*opened));
        ventilator_thread_ = std::thread([this] { EXPECT_TRUE(ventilator_->run()); });
    }
    void stop_ventilator() {
        ventilator_->stop();
        ventilator_thread_.join();
        ventilator_.reset();
    }
    void start_sink() {
        auto opened = Sink::open({.outcomes = address("outcomes"),
                                  .bulk = address("bulk"),
                                  .output = address("output"),
                                  .intake = address("intake"),
                                  .data_dir = folder_.path()});
        ASSERT_TRUE(opened) << opened.error().message;
        sink_.emplace(std::move(*opened));
        sink_thread_ = std::thread([this] { EXPECT_TRUE(sink_->run()); });
    }
    void stop_sink() {
        sink_->stop();
        sink_thread_.join();
        sink_.reset();
    }

    Task task_of(const std::string& owner, const std::string& runtime = "") {
        Task task;
        task.owner = owner;
        task.spec.runtime = runtime;
        task.payload = {1};
        return task;
    }
    TaskId ended(const std::string& owner) {
        const auto id = submitter_->submit(task_of(owner), kPatience);
        EXPECT_TRUE(id) << id.error().message;
        EXPECT_TRUE(submitter_->wait(*id, kPatience));
        auto logs = store::Logs::open(folder_.path());
        const Bytes text{'o', 'k'};
        EXPECT_TRUE(logs && logs->write({*id, 1}, 0, text));
        return *id;
    }
    wire::Forgotten forget(const std::vector<TaskId>& ids, const std::string& owner, std::uint32_t after_s,
                           bool undo = false) {
        const auto told = service::forget_tasks(
            address("control"), {.ids = ids, .owner = owner, .after_s = after_s, .undo = undo}, kPatience);
        EXPECT_TRUE(told) << told.error().message;
        return *told;
    }
    std::vector<TaskId> listed() {
        auto reader = store::LedgerReader::open(folder_.path());
        std::vector<TaskId> ids;
        for (const auto& record : *reader->list({})) { ids.push_back(record.task.id); }
        return ids;
    }
    std::optional<store::ForgetStep> step_of(const TaskId& id) {
        const auto found = store::ForgottenReader::open(folder_.path())->find(id);
        return *found ? std::optional((*found)->step) : std::nullopt;
    }
    bool has_result(const TaskId& id) {
        return (*store::Results::open_reader(folder_.path())->find({id, 1})).has_value();
    }
    std::uint64_t log_size(const TaskId& id) { return *store::Logs::open(folder_.path())->size({id, 1}); }

    const test::TempFolder folder_;
    std::optional<Ventilator> ventilator_;
    std::optional<Sink> sink_;
    std::optional<Worker> worker_;
    std::optional<Submitter> submitter_;
    std::thread ventilator_thread_, sink_thread_, worker_thread_;
};

TEST_F(ForgetTest, TakesOnlyEndedTasksOfTheOwnerAndSaysWhichItDidNot) {
    const TaskId mine = ended("ana");
    const TaskId other = ended("rui");
    const auto waits = submitter_->submit(task_of("ana", "nowhere"), kPatience);
    ASSERT_TRUE(waits);
    const TaskId nobodys = TaskId::make();
    const wire::Forgotten told = forget({mine, other, *waits, nobodys}, "ana", 600);
    EXPECT_THAT(told.done, ElementsAre(mine));
    EXPECT_THAT(told.living, ElementsAre(*waits));
    EXPECT_THAT(told.unknown, ElementsAre(other, nobodys));
    EXPECT_THAT(listed(), UnorderedElementsAre(other, *waits));
    EXPECT_TRUE(has_result(mine)) << "it can be had back";
}

TEST_F(ForgetTest, CanBeTakenBackAlsoAfterARestartOfTheVentilator) {
    const TaskId id = ended("ana");
    forget({id}, "ana", 600);
    EXPECT_THAT(listed(), IsEmpty());
    stop_ventilator();
    start_ventilator();
    EXPECT_THAT(listed(), IsEmpty());
    EXPECT_THAT(forget({id}, "rui", 0, true).unknown, ElementsAre(id));
    EXPECT_THAT(forget({id}, "", 0, true).done, ElementsAre(id));
    EXPECT_THAT(listed(), ElementsAre(id));
    EXPECT_TRUE(has_result(id));
}

TEST_F(ForgetTest, ErasesRowsResultsAndLogsOnceTheTimeHasCome) {
    const TaskId kept = ended("ana");
    const TaskId id = ended("ana");
    forget({id}, "ana", 0);
    ASSERT_TRUE(soon([&] { return step_of(id) == store::ForgetStep::erased; }));
    EXPECT_FALSE(has_result(id));
    EXPECT_EQ(log_size(id), 0U);
    EXPECT_TRUE(has_result(kept));
    EXPECT_EQ(log_size(kept), 2U);
    EXPECT_THAT(listed(), ElementsAre(kept));
    EXPECT_THAT(forget({id}, "ana", 0, true).unknown, ElementsAre(id));
}

TEST_F(ForgetTest, WaitsForASinkThatIsDownAndForgetsNothingInARestartOfBoth) {
    const TaskId id = ended("ana");
    stop_sink();
    forget({id}, "ana", 0);
    ASSERT_TRUE(soon([&] { return step_of(id) == store::ForgetStep::gone; }));
    stop_ventilator();
    start_ventilator();
    EXPECT_TRUE(has_result(id));
    start_sink();
    ASSERT_TRUE(soon([&] { return step_of(id) == store::ForgetStep::erased; }));
    EXPECT_FALSE(has_result(id));
}

TEST_F(ForgetTest, ATaskThatIsGoneNeverComesBack) {
    Task task = task_of("ana");
    const auto id = submitter_->submit(task, kPatience);
    ASSERT_TRUE(id && submitter_->wait(*id, kPatience));
    forget({*id}, "ana", 0);
    ASSERT_TRUE(soon([&] { return step_of(*id) == store::ForgetStep::erased; }));
    for (int life = 0; life < 2; ++life) {  // while the ventilator remembers the task, and when it does not
        net::Context context;
        auto events = net::Socket::connect(context, net::Kind::sub, address("events"));
        events->subscribe("tlate");
        auto intake = net::Socket::connect(context, net::Kind::push, address("intake"));
        task.id = *id;
        std::string text;
        wire::EventCode code = wire::EventCode::none;
        ASSERT_TRUE(soon([&] {  // a subscription takes its time, so the Submit is repeated
            (void)intake->send(wire::encode(wire::Submit{"late", {task}}));
            net::Socket* const sockets[] = {&*events};
            (void)net::wait_readable(sockets, nullptr, 20ms);
            std::string topic;
            std::span<std::uint8_t> frame;
            while (events->receive(topic, frame)) {
                const auto message = wire::decode(frame);
                const auto* told = std::get_if<wire::Events>(&*message);
                for (const wire::Standing& standing : told->standing) {
                    EXPECT_EQ(standing.kind, wire::EventKind::rejected);
                    text = standing.text;
                    code = standing.code;
                }
                for (const wire::Event& event : told->events) {
                    EXPECT_EQ(event.kind, wire::EventKind::rejected);
                    text = event.text;
                    code = event.code;
                }
            }
            return !text.empty();
        }));
        EXPECT_EQ(code, wire::EventCode::conflict) << text;
        EXPECT_THAT(text, HasSubstr("deleted"));
        EXPECT_THAT(listed(), IsEmpty());
        stop_ventilator();
        start_ventilator();
    }
}

TEST_F(ForgetTest, WatchersHearOfTheTaskOnceMoreWhenItIsHiddenAndWhenItIsShown) {
    const TaskId id = ended("ana");
    std::mutex mutex;
    std::condition_variable changed;
    int heard = 0;
    WatcherCallbacks callbacks;
    callbacks.on_state = [&](const TaskEvent& event) {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(event.id, id);
        EXPECT_EQ(event.state, TaskState::succeeded);
        ++heard;
        changed.notify_all();
    };
    const auto watcher = Watcher::open(
        {.events = address("events"), .control = address("control"), .output = {}}, std::move(callbacks));
    ASSERT_TRUE(watcher);
    const auto heard_of = [&](bool undo) {  // a subscription takes its time, so the Forget is repeated
        const int before = [&] {
            const std::lock_guard lock(mutex);
            return heard;
        }();
        return soon([&, undo] {
            forget({id}, "ana", 600, undo);
            std::unique_lock lock(mutex);
            return changed.wait_for(lock, 20ms, [&] { return heard > before; });
        });
    };
    EXPECT_TRUE(heard_of(false));
    EXPECT_TRUE(heard_of(true));
}

TEST_F(ForgetTest, ManyAreForgottenInAsManyMessagesAsItTakes) {
    std::vector<TaskId> ids(2 * wire::kForgetMax + 1);
    for (TaskId& id : ids) { id = TaskId::make(); }
    ids.back() = ended("ana");
    const wire::Forgotten told = forget(ids, "ana", 600);
    EXPECT_EQ(told.unknown.size(), ids.size() - 1);
    EXPECT_THAT(told.done, ElementsAre(ids.back()));
}

TEST(MayForget, IsForSubmittersOfTheirOwnersTasksAndForTheServersMachine) {
    const std::optional<Peer> nobody;
    const auto with = [](Role role) {
        Peer peer;
        peer.name = "p";
        peer.role = role;
        return std::optional(peer);
    };
    wire::Forget any;
    wire::Forget anas;
    anas.owner = "ana";
    EXPECT_TRUE(service::may_say(nobody, any));
    EXPECT_TRUE(service::may_say(with(Role::submitter), anas));
    EXPECT_THAT(service::may_say(with(Role::submitter), any).error().message, HasSubstr("name an owner"));
    for (const Role role : {Role::worker, Role::watcher}) {
        EXPECT_THAT(service::may_say(with(role), anas).error().message, HasSubstr("not of a submitter"));
    }
    EXPECT_FALSE(service::may_say(with(Role::submitter), wire::Erased{}));
    EXPECT_TRUE(service::may_say(with(Role::server), wire::Erased{}));
}

}  // namespace
}  // namespace nias
