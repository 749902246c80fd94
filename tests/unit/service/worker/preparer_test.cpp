// Tasks that are made ready before they are given, by a worker that the test is ventilator of.
#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "unit/service/worker/lab.hpp"

namespace nias {
namespace {

/// Notes what it is asked to make ready and to throw away, and can be held inside of prepare().
class Notebook {
public:
    void prepare(const Task& task, const Context& context) {
        std::unique_lock lock(mutex_);
        begun_.push_back(task.id);
        changed_.notify_all();
        while (held_ && !context.cancelled()) { changed_.wait_for(lock, std::chrono::milliseconds(5)); }
        if (context.cancelled()) { stopped_.insert(task.id); }
        ready_.insert(task.id);
        changed_.notify_all();
    }
    void unprepare(const TaskId& id) {
        const std::lock_guard lock(mutex_);
        ready_.erase(id);
        thrown_.push_back(id);
        changed_.notify_all();
    }
    void hold(bool held) {
        const std::lock_guard lock(mutex_);
        held_ = held;
        changed_.notify_all();
    }
    template <typename Condition>
    [[nodiscard]] bool wait_until(Condition condition) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kPatience, [&] { return condition(*this); });
    }

    std::vector<TaskId> begun_;
    std::vector<TaskId> thrown_;
    std::set<TaskId> ready_;
    std::set<TaskId> stopped_;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool held_ = false;
};

class PreparerTest : public WorkerOfATest {
protected:
    void begin(Worker::Handler handler) {
        WorkerOptions all = options(0);
        all.slots = 2;
        all.prepare = [this](const Task& task, Context& context) { notes_.prepare(task, context); };
        all.unprepare = [this](const TaskId& id) { notes_.unprepare(id); };
        start(all, std::move(handler));
    }
    void tell(std::initializer_list<std::uint8_t> numbers) {
        wire::Upcoming upcoming{incarnation_, {}};
        for (const std::uint8_t n : numbers) {
            Task task;
            task.id = id_of(n);
            task.owner = "ana";
            upcoming.tasks.push_back(task);
        }
        send(upcoming);
    }
    void expect_ready(std::set<TaskId> ready) {
        EXPECT_TRUE(notes_.wait_until([&](const Notebook& notes) { return notes.ready_ == ready; }));
    }

    Notebook notes_;
};

TEST_F(PreparerTest, MakesReadyWhatItIsToldOfInOrderAndThrowsAwayWhatIsNotToldAgain) {
    begin(until_cancelled);
    tell({7, 8});
    expect_ready({id_of(7), id_of(8)});
    EXPECT_THAT(notes_.begun_, testing::ElementsAre(id_of(7), id_of(8)));
    tell({8});
    expect_ready({id_of(8)});
    tell({});
    expect_ready({});
    EXPECT_THAT(notes_.begun_, testing::SizeIs(2)) << "what stays is not made ready again";
}

TEST_F(PreparerTest, KeepsWhatHasComeUntilItsHandlerReturns) {
    begin(until_cancelled);
    tell({7, 8});
    expect_ready({id_of(7), id_of(8)});
    give(7);
    tell({8, 9});
    expect_ready({id_of(7), id_of(8), id_of(9)});
    send(wire::Drop{{{id_of(7), 1}}});
    EXPECT_EQ(reported(1).size(), 1U);
    expect_ready({id_of(8), id_of(9)});
}

TEST_F(PreparerTest, DoesNotBeginWhatHasCome) {
    begin(until_cancelled);
    notes_.hold(true);
    tell({7, 8});
    ASSERT_TRUE(notes_.wait_until([](const Notebook& notes) { return notes.begun_.size() == 1; }));
    give(8);
    EXPECT_THAT(answer<wire::Started>().attempts, testing::ElementsAre(AttemptRef{id_of(8), 1}));
    notes_.hold(false);
    expect_ready({id_of(7)});
    tell({7, 9});
    expect_ready({id_of(7), id_of(9)});
    EXPECT_THAT(notes_.begun_, testing::ElementsAre(id_of(7), id_of(9)));
}

TEST_F(PreparerTest, StopsWhatIsNotExpectedAnyMoreAndThrowsAwayWhatItLeft) {
    begin(until_cancelled);
    notes_.hold(true);
    tell({7});
    ASSERT_TRUE(notes_.wait_until([](const Notebook& notes) { return notes.begun_.size() == 1; }));
    tell({8});
    ASSERT_TRUE(notes_.wait_until([](const Notebook& notes) { return notes.begun_.size() == 2; }));
    notes_.hold(false);
    expect_ready({id_of(8)});
    EXPECT_THAT(notes_.stopped_, testing::ElementsAre(id_of(7)));
}

TEST_F(PreparerTest, GoesOnWithWhatHasComeMeanwhile) {
    begin(until_cancelled);
    notes_.hold(true);
    tell({7});
    ASSERT_TRUE(notes_.wait_until([](const Notebook& notes) { return notes.begun_.size() == 1; }));
    give(7);
    tell({8});
    EXPECT_THAT(answer<wire::Started>().attempts, testing::ElementsAre(AttemptRef{id_of(7), 1}));
    notes_.hold(false);
    expect_ready({id_of(7), id_of(8)});
    EXPECT_THAT(notes_.stopped_, testing::IsEmpty());
}

TEST_F(PreparerTest, ThrowsEverythingAwayAtAStop) {
    begin([](const Task&, Context&) { return Bytes{}; });
    tell({7});
    expect_ready({id_of(7)});
    stop();
    EXPECT_THAT(notes_.ready_, testing::IsEmpty());
    EXPECT_THAT(notes_.thrown_, testing::ElementsAre(id_of(7)));
}

TEST_F(PreparerTest, FetchesForATaskThatIsNotGivenAndLetsItDoNothingElse) {
    Status fetched;
    bool stored = true;
    std::atomic<bool> done = false;
    WorkerOptions all = options(0);
    all.shared_blobs = folder_.path() + "/nowhere";
    all.prepare = [&](const Task&, Context& context) {
        context.log("unheard");
        context.progress(1, "unheard");
        fetched = context.fetch({{}, 1}, folder_.path() + "/bundle");
        stored = context.store(folder_.path() + "/bundle").ok() ||
                 context.show_file("a.png", folder_.path() + "/bundle").ok();
        done.store(true);
        done.notify_all();
    };
    all.unprepare = [](const TaskId&) {};
    start(all, until_cancelled);
    tell({7});
    done.wait(false);
    EXPECT_FALSE(fetched) << "there is no such blob";
    EXPECT_FALSE(stored);
}

TEST_F(PreparerTest, IsRefusedWhereItCannotWork) {
    WorkerOptions half = options(1);
    half.prepare = [](const Task&, Context&) {};
    EXPECT_EQ(Worker::open(half).error().code, ErrorCode::invalid);
    half.unprepare = [](const TaskId&) {};
    half.isolation = Isolation::process;
    EXPECT_EQ(Worker::open(half).error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace nias
