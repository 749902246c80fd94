// Whole jobs through the runner, in a real sandbox, with real interpreters.
#include "worker/run/job_runner.hpp"

#include <sys/stat.h>

#include "job/array/terms.hpp"
#include "unit/worker/fake_context.hpp"

namespace nias::worker {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using JobRunnerTest = RunnerTest;

TEST_F(JobRunnerTest, BringsBackWhatTheProgramWrote) {
    const Ran ran =
        run({{"code.py", "print('hello')\nopen('output/a.txt','w').write(open('data/x.txt').read())\n"},
             {"data/x.txt", "42"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error;
    EXPECT_EQ(ran.log, "hello\n");
    EXPECT_EQ(ran.files.at("a.txt"), "42");
    EXPECT_EQ(ran.starts, 1);
    EXPECT_GT(ran.outcome.usage.wall_ms, 0U);
}

TEST_F(JobRunnerTest, ShowsATableWhileTheProgramRuns) {
    const Ran ran =
        run({{"code.py", "open('output/loss.csv','w').write('step,loss\\n1,0.5\\n')\nwhile True: pass\n"}},
            [](Task&, FakeContext& context) {
                context.cancel_when = [](const FakeContext& now) { return !now.shown.empty(); };
            });
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::cancelled);
    EXPECT_THAT(ran.shown, ElementsAre(Pair("loss.csv", "step,loss\n1,0.5\n")));
}

TEST_F(JobRunnerTest, FetchesABundleThatItHasHadBeforeNoMore) {
    settings.bundles = folder() + "/bundles";
    settings.bundles_max_bytes = 1U << 20U;
    const auto elsewhere = [](Task&, FakeContext& context) { context.sink_is_elsewhere = true; };
    EXPECT_EQ(run({{"code.py", "print(1)\n"}}, elsewhere).fetches, 1);
    const Ran again = run_last_zip(elsewhere);
    EXPECT_EQ(again.outcome.status, OutcomeStatus::succeeded) << again.outcome.error;
    EXPECT_EQ(again.fetches, 0);
}

TEST_F(JobRunnerTest, TellsHowTheOutputsCameToBe) {
    const Ran ran = run({{"code.py", "import sys\nsys.exit(3)\n"}},
                        [](Task& task, FakeContext&) { task.spec.name = "say \"hi\""; });
    const std::string& told = ran.files.at("nias-job.json");
    EXPECT_THAT(told, AllOf(HasSubstr("\"entry\": \"code.py\""), HasSubstr("\"name\": \"say \\\"hi\\\"\""),
                            HasSubstr("\"version\": \"3."), HasSubstr("\"exit_code\": 3"),
                            HasSubstr("\"status\": \"failed\"")));
}

TEST_F(JobRunnerTest, TellsAMemberOfAnArrayItsPlaceInVariablesAndInItsRecord) {
    const std::vector<std::uint32_t> indices{3, 5, 9};
    const TaskId group = TaskId::make_group();
    const Task member = job::make_members({}, group, indices, job::place_in(indices)).at(1);
    const Ran ran =
        run({{"code.py", "import os\nprint(os.environ['NIAS_ARRAY_INDEX'], os.environ['NIAS_ARRAY_ID'])\n"}},
            [&](Task& task, FakeContext&) {
                task.group = member.group;
                task.payload = member.payload;
            });
    EXPECT_EQ(ran.log, "5 " + to_string(group) + "\n") << ran.outcome.error;
    EXPECT_THAT(ran.files.at("nias-job.json"),
                HasSubstr("\"array\": {\n    \"id\": \"" + to_string(group) +
                          "\",\n    \"index\": 5,\n    \"count\": 3,\n    \"min\": 3,\n    \"max\": 9\n  }"));
}

TEST_F(JobRunnerTest, TellsTheTrialOfAnArrayItsIndexButNoArrayThatItIsOf) {
    const std::vector<std::uint32_t> indices{3, 5, 9};
    const Task trial = job::make_trial({}, indices);
    const Ran ran = run(
        {{"code.py", "import os\nprint(os.environ['NIAS_ARRAY_INDEX'], 'NIAS_ARRAY_ID' in os.environ)\n"}},
        [&](Task& task, FakeContext&) { task.payload = trial.payload; });
    EXPECT_EQ(ran.log, "3 False\n") << ran.outcome.error;
    EXPECT_THAT(ran.files.at("nias-job.json"), HasSubstr("\"array\": {\n    \"index\": 3,"));
    const Ran alone = run({{"code.py", "print(1)\n"}});
    EXPECT_THAT(alone.files.at("nias-job.json"), Not(HasSubstr("\"array\"")));
}

TEST_F(JobRunnerTest, NamesTheExitCodeAndTheLastWords) {
    const Ran ran =
        run({{"code.py", "open('output/kept','w').write('x')\nraise ValueError('no such patient')\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::failed);
    EXPECT_EQ(ran.outcome.cause, Cause::exit_code);
    EXPECT_EQ(ran.outcome.exit_code, 1);
    EXPECT_EQ(ran.outcome.error, "exited with code 1: ValueError: no such patient (code.py, line 2)");
    EXPECT_EQ(ran.files.count("kept"), 1U) << "what there is comes back after a failure too";
}

TEST_F(JobRunnerTest, NamesTheSignal) {
    const Ran ran = run({{"code.py", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"}});
    EXPECT_EQ(ran.outcome.cause, Cause::signal);
    EXPECT_EQ(ran.outcome.signal, 11);
    EXPECT_THAT(ran.outcome.error, HasSubstr("SIGSEGV"));
}

TEST_F(JobRunnerTest, EndsAtItsTimeLimitWithAWordOfWarning) {
    settings.grace_ms = 30'000;  // not used up: the program ends by itself
    const Files files = {{"code.py",
                          "import signal, time, sys\n"
                          "def bye(*_):\n    open('output/bye','w').write('x')\n    sys.exit(0)\n"
                          "signal.signal(signal.SIGTERM, bye)\nprint('up', flush=True)\nwhile True: "
                          "time.sleep(1)\n"}};
    Ran ran;
    std::uint64_t limit = 700;
    const auto once = [&](Task& task, FakeContext&) { task.spec.time_limit_ms = limit; };
    // On a busy machine a program may not listen yet when its time is over: then it is given more.
    for (ran = run(files, once); ran.log.empty() && limit < 40'000; ran = run(files, once)) { limit *= 4; }
    EXPECT_EQ(ran.log, "up\n");
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::timed_out);
    EXPECT_EQ(ran.outcome.cause, Cause::time_limit);
    EXPECT_EQ(ran.outcome.error, "stopped at its time limit of " + std::to_string(limit) + " ms");
    EXPECT_EQ(ran.files.count("bye"), 1U) << "TERM goes to the program before KILL";
}

TEST_F(JobRunnerTest, KillsWhatDoesNotHearTerm) {
    const Ran ran = run({{"code.py",
                          "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', "
                          "flush=True)\nwhile True: time.sleep(1)\n"}},
                        [](Task&, FakeContext& context) {
                            context.cancel_when = [](const FakeContext& c) { return c.text == "up\n"; };
                        });
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::cancelled);
    EXPECT_EQ(ran.outcome.cause, Cause::request);
    EXPECT_GE(ran.outcome.usage.wall_ms, 500U) << "the grace";
}

TEST_F(JobRunnerTest, NamesAJobThatRanOutOfMemory) {
    if (!cgroups.limits_memory()) { GTEST_SKIP() << "no memory control group can be made here"; }
    const Ran ran = run({{"code.py", "x = []\nwhile True: x.append(bytearray(1 << 20))\n"}},
                        [](Task& task, FakeContext&) { task.spec.resources.memory_bytes = 64U << 20U; });
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::failed);
    EXPECT_EQ(ran.outcome.cause, Cause::out_of_memory);
    EXPECT_THAT(ran.outcome.error, HasSubstr("64 MiB"));
    EXPECT_GE(ran.outcome.usage.peak_memory_bytes, 60U << 20U);
}

TEST_F(JobRunnerTest, MeasuresWhatAJobUsed) {
    const Ran ran = run({{"code.py",
                          "import time\nx = bytearray(100 << 20)\nt = time.process_time()\nwhile "
                          "time.process_time() - t < 0.3: pass\n"}});
    EXPECT_GE(ran.outcome.usage.cpu_ms, 300U);
    EXPECT_GE(ran.outcome.usage.peak_memory_bytes, 100U << 20U);
}

TEST_F(JobRunnerTest, MeasuresWithoutControlGroupsToo) {
    cgroups = Cgroups::none();
    const Ran ran = run({{"code.py",
                          "import time\nx = bytearray(100 << 20)\nt = time.process_time()\nwhile "
                          "time.process_time() - t < 0.3: pass\n"}});
    EXPECT_GE(ran.outcome.usage.cpu_ms, 300U);
    EXPECT_GE(ran.outcome.usage.peak_memory_bytes, 100U << 20U);
}

TEST_F(JobRunnerTest, CostsLittleOverThePlainProgram) {
    std::vector<std::int64_t> boxed_us, plain_us;
    const auto microseconds = [](Time since) {
        return std::chrono::duration_cast<std::chrono::microseconds>(now() - since).count();
    };
    for (int i = 0; i < 9; ++i) {
        Time begin;
        (void)run({{"code.py", "pass\n"}}, [&](Task&, FakeContext& context) {
            begin = now();
            context.on_store = [&] { boxed_us.push_back(microseconds(begin)); };
        });
        begin = now();
        ASSERT_TRUE(capture({"/usr/bin/python3", "-c", "pass"}, 10, 10'000));
        plain_us.push_back(microseconds(begin));
    }
    const auto median = [](std::vector<std::int64_t> times) {
        std::nth_element(times.begin(), times.begin() + 4, times.end());
        return times[4];
    };
    ASSERT_EQ(boxed_us.size(), 9U);
    RecordProperty("overhead_us", static_cast<int>(median(boxed_us) - median(plain_us)));
    EXPECT_LT(median(boxed_us) - median(plain_us), 150'000)
        << median(boxed_us) << " against " << median(plain_us);
}

TEST_F(JobRunnerTest, TellsTheProgress) {
    const Ran ran =
        run({{"code.py",
              "import os, time\np = os.environ['NIAS_PROGRESS']\nopen(p,'a').write('0.5 half\\n')\n"
              "time.sleep(0.4)\nopen(p,'a').write('1.0 done\\n')\n"}});
    EXPECT_THAT(ran.progress, ElementsAre(Pair(0.5, "half"), Pair(1.0, "done"))) << ran.log;
}

TEST_F(JobRunnerTest, KeepsTheOrderOfBothStreams) {
    const Ran ran = run(
        {{"code.py",
          "import sys\nfor i in range(5):\n    print('out', i)\n    print('err', i, file=sys.stderr)\n"}});
    EXPECT_EQ(ran.log, "out 0\nerr 0\nout 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\nout 4\nerr 4\n");
}

TEST_F(JobRunnerTest, NeverKillsForALongLog) {
    settings.max_log_bytes = 10'000;
    const Ran ran =
        run({{"code.py", "print('first')\nfor i in range(20000): print('line', i)\nprint('last')\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded);
    EXPECT_TRUE(ran.log.starts_with("first\n"));
    EXPECT_TRUE(ran.log.ends_with("last\n"));
    EXPECT_THAT(ran.log, HasSubstr("bytes cut"));
    EXPECT_LT(ran.log.size(), 10'100U);
}

TEST_F(JobRunnerTest, RefusesABundleThatIsNone) {
    const Ran ran = run({{"readme.txt", "no program"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::failed);
    EXPECT_EQ(ran.outcome.cause, Cause::bad_bundle);
    EXPECT_THAT(ran.outcome.error, HasSubstr("code.py"));
}

TEST_F(JobRunnerTest, RefusesVariablesThatAreNotTheJobs) {
    const Ran ran = run({{"code.py", "print(1)"}, {"nias.toml", "[env]\nLD_PRELOAD = \"x\"\n"}});
    EXPECT_EQ(ran.outcome.cause, Cause::bad_bundle);
    EXPECT_THAT(ran.outcome.error, HasSubstr("LD_PRELOAD"));
    EXPECT_EQ(ran.starts, 0);
}

TEST_F(JobRunnerTest, SaysWhenTheSinkIsAway) {
    const Ran away =
        run({{"code.py", "print(1)"}}, [](Task&, FakeContext& context) { context.fetch_fails = true; });
    EXPECT_EQ(away.outcome.status, OutcomeStatus::could_not_run);
    EXPECT_EQ(away.outcome.cause, Cause::fetch);
    const Ran full =
        run({{"code.py", "print(1)"}}, [](Task&, FakeContext& context) { context.store_fails = true; });
    EXPECT_EQ(full.outcome.status, OutcomeStatus::could_not_run);
    EXPECT_EQ(full.outcome.cause, Cause::store);
    EXPECT_EQ(full.log, "1\n");
}

TEST_F(JobRunnerTest, EmptiesAFullOutputFolder) {
    const Ran ran = run({{"code.py", "import os\nprint(os.listdir('output'))\n"}, {"output/old.png", "x"}});
    EXPECT_EQ(ran.log, "[]\n");
    EXPECT_THAT(ran.outcome.notes, ElementsAre(HasSubstr("emptied")));
    EXPECT_EQ(ran.files.count("old.png"), 0U);
}

TEST_F(JobRunnerTest, BringsBackWhatWasWrittenBesideOutput) {
    const Ran ran = run({{"code.py",
                          "import os\nos.makedirs('results')\nopen('results/a.csv', 'w').write('a')\n"
                          "open('data.csv', 'a').write('more')\nopen('output\\\\b.csv', 'w').write('b')\n"},
                         {"data.csv", "some and "},
                         {"untouched.csv", "x"}});
    EXPECT_EQ(ran.files.size(), 4U) << ran.outcome.error;
    EXPECT_EQ(ran.files.at("beside-output/results/a.csv"), "a");
    EXPECT_EQ(ran.files.at("beside-output/data.csv"), "some and more");
    EXPECT_EQ(ran.files.at("b.csv"), "b");
    EXPECT_THAT(ran.outcome.notes, testing::Contains(HasSubstr("written beside output/")));
}

TEST_F(JobRunnerTest, A8FollowsNoLinkThatTheJobMade) {
    const Ran whole = run({{"code.py", "import os\nos.rmdir('output')\nos.symlink('/etc', 'output')\n"}});
    EXPECT_EQ(whole.outcome.status, OutcomeStatus::succeeded) << whole.outcome.error;
    EXPECT_EQ(whole.files.size(), 1U) << "nias-job.json alone";
    const Ran inside = run({{"code.py",
                             "import os\nos.symlink('/etc/shadow', "
                             "'output/a')\nos.mkfifo('output/b')\nos.mkdir('output/c', 0o000)\n"
                             "open('output/d', 'w').write('mine')\nos.link('output/d', 'output/e')\n"}});
    EXPECT_EQ(inside.files.size(), 3U) << "both names of one file, and nias-job.json";
    EXPECT_EQ(inside.files.at("d") + inside.files.at("e"), "minemine");
    EXPECT_THAT(inside.outcome.notes, testing::IsSupersetOf({HasSubstr("a was left out: it is a link"),
                                                             HasSubstr("b was left out: it is not a file")}));
}

TEST_F(JobRunnerTest, SaysThatItHasNoSuchRuntime) {
    const Ran ran = run({{"code.m", "disp(1)\n"}, {"nias.toml", "runtime = \"matlab\"\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::could_not_run);
    EXPECT_EQ(ran.outcome.cause, Cause::environment);
    EXPECT_THAT(ran.outcome.error, HasSubstr("matlab"));
}

TEST_F(JobRunnerTest, RemovesWhatAKilledWorkerLeft) {
    test::write_file(settings.work + "/0123-1/job/code.py", "pass");
    std::filesystem::permissions(settings.work + "/0123-1/job", std::filesystem::perms::none);
    const auto sandbox = make_no_sandbox();
    JobRunner(settings, runtimes(), *sandbox, cgroups).clean();
    EXPECT_TRUE(std::filesystem::is_empty(settings.work));
}

TEST_F(JobRunnerTest, RunsOctaveAndPrintsFigures) {
    if (!runtimes().named("octave")) { GTEST_SKIP() << "no octave-cli here"; }
    const Ran ran = run({{"code.m",
                          "disp('hello');\nx = linspace(0, 1, 20);\nplot(x, x.^2);\nprint('-dpng', "
                          "'output/figure.png');\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error << ran.log;
    EXPECT_TRUE(ran.log.starts_with("hello\n")) << ran.log;
    EXPECT_EQ(ran.files.at("figure.png").substr(1, 3), "PNG");
}

TEST_F(JobRunnerTest, NamesTheErrorOfAnOctaveProgram) {
    if (!runtimes().named("octave")) { GTEST_SKIP() << "no octave-cli here"; }
    const Ran ran = run({{"code.m", "function f()\n  error('no such signal');\nend\nf();\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::failed);
    EXPECT_EQ(ran.outcome.error, "exited with code 1: error: no such signal (f, line 2)");
}

TEST_F(JobRunnerTest, KnowsLocalhostAndItsOwnName) {
    const auto code =
        "import socket\nfor name in ['localhost', socket.gethostname()]:\n"
        "    with socket.create_server((name, 0)) as server:\n"
        "        socket.create_connection(server.getsockname()[:2]).close()\nprint('ok')\n";
    EXPECT_EQ(run({{"code.py", code}}).log, "ok\n");
    settings.network = Network::host;
    EXPECT_EQ(run({{"code.py", code}}).log, "ok\n");
}

TEST_F(JobRunnerTest, EndsAJobThatIsCancelledWhileItsBoxIsMade) {
    settings.grace_ms = 60'000;  // not used up: TERM reaches the program once it is there
    for (int looks = 1; looks < 12; ++looks) {
        const Ran ran = run({{"code.py", "import time\ntime.sleep(60)\n"}}, [&](Task&, FakeContext& context) {
            auto seen = std::make_shared<int>(0);
            context.cancel_when = [seen, looks](const FakeContext&) { return ++*seen > looks; };
        });
        EXPECT_EQ(ran.outcome.status, OutcomeStatus::cancelled);
        EXPECT_LT(ran.outcome.usage.wall_ms, 20'000U);
    }
}

TEST_F(JobRunnerTest, RunsNumpyAndDrawsWithMatplotlib) {
    const Ran ran = run({{"code.py",
                          "import numpy as np\nimport matplotlib.pyplot as "
                          "plt\nplt.plot(np.arange(9)**2)\nplt.savefig('output/f.png')\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.log;
    EXPECT_EQ(ran.files.at("f.png").substr(1, 3), "PNG");
}

// Other bytes than those that were sent say nothing of what a researcher sent.
TEST_F(RunnerTest, DoesNotBlameTheSenderForBytesThatChangedOnADisk) {
    const Ran wrong = run({{"main.py", "print(1)"}});
    EXPECT_EQ(wrong.outcome.status, OutcomeStatus::failed);
    EXPECT_EQ(wrong.outcome.cause, Cause::bad_bundle);
    const Ran other =
        run({{"main.py", "print(1)"}}, [](Task& task, FakeContext&) { task.bundle->hash.bytes[0] ^= 1; });
    EXPECT_EQ(other.outcome.status, OutcomeStatus::could_not_run);
    EXPECT_EQ(other.outcome.cause, Cause::fetch);
    EXPECT_THAT(other.outcome.error, HasSubstr("is not the one that was sent"));
}

TEST_F(JobRunnerTest, GivesAJobTheRoomOnTheDiskThatItAsksForWithinTheMost) {
    settings.max_disk_bytes = 64U << 20U;
    const Ran much = run({{"code.py", "print(1)\n"}, {"nias.toml", "disk = \"1 GiB\"\n"}});
    EXPECT_EQ(much.outcome.status, OutcomeStatus::failed);
    EXPECT_EQ(much.outcome.error,
              "asks for 1 GiB of disk, and a job of this machine may take 64 MiB (--max-disk)");
    const Ran asked =
        run({{"code.py", "open('f', 'wb').write(bytes(40 << 20))\nimport time\ntime.sleep(60)\n"},
             {"nias.toml", "disk = \"20 MiB\"\n"}});
    EXPECT_EQ(asked.outcome.cause, Cause::disk_quota) << asked.outcome.error;
    EXPECT_THAT(asked.outcome.error,
                HasSubstr("wrote more than the 20 MiB of disk that it has; ask for more"));
}

}  // namespace
}  // namespace nias::worker
