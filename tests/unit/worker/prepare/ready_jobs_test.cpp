// Jobs that are made ready before they are given, through a real runner.
#include <sys/stat.h>
#include <unistd.h>

#include <future>
#include <set>
#include <thread>

#include "unit/worker/fake_context.hpp"

namespace nias::worker {
namespace {

using testing::HasSubstr;

class ReadyJobsTest : public RunnerTest {
protected:
    ReadyJobsTest() { boxed = false; }

    /// Makes the job ready with a context of its own, before its attempt begins.
    void make_ready(const std::function<void(Task&, FakeContext&)>& change = {}) {
        before_run = [this, change](const JobRunner& runner, const Task& task) {
            FakeContext ahead(last_zip(), {});
            Task told = task;
            if (change) { change(told, ahead); }
            runner.prepare(told, ahead);
            fetched_ahead_ = ahead.fetches;
            in_work_ = folders_in_work();
            if (then_) { then_(runner, task); }
        };
    }
    [[nodiscard]] std::size_t folders_in_work() const {
        std::error_code none;
        const std::filesystem::directory_iterator all(settings.work, none);
        return none ? 0 : static_cast<std::size_t>(std::distance(all, {}));
    }
    Ran run_hello() {
        return run({{"code.py", "print('hello')\nopen('output/a.txt','w').write(open('x.txt').read())\n"},
                    {"x.txt", "42"}});
    }

    std::function<void(const JobRunner&, const Task&)> then_;
    int fetched_ahead_ = 0;
    std::size_t in_work_ = 0;
};

TEST_F(ReadyJobsTest, BeginsWithWhatWasMadeReady) {
    make_ready();
    const Ran ran = run_hello();
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error;
    EXPECT_EQ(ran.log, "hello\n");
    EXPECT_EQ(ran.files.at("a.txt"), "42");
    EXPECT_EQ(fetched_ahead_, 1);
    EXPECT_EQ(ran.fetches, 0) << "its attempt had nothing left to fetch";
    EXPECT_EQ(in_work_, 1U);
}

TEST_F(ReadyJobsTest, TellsWhenTheProgramBeganNotWhenItWasMadeReady) {
    std::int64_t ready_at = 0;
    make_ready();
    then_ = [&](const JobRunner&, const Task&) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
        while (std::chrono::steady_clock::now() < until) { std::this_thread::yield(); }
        ready_at = unix_ms_now();
    };
    const Ran ran = run_hello();
    EXPECT_GE(ran.outcome.started_unix_ms, ready_at);
}

TEST_F(ReadyJobsTest, KeepsWhatTheStepsHadToSayForTheOutcome) {
    make_ready();
    const Ran ran = run({{"code.py", "print(1)\n"}, {"output/old.txt", "old"}});
    ASSERT_EQ(ran.outcome.notes.size(), 1U);
    EXPECT_THAT(ran.outcome.notes[0], HasSubstr("output/ held files in the zip"));
}

TEST_F(ReadyJobsTest, MakesReadyInABoxForTheUserOfTheAttempt) {
    if (::geteuid() != 0) { GTEST_SKIP() << "jobs of a worker that is not root have no users of their own"; }
    boxed = true;
    SetUp();
    std::set<uid_t> owners;
    make_ready();
    then_ = [&](const JobRunner&, const Task&) {
        for (const auto& entry : std::filesystem::directory_iterator(settings.work)) {
            struct stat info {};
            ASSERT_EQ(::stat((entry.path() / "job/code.py").c_str(), &info), 0);
            owners.insert(info.st_uid);
        }
    };
    const Ran ran = run_hello();
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error;
    ASSERT_EQ(owners.size(), 1U);
    EXPECT_NE(*owners.begin(), 0U);
}

TEST_F(ReadyJobsTest, RemovesWhatIsThrownAwayAndStartsAnew) {
    std::size_t left = 1;
    make_ready();
    then_ = [&](const JobRunner& runner, const Task& task) {
        runner.unprepare(task.id);
        left = folders_in_work();
        runner.unprepare(task.id);  // it may be said twice
    };
    const Ran ran = run_hello();
    EXPECT_EQ(left, 0U);
    EXPECT_EQ(ran.fetches, 1);
    EXPECT_EQ(ran.files.at("a.txt"), "42");
}

TEST_F(ReadyJobsTest, RemovesWhatNobodyUsedWhenTheWorkerEnds) {
    run_hello();
    {
        const std::unique_ptr<Sandbox> none = make_no_sandbox();
        const JobRunner ending(settings, equipped, *none, cgroups);
        FakeContext ahead(last_zip(), {});
        Task task;
        task.id = make_task_id(unix_ms_now());
        task.bundle = BlobRef{*hash_file(last_zip()), std::filesystem::file_size(last_zip())};
        ending.prepare(task, ahead);
        EXPECT_EQ(folders_in_work(), 1U);
    }
    EXPECT_EQ(folders_in_work(), 0U);
}

TEST_F(ReadyJobsTest, TellsNobodyWhatFailedAndLetsTheAttemptFindItOut) {
    make_ready([](Task&, FakeContext& ahead) { ahead.fetch_fails = true; });
    const Ran well = run_hello();
    EXPECT_EQ(well.outcome.status, OutcomeStatus::succeeded) << well.outcome.error;
    EXPECT_EQ(in_work_, 0U);
    EXPECT_EQ(well.unfit, "");
    make_ready();
    const Ran bad = run({{"notes.txt", "no program"}});
    EXPECT_EQ(in_work_, 0U);
    EXPECT_EQ(bad.outcome.cause, Cause::bad_bundle);
}

TEST_F(ReadyJobsTest, IsForTheVeryJobThatWasTold) {
    make_ready([](Task& task, FakeContext&) { task.spec.name = "another"; });
    EXPECT_EQ(run_hello().fetches, 1);
    make_ready([](Task& task, FakeContext&) { task.attempt += 3; });
    EXPECT_EQ(run_hello().fetches, 0) << "the number of the attempt changes nothing in the job";
}

TEST_F(ReadyJobsTest, TakesNoRoomOfTheDiskThatRunningJobsMayNeed) {
    make_ready([](Task& task, FakeContext&) { task.bundle->size_bytes = 1ULL << 50U; });
    const Ran ran = run_hello();
    EXPECT_EQ(fetched_ahead_, 0);
    EXPECT_EQ(in_work_, 0U);
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error;
}

/// A job is being made ready, held in its fetch, when its attempt begins.
class HalfReadyJobsTest : public ReadyJobsTest {
protected:
    /// The fetch is under way when the attempt begins, and ends with let_go_.
    void hold_the_fetch() {
        before_run = [this](const JobRunner& runner, const Task& task) {
            std::promise<void> under_way;
            making_ = std::async(std::launch::async, [&runner, &under_way, this, task] {
                FakeContext ahead(last_zip(), {});
                ahead.on_fetch = [&] {
                    under_way.set_value();
                    let_go_.get_future().wait();
                };
                runner.prepare(task, ahead);
            });
            under_way.get_future().wait();
        };
    }
    std::promise<void> let_go_;
    std::future<void> making_;
};

TEST_F(HalfReadyJobsTest, WaitsForTheStepThatIsUnderWayAndDoesTheRest) {
    hold_the_fetch();
    bool released = false;
    const Ran ran = run({{"code.py", "print('hello')\n"}}, [&](Task&, FakeContext& context) {
        context.cancel_when = [&](const FakeContext&) {
            if (!std::exchange(released, true)) { let_go_.set_value(); }
            return false;
        };
    });
    EXPECT_TRUE(released) << "the attempt has waited";
    EXPECT_EQ(ran.log, "hello\n") << ran.outcome.error;
    EXPECT_EQ(ran.fetches, 0);
}

TEST_F(HalfReadyJobsTest, WaitsNoLongerThanItsAttemptIsWanted) {
    hold_the_fetch();
    const auto made = before_run;
    before_run = [&, made](const JobRunner& runner, const Task& task) {
        made(runner, task);
        FakeContext cancelled(last_zip(), {});
        cancelled.cancel_when = [](const FakeContext&) { return true; };
        const Outcome outcome = runner.run(task, cancelled);
        EXPECT_EQ(outcome.status, OutcomeStatus::cancelled);
        EXPECT_EQ(cancelled.fetches, 0);
        let_go_.set_value();
        making_.wait();
        EXPECT_EQ(folders_in_work(), 0U) << "what came too late is removed";
    };
    EXPECT_EQ(run_hello().fetches, 1);
}

}  // namespace
}  // namespace nias::worker
