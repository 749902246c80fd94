// A9: the whole pipeline over encrypted TCP, as machines of a lab speak to each other; and peers that were
// let in and say what is not theirs to say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/keys.hpp>
#include <nias/sink.hpp>
#include <nias/submitter.hpp>
#include <nias/ventilator.hpp>
#include <nias/watcher.hpp>
#include <nias/worker.hpp>

#include <atomic>
#include <deque>
#include <thread>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "net/socket.hpp"
#include "store/results/results.hpp"
#include "support/temp_folder.hpp"
#include "wire/codec/codec.hpp"

using namespace std::chrono_literals;
using testing::HasSubstr;

namespace nias {
namespace {

constexpr auto kPatience = 60s;

/// Ventilator and sink with all their sockets encrypted, on ports that were drawn.
class MachinesTest : public testing::Test {
protected:
    void SetUp() override {
        const std::string any = "tcp://127.0.0.1:0";
        VentilatorOptions options{
            .intake = any, .control = any, .events = any, .durability = Durability::memory};
        options.keys = folder_ / "keys";
        auto ventilator = Ventilator::open(options);
        ASSERT_TRUE(ventilator) << ventilator.error().message;
        ventilator_.emplace(std::move(*ventilator));
        at_.intake = ventilator_->bound().intake;
        at_.control = ventilator_->bound().control;
        at_.events = ventilator_->bound().events;
        SinkOptions sink_options{.outcomes = any, .bulk = any, .output = any, .intake = at_.intake};
        sink_options.data_dir = folder_ / "data";
        sink_options.keys = options.keys;
        auto sink = Sink::open(sink_options);
        ASSERT_TRUE(sink) << sink.error().message;
        sink_.emplace(std::move(*sink));
        at_.outcomes = sink_->bound().outcomes;
        at_.bulk = sink_->bound().bulk;
        at_.output = sink_->bound().output;
        threads_.emplace_back([this] { EXPECT_TRUE(ventilator_->run()); });
        threads_.emplace_back([this] { EXPECT_TRUE(sink_->run()); });
    }
    void TearDown() override {
        for (Worker& worker : workers_) { worker.stop(); }
        for (std::thread& thread : worker_threads_) { thread.join(); }
        if (sink_) { sink_->stop(); }
        if (ventilator_) { ventilator_->stop(); }
        for (std::thread& thread : threads_) { thread.join(); }
    }
    /// The file of a peer.
    std::string key(Role role, const std::string& name) {
        auto list = Enrolment::open(folder_ / "keys");
        EXPECT_TRUE(list) << list.error().message;
        const auto keys = list->enroll(role, name, at_);
        EXPECT_TRUE(keys) << keys.error().message;
        const std::string path = folder_ / (name + ".key");
        EXPECT_TRUE(keys->write(path));
        return path;
    }
    [[nodiscard]] WorkerOptions worker_options(const std::string& name) {
        WorkerOptions options{
            .control = at_.control, .outcomes = at_.outcomes, .bulk = at_.bulk, .name = name};
        options.keys = key(Role::worker, name);
        return options;
    }
    void start_worker(const std::string& name, Worker::Handler handler) {
        WorkerOptions options = worker_options(name);
        options.drain_timeout_s = 5;
        auto opened = Worker::open(options);
        ASSERT_TRUE(opened) << opened.error().message;
        workers_.push_back(std::move(*opened));
        worker_threads_.emplace_back(
            [&worker = workers_.back(), handler] { EXPECT_TRUE(worker.run(handler)); });
    }
    Submitter submitter() {
        SubmitterOptions options{.intake = at_.intake, .control = at_.control, .events = at_.events};
        options.keys = key(Role::submitter, "sweep");
        auto opened = Submitter::open(options);
        EXPECT_TRUE(opened) << opened.error().message;
        return std::move(*opened);
    }
    static Task task(const std::string& payload) {
        Task task;
        task.owner = "lab";
        task.payload.assign(payload.begin(), payload.end());
        return task;
    }
    net::Socket connected(net::Context& context, net::Kind kind, const std::string& endpoint) {
        auto socket = net::Socket::connect(context, kind, endpoint);
        EXPECT_TRUE(socket) << socket.error().message;
        return std::move(*socket);
    }
    static Outcome succeeded(const TaskId& id) {
        Outcome outcome;
        outcome.id = id;
        outcome.attempt = 1;
        outcome.status = OutcomeStatus::succeeded;
        return outcome;
    }
    static void send(net::Socket& socket, const wire::Message& message) {
        const Time until = now() + kPatience;
        while (!socket.send(wire::encode(message)) && now() < until) { std::this_thread::yield(); }
    }
    /// Sends again and again until it is answered so.
    template <typename Answer>
    static Answer answer_to(net::Socket& socket, const wire::Message& question) {
        const Time until = now() + kPatience;
        net::Socket* const sockets[] = {&socket};
        while (now() < until) {
            (void)socket.send(wire::encode(question));
            (void)net::wait_readable(sockets, nullptr, 1000ms);
            Bytes frame;
            while (socket.receive(frame)) {
                auto message = wire::decode(frame);
                if (auto* answer = message ? std::get_if<Answer>(&*message) : nullptr) {
                    return std::move(*answer);
                }
            }
        }
        ADD_FAILURE() << "no answer";
        return {};
    }
    [[nodiscard]] Keys keys_in(const std::string& path) {
        auto keys = Keys::read(path);
        EXPECT_TRUE(keys) << keys.error().message;
        return std::move(*keys);
    }

    test::TempFolder folder_;
    Endpoints at_;
    std::optional<Ventilator> ventilator_;
    std::optional<Sink> sink_;
    std::vector<std::thread> threads_;
    std::deque<Worker> workers_;
    std::vector<std::thread> worker_threads_;
};

TEST_F(MachinesTest, CarryTasksFilesAndLogsEncrypted) {
    const std::string file = folder_ / "made";
    test::write_file(file, std::string(3'000'000, 'b'));
    std::atomic<std::uint64_t> stored{0};
    start_worker("lab2", [&](const Task& task, Context& context) -> Result<Bytes> {
        context.log("a line\n");
        const auto blob = context.store(file);
        if (!blob) { return blob.error(); }
        if (auto fetched = context.fetch(*blob, folder_ / "fetched"); !fetched) { return fetched.error(); }
        stored = blob->size_bytes;
        return task.payload;
    });
    WatcherOptions watches{.events = at_.events, .control = at_.control, .output = at_.output};
    watches.keys = key(Role::watcher, "wall");
    std::atomic<int> ends{0};
    auto watcher = Watcher::open(
        watches, {
                     .on_state = [&](const TaskEvent& event) { ends += has_ended(event.state); },
                 });
    ASSERT_TRUE(watcher) << watcher.error().message;
    auto lab = submitter();
    const auto id = lab.submit(task("payload"), 60s);
    ASSERT_TRUE(id) << id.error().message;
    ASSERT_TRUE(watcher->follow(*id));
    const auto outcome = lab.wait(*id, kPatience);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->status, OutcomeStatus::succeeded) << outcome->error;
    EXPECT_EQ(outcome->worker, "lab2");
    EXPECT_EQ(stored.load(), 3'000'000U);
    EXPECT_EQ(test::read_file(folder_ / "fetched"), test::read_file(file));
    const Time until = now() + kPatience;
    while (ends.load() == 0 && now() < until) { std::this_thread::yield(); }
    EXPECT_GE(ends.load(), 1) << "a followed task's end is told";
}

TEST_F(MachinesTest, RefuseAWorkerThatTakesAnothersName) {
    WorkerOptions options = worker_options("lab2");
    options.name = "lab3";
    auto worker = Worker::open(options);
    ASSERT_TRUE(worker) << worker.error().message;
    const Status ended = worker->run([](const Task&, Context&) -> Result<Bytes> { return Bytes{}; });
    ASSERT_FALSE(ended);
    EXPECT_THAT(ended.error().message, HasSubstr("the key of worker lab2 does not speak for worker lab3"));
}

TEST_F(MachinesTest, RefuseASubmitterThatWouldBeAWorker) {
    net::Context context(keys_in(key(Role::submitter, "sweep")));
    auto control = connected(context, net::Kind::dealer, at_.control);
    wire::Hello hello;
    hello.worker = "sweep";
    hello.incarnation = 7;
    EXPECT_THAT(answer_to<wire::Refused>(control, hello).reason,
                HasSubstr("is that of a submitter, not of a worker"));
    const auto resumed = answer_to<wire::Ordered>(control, wire::Order{"lab2"});
    EXPECT_FALSE(resumed.done);
    EXPECT_THAT(resumed.text, HasSubstr("on the server's machine"));
}

// A message behind a forged one on the same connection shows that the forged one was read.
TEST_F(MachinesTest, DropOutcomesThatASubmitterForges) {
    net::Context context(keys_in(key(Role::submitter, "other")));
    auto intake = connected(context, net::Kind::push, at_.intake);
    auto control = connected(context, net::Kind::dealer, at_.control);
    std::atomic<bool> begun{false};
    std::atomic<bool> may_end{false};
    start_worker("lab2", [&](const Task& task, Context& handling) -> Result<Bytes> {
        begun = true;
        while (!may_end.load() && !handling.cancelled()) { std::this_thread::yield(); }
        return task.payload;
    });
    auto lab = submitter();
    const auto id = lab.submit(task("true"), 60s);
    ASSERT_TRUE(id) << id.error().message;
    const Time until = now() + kPatience;
    while (!begun.load() && now() < until) { std::this_thread::yield(); }
    ASSERT_TRUE(begun.load());
    send(intake, wire::Outcomes{"lab2", {succeeded(*id)}});
    Task behind = task("behind the forged one");
    behind.id = make_task_id(1);
    send(intake, wire::Submit{"other", {behind}});
    bool is_known = false;
    while (!is_known && now() < until) {
        is_known = answer_to<wire::Explained>(control, wire::Query{behind.id}).known;
    }
    ASSERT_TRUE(is_known) << "the forged outcome was not read yet, or its sender is not heard any more";
    may_end = true;
    const auto outcome = lab.wait(*id, kPatience);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->output, task("true").payload) << "its worker's outcome, not the forged one";
}

TEST_F(MachinesTest, KeepNoOutcomeThatAWorkerReportsForAnother) {
    net::Context context(keys_in(key(Role::worker, "lab2")));
    auto outcomes = connected(context, net::Kind::push, at_.outcomes);
    const TaskId forged = make_task_id(1);
    const TaskId own = make_task_id(2);
    send(outcomes, wire::OutcomeReport{"lab3", {succeeded(forged)}});
    send(outcomes, wire::OutcomeReport{"lab2", {succeeded(own)}});
    auto results = store::Results::open_reader(folder_ / "data");
    ASSERT_TRUE(results) << results.error().message;
    const Time until = now() + kPatience;
    while (now() < until) {
        const auto found = results->find({own, 1});
        ASSERT_TRUE(found) << found.error().message;
        if (*found) { break; }
    }
    const auto kept = results->find({own, 1});
    ASSERT_TRUE(kept && *kept) << "the report behind it is there";
    EXPECT_EQ((*kept)->worker, "lab2");
    EXPECT_FALSE(*results->find({forged, 1}));
}

TEST_F(MachinesTest, TellAWorkerThatItsKeyWasRevokedAndRunItsTaskElsewhere) {
    std::atomic<bool> begun{false};
    auto revoked = Worker::open(worker_options("lab2"));
    ASSERT_TRUE(revoked) << revoked.error().message;
    Status ended;
    std::thread running([&] {
        ended = revoked->run([&](const Task&, Context& handling) -> Result<Bytes> {
            begun = true;
            while (!handling.cancelled()) { std::this_thread::yield(); }
            return Bytes{};
        });
    });
    auto lab = submitter();
    Task once = task("work");
    once.spec.max_attempts = 1;  // so that a fault would end it
    const auto id = lab.submit(once, 60s);
    ASSERT_TRUE(id) << id.error().message;
    const Time until = now() + kPatience;
    while (!begun.load() && now() < until) { std::this_thread::yield(); }
    start_worker("lab3", [](const Task& given, Context&) -> Result<Bytes> { return given.payload; });
    auto list = Enrolment::open(folder_ / "keys");
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_TRUE(list->revoke("lab2"));
    running.join();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::denied);
    EXPECT_THAT(ended.error().message, HasSubstr("the key of this worker was revoked"));
    const auto outcome = lab.wait(*id, kPatience);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->worker, "lab3");
    EXPECT_EQ(outcome->status, OutcomeStatus::succeeded);
}

TEST_F(MachinesTest, RefuseASecondWorkerWithACopyOfAKeyAndLeaveTheFirstAlone) {
    start_worker("lab2", [](const Task& given, Context&) -> Result<Bytes> { return given.payload; });
    auto lab = submitter();
    ASSERT_TRUE(lab.wait(*lab.submit(task("first"), 60s), kPatience));
    WorkerOptions options{.control = at_.control, .outcomes = at_.outcomes, .bulk = at_.bulk, .name = "lab2"};
    options.keys = folder_ / "lab2.key";
    auto copy = Worker::open(options);
    ASSERT_TRUE(copy) << copy.error().message;
    const Status ended = copy->run([](const Task&, Context&) -> Result<Bytes> { return Bytes{}; });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::conflict);
    EXPECT_THAT(ended.error().message, HasSubstr("another machine is connected as worker lab2 since"));
    const auto outcome = lab.wait(*lab.submit(task("second"), 60s), kPatience);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->output, task("second").payload) << "it is the first that works on";
}

TEST_F(MachinesTest, LetAProgramSubmitAndWatchWithOneKey) {
    start_worker("lab2", [&](const Task& task, Context& context) -> Result<Bytes> {
        context.log("a line\n");
        return task.payload;
    });
    const std::string both = key(Role::submitter, "desk");
    std::promise<std::string> logged;
    std::atomic<bool> is_told{false};
    auto watcher =
        Watcher::open({.events = at_.events, .control = at_.control, .output = at_.output, .keys = both},
                      {.on_log = [&](const AttemptRef&, std::uint64_t, std::string_view bytes) {
                          if (!is_told.exchange(true)) { logged.set_value(std::string(bytes)); }
                      }});
    ASSERT_TRUE(watcher) << watcher.error().message;
    auto lab =
        Submitter::open({.intake = at_.intake, .control = at_.control, .events = at_.events, .keys = both});
    ASSERT_TRUE(lab) << lab.error().message;
    auto line = logged.get_future();
    const Time until = now() + kPatience;  // the stream loses what is said before it is joined
    while (line.wait_for(0s) != std::future_status::ready && now() < until) {
        const auto id = lab->submit(task("payload"), kPatience);
        ASSERT_TRUE(id) << id.error().message;
        ASSERT_TRUE(lab->wait(*id, kPatience));
    }
    ASSERT_EQ(line.wait_for(0s), std::future_status::ready);
    EXPECT_EQ(line.get(), "a line\n");
}

TEST_F(MachinesTest, TellASubmitterThatItsKeyWasRevokedAndNotThatNobodyAnswers) {
    const std::string file = key(Role::submitter, "sweep");
    auto list = Enrolment::open(folder_ / "keys");
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_TRUE(list->revoke("sweep"));
    auto lab =
        Submitter::open({.intake = at_.intake, .control = at_.control, .events = at_.events, .keys = file});
    ASSERT_TRUE(lab) << lab.error().message;
    const Time until = now() + kPatience;
    auto submitted = lab->submit(task("late"), 100ms);
    while (!submitted && submitted.error().code != ErrorCode::denied && now() < until) {
        submitted = lab->submit(task("late"), 100ms);
    }
    ASSERT_FALSE(submitted);
    EXPECT_EQ(submitted.error().code, ErrorCode::denied);
    EXPECT_THAT(submitted.error().message, HasSubstr("refuses the key of"));
    const auto listed = lab->list({}, 100ms);
    ASSERT_FALSE(listed);
    EXPECT_EQ(listed.error().code, ErrorCode::denied);
}

TEST_F(MachinesTest, RefuseKeysOfAnotherRoleBeforeTheyConnect) {
    WorkerOptions options = worker_options("lab2");
    options.keys = key(Role::watcher, "wall");
    const auto worker = Worker::open(options);
    ASSERT_FALSE(worker);
    EXPECT_EQ(worker.error().code, ErrorCode::invalid);
    EXPECT_THAT(worker.error().message, HasSubstr("is the key of a watcher, and this is a worker"));
}

TEST(Machines, AreNotListenedForWithoutKeys) {
    VentilatorOptions options;
    options.durability = Durability::memory;
    options.machines = "0.0.0.0";
    const auto ventilator = Ventilator::open(options);
    ASSERT_FALSE(ventilator);
    EXPECT_THAT(ventilator.error().message, HasSubstr("are encrypted"));
    const auto worker = Worker::open({.control = "tcp://10.0.0.1:5556"});
    ASSERT_FALSE(worker);
    EXPECT_THAT(worker.error().message, HasSubstr("leaves this host"));
}

}  // namespace
}  // namespace nias
