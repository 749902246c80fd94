// Environments of Python: built from wheels of the test's own.
#include "worker/env/python_env.hpp"

#include <sys/stat.h>

#include <array>
#include <thread>

#include "unit/worker/fake_context.hpp"
#include "worker/env/named.hpp"
#include "worker/host/process.hpp"

namespace nias::worker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class PythonEnvTest : public RunnerTest {
protected:
    /// A wheel is a zip with three files of metadata; no tool is needed to make one.
    void SetUp() override {
        RunnerTest::SetUp();
        settings.envs.wheelhouse = folder() + "/wheels";
        std::filesystem::create_directories(settings.envs.wheelhouse);
        for (const std::string name : {"patient", "hospital"}) {
            const std::string script =
                "import zipfile\n"
                "z = zipfile.ZipFile('" +
                settings.envs.wheelhouse + "/" + name +
                "-1.5-py3-none-any.whl', 'w')\n"
                "d = '" +
                name +
                "-1.5.dist-info/'\n"
                "z.writestr('" +
                name +
                ".py', 'word = \"from the wheel\"\\n')\n"
                "z.writestr(d + 'METADATA', 'Metadata-Version: 2.1\\nName: " +
                name +
                "\\nVersion: 1.5\\n')\n"
                "z.writestr(d + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: "
                "true\\nTag: py3-none-any\\n')\n"
                "z.writestr(d + 'RECORD', '" +
                name +
                ".py,,\\n' + d + 'METADATA,,\\n' + d + 'WHEEL,,\\n' + d + 'RECORD,,\\n')\n"
                "z.close()\n";
            const auto made = capture({"/usr/bin/python3", "-c", script}, 4096, 20'000);
            ASSERT_TRUE(made) << made.error().message;
        }
    }
    Ran run_with(const std::string& requirements, const std::string& module = "patient") {
        return run({{"code.py", "import " + module + ", numpy\nprint(" + module + ".word)\n"},
                    {"requirements.txt", requirements}});
    }
    [[nodiscard]] std::size_t environments() const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(settings.envs.folder)) {
            count += entry.is_directory() ? 1U : 0U;
        }
        return count;
    }
};

TEST_F(PythonEnvTest, IsBuiltOnceAndShared) {
    const Ran first = run_with("patient==1.5\n");
    EXPECT_EQ(first.outcome.status, OutcomeStatus::succeeded) << first.log;
    EXPECT_THAT(first.log, HasSubstr("building a Python environment"));
    EXPECT_THAT(first.log, HasSubstr("from the wheel"));
    EXPECT_THAT(first.files.at("nias-job.json"), HasSubstr("\"patient==1.5\""));
    const Ran second = run_with("# again\npatient==1.5");
    EXPECT_EQ(second.log, "from the wheel\n");
    EXPECT_THAT(second.files.at("nias-job.json"), HasSubstr("\"patient==1.5\""));
    EXPECT_EQ(environments(), 1U);
}

TEST_F(PythonEnvTest, HoldsTheWheelsOfTheBundleByTheirBytes) {
    const std::string name = "patient-1.5-py3-none-any.whl";
    const std::string bytes = test::read_file(settings.envs.wheelhouse + "/" + name);
    std::filesystem::remove(settings.envs.wheelhouse + "/" + name);
    const auto run_wheel = [&](const std::string& wheel) {
        return run({{"code.py", "import patient\nprint(patient.word)\n"},
                    {"requirements.txt", "./wheels/" + name + "\n"},
                    {"wheels/" + name, wheel}});
    };
    const Ran ran = run_wheel(bytes);
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.log;
    EXPECT_THAT(ran.log, HasSubstr("from the wheel"));
    EXPECT_EQ(run_wheel(bytes).log, "from the wheel\n") << "the same bytes are the same environment";
    const Ran broken = run_wheel("no wheel at all");
    EXPECT_EQ(broken.outcome.cause, Cause::environment) << broken.log;
    EXPECT_THAT(run_with("patient").outcome.error, HasSubstr("No matching distribution"))
        << "it is the bundle's own";
}

TEST_F(PythonEnvTest, CannotBeWrittenByAJob) {
    ASSERT_EQ(run_with("patient").outcome.status, OutcomeStatus::succeeded);
    const Ran ran = run({{"code.py",
                          "import os, patient\nprint(bool(os.statvfs(patient.__file__).f_flag & "
                          "os.ST_RDONLY))\nopen(patient.__file__, 'a').write('x')\n"},
                         {"requirements.txt", "patient"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::failed);
    EXPECT_EQ(ran.log.substr(0, 5), "True\n") << "nor by one whose number owns it";
    EXPECT_THAT(ran.outcome.error, HasSubstr("patient.py"));
}

TEST_F(PythonEnvTest, FailsTheJobInPipsOwnWords) {
    const Ran ran = run_with("no-such-package-of-ours\n");
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::failed);
    EXPECT_EQ(ran.outcome.cause, Cause::environment);
    EXPECT_THAT(ran.outcome.error, HasSubstr("No matching distribution found for no-such-package-of-ours"));
    EXPECT_EQ(ran.starts, 0);
    EXPECT_EQ(environments(), 0U);
}

TEST_F(PythonEnvTest, TellsTheJobWhereNoIndexCanEverBeReachedAndGivesItBackWhereOneIsAway) {
    settings.envs.wheelhouse.clear();
    settings.envs.index_patience_ms = 0;
    settings.envs.index = "http://index.invalid/simple";
    const Ran offline = run_with("patient\n");
    EXPECT_EQ(offline.outcome.status, OutcomeStatus::failed) << offline.log;
    EXPECT_EQ(offline.outcome.cause, Cause::environment);
    EXPECT_THAT(offline.outcome.error, HasSubstr("index.invalid/simple cannot be reached"));
    EXPECT_THAT(offline.outcome.error, HasSubstr("--wheelhouse"));
    settings.envs.index = "http://127.0.0.1:9/simple";
    const Ran away = run_with("patient\n");
    EXPECT_EQ(away.outcome.status, OutcomeStatus::could_not_run) << away.log;
    EXPECT_THAT(away.outcome.error, HasSubstr("the connection was refused"));
    EXPECT_EQ(away.outcome.retry_after_s, 10U) << "so that it counts no attempt";
    EXPECT_EQ(offline.outcome.retry_after_s, 0U);
    EXPECT_EQ(away.unfit, "") << "other jobs run meanwhile";
}

TEST_F(PythonEnvTest, IsBuiltOnceByTwoJobsThatWantItAtOnce) {
    const auto sandbox = make_bwrap();
    ASSERT_TRUE(sandbox) << sandbox.error().message;
    const PythonEnvs envs(settings.envs, runtimes().named("python")->interpreter(), **sandbox, cgroups);
    std::array<std::string, 2> logs;
    std::array<std::string, 2> packages;
    std::array<std::thread, 2> threads;
    for (std::size_t i = 0; i < 2; ++i) {
        threads[i] = std::thread([&, i] {
            LogPump log([&](std::string_view bytes) { logs[i].append(bytes); }, 1U << 20U);
            const auto builder = (*sandbox)->user();
            ASSERT_TRUE(builder) << builder.error().message;
            const auto env = envs.obtain({{"patient"}, {}, builder->user()}, log, [] { return false; });
            packages[i] = env ? env->packages : env.error().message;
        });
    }
    for (auto& thread : threads) { thread.join(); }
    EXPECT_THAT(packages[0], HasSubstr("patient==1.5"));
    EXPECT_EQ(packages[0], packages[1]);
    const auto built = [](const std::string& log) {
        return log.find("building a Python environment") != std::string::npos;
    };
    EXPECT_NE(built(logs[0]), built(logs[1])) << logs[0] << logs[1];
}

TEST_F(PythonEnvTest, StopsBuildingWhenTheJobIsCancelled) {
    const Ran ran = run({{"code.py", "import patient\n"}, {"requirements.txt", "patient"}},
                        [](Task&, FakeContext& context) {
                            context.cancel_when = [](const FakeContext& c) {
                                return c.text.find("building") != std::string::npos;
                            };
                        });
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::cancelled);
    EXPECT_EQ(ran.starts, 0);
    EXPECT_EQ(environments(), 0U);
}

TEST_F(PythonEnvTest, BelongsToNoJobsUserAndIsReadByAll) {
    const mode_t before = ::umask(0077);  // as of a service that keeps its files for itself
    ASSERT_EQ(run_with("patient").outcome.status, OutcomeStatus::succeeded);
    const Ran second = run_with("patient");
    ::umask(before);
    EXPECT_EQ(second.log, "from the wheel\n") << "another user, without a build";
    std::size_t seen = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(settings.envs.folder)) {
        struct stat info {};
        ASSERT_EQ(::lstat(entry.path().c_str(), &info), 0);
        EXPECT_EQ(info.st_uid, ::geteuid()) << entry.path();
        ++seen;
    }
    EXPECT_GT(seen, 10U);
}

TEST_F(PythonEnvTest, IsTheOneThatAnAdministratorNamedAndWhatTheJobAdds) {
    settings.envs.named = folder() + "/environments";
    test::write_file(settings.envs.named + "/eeg.txt", "patient==1.5\n");
    const auto pick = [&](const std::string& name, const std::string& requirements) {
        return run(
            {{"code.py",
              "import importlib.util as u\nprint(*[n for n in ('patient', 'hospital') if u.find_spec(n)])\n"},
             {"requirements.txt", requirements},
             {"nias.toml", "environment = \"" + name + "\"\n"}});
    };
    EXPECT_THAT(pick("eeg", "").log, testing::EndsWith("\npatient\n"));
    EXPECT_EQ(pick("eeg", "").log, "patient\n") << "it is there by then";
    EXPECT_THAT(pick("eeg", "hospital\n").log, testing::EndsWith("\npatient hospital\n"));
    const Ran missing = pick("meg", "");
    EXPECT_EQ(missing.outcome.status, OutcomeStatus::could_not_run);
    EXPECT_EQ(missing.outcome.error, "this worker has no environment named meg");
    const Ran disagree = pick("eeg", "patient==2.0\n");
    EXPECT_EQ(disagree.outcome.status, OutcomeStatus::failed);
    EXPECT_THAT(disagree.outcome.error, testing::AllOf(HasSubstr("patient==1.5"), HasSubstr("patient==2.0")));
}

TEST_F(PythonEnvTest, KeepsToTheVersionsOfTheLab) {
    settings.envs.constraints = folder() + "/constraints.txt";
    test::write_file(settings.envs.constraints, "patient==1.5\n");
    EXPECT_EQ(run_with("patient\n").outcome.status, OutcomeStatus::succeeded);
    test::write_file(settings.envs.constraints, "patient<1\n");
    const Ran ran = run_with("patient\n");
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::failed)
        << "other versions of the lab are another environment";
    EXPECT_THAT(ran.outcome.error, HasSubstr("patient"));
}

TEST_F(PythonEnvTest, AreListedByTheNamesThatJobsCanWrite) {
    const std::string named = folder() + "/environments";
    for (const char* file : {"meg.txt", "eeg.txt", "Bad Name.txt", "eeg.txt.tmp", ".txt"}) {
        test::write_file(named + "/" + file, "numpy\n");
    }
    EXPECT_THAT(named_environments(named), ElementsAre("eeg", "meg"));
    EXPECT_THAT(named_environments(folder() + "/nowhere"), IsEmpty());
    test::write_file(named + "/eeg.txt", "-e .\n");
    EXPECT_EQ(read_named_environment(named, "eeg").error().code, ErrorCode::invalid);
    EXPECT_EQ(read_named_environment(named, "../eeg").error().code, ErrorCode::not_found);
}

TEST_F(PythonEnvTest, IsNotBuiltForCommentsAlone) {
    const Ran ran =
        run({{"code.py", "print(1)\n"}, {"requirements.txt", "# numpy comes with the machine\n"}});
    EXPECT_EQ(ran.log, "1\n");
    EXPECT_FALSE(std::filesystem::exists(settings.envs.folder));
}

TEST_F(PythonEnvTest, GoesWhenItIsTheLeastRecentlyUsedPastTheSize) {
    settings.envs.max_bytes = 1;
    ASSERT_EQ(run_with("patient").outcome.status, OutcomeStatus::succeeded);
    EXPECT_EQ(environments(), 1U) << "the newest stays";
    ASSERT_EQ(run_with("hospital", "hospital").outcome.status, OutcomeStatus::succeeded);
    EXPECT_EQ(environments(), 1U);
    EXPECT_THAT(run_with("patient").log, HasSubstr("building a Python environment"));
}

TEST_F(PythonEnvTest, IsBuiltAnewAfterABuildThatWasCutShort) {
    ASSERT_EQ(run_with("patient").outcome.status, OutcomeStatus::succeeded);
    for (const auto& entry : std::filesystem::directory_iterator(settings.envs.folder)) {
        if (entry.path().extension() == ".packages") { std::filesystem::remove(entry.path()); }
    }
    const Ran ran = run_with("patient");
    EXPECT_THAT(ran.log, HasSubstr("building a Python environment"));
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.log;
}

}  // namespace
}  // namespace nias::worker
