// MATLAB as the worker finds and starts it. A stand-in program takes its place: it checks what it is given
// and has Octave execute the statement, so that what the worker writes for MATLAB is executed too.
#include "worker/runtime/matlab.hpp"

#include "unit/worker/fake_context.hpp"
#include "worker/runtime/matlab_install.hpp"

namespace nias::worker {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kStandIn =
    "#!/usr/bin/python3\n"
    "import os, subprocess, sys\n"
    "if len(sys.argv) != 3 or sys.argv[1] != '-batch':\n"
    "    sys.exit('matlab was started with ' + repr(sys.argv[1:]))\n"
    "if 'NO_LICENCE' in os.environ:\n"
    "    print('License checkout failed.\\nLicense Manager Error -4\\n'\n"
    "          'Maximum number of users for MATLAB reached.\\nTry again later.')\n"
    "    sys.exit(1)\n"
    "print('asked for', sys.argv[2], 'at', os.getcwd(), os.environ.get('MLM_LICENSE_FILE'), flush=True)\n"
    "sys.exit(subprocess.run(['octave-cli', '--no-init-file', '--quiet', '--eval', "
    "sys.argv[2]]).returncode)\n";

class MatlabTest : public RunnerTest {
protected:
    void SetUp() override {
        RunnerTest::SetUp();
        if (runtimes().named("octave") == nullptr) { GTEST_SKIP() << "no octave-cli here for the stand-in"; }
        install("R2019b", "9.7");
        install("R2023a", "9.14.0.2206163");
        auto found = find_matlab(newest_matlab({folder() + "/MATLAB"}), "27000@licences");
        ASSERT_TRUE(found) << found.error().message;
        equipped.found.push_back(std::move(*found));
    }
    void install(const std::string& release, const std::string& version) {
        const std::string root = folder() + "/MATLAB/" + release;
        test::write_file(root + "/bin/matlab", kStandIn);
        std::filesystem::permissions(root + "/bin/matlab", std::filesystem::perms(0755));
        test::write_file(root + "/VersionInfo.xml",
                         "<?xml version=\"1.0\"?>\n<MathWorks_version_info>\n<version>" + version +
                             "</version>\n<release>" + release + "</release>\n</MathWorks_version_info>\n");
        for (const char* toolbox : {"matlab", "signal", "images"}) {
            std::filesystem::create_directories(root + "/toolbox/" + toolbox);
        }
    }
};

TEST_F(MatlabTest, IsFoundWithReleaseAndToolboxesWithoutBeingStarted) {
    const Runtime& matlab = *equipped.found.back();
    EXPECT_EQ(matlab.name(), "matlab");
    EXPECT_EQ(matlab.interpreter().version, "9.14.0.2206163") << "the newest of those installed";
    EXPECT_THAT(matlab.notices(), ElementsAre("MATLAB R2023a", "toolboxes: images signal"));
    EXPECT_EQ(find_matlab("/nowhere/matlab", "").error().code, ErrorCode::unavailable);
    EXPECT_EQ(newest_matlab({folder() + "/nowhere"}), "");
}

TEST_F(MatlabTest, RunsAPlainProgramBeforeOctaveDoesAndCallsItByName) {
    const Ran ran = run({{"code.m",
                          "x = load('data/x.txt'); disp(helper(x)); pause; uiwait(1);\n"
                          "figure; disp(get(gcf, 'visible')); csvwrite('output/x.csv', x);\n"},
                         {"helper.m", "function y = helper(x)\n  y = 2 * x;\nend\n"},
                         {"data/x.txt", "21\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error << ran.log;
    EXPECT_THAT(
        ran.log,
        HasSubstr("asked for addpath('/run/nias/support'); addpath('/job'); nias_start; code; at /job"));
    EXPECT_THAT(ran.log, HasSubstr("42\n[nias] pause: nobody presses a key in a job; the program goes on\n"));
    EXPECT_THAT(ran.log, HasSubstr("off\n"));
    EXPECT_EQ(ran.files.at("x.csv"), "21\n");
    EXPECT_THAT(ran.files.at("nias-job.json"), HasSubstr("9.14.0.2206163"));
    EXPECT_THAT(ran.outcome.notes, testing::IsEmpty());
}

TEST_F(MatlabTest, KeepsTheJobsFolderWhereTheProgramLiesInAnother) {
    const Ran named = run({{"scripts/analysis.m", "disp(pwd); disp(exist('data.csv', 'file'));\n"},
                           {"data.csv", "1\n"},
                           {"nias.toml", "entry = \"scripts/analysis.m\"\nruntime = \"MATLAB\"\n"}});
    EXPECT_THAT(named.log, HasSubstr("addpath('/job/scripts'); nias_start; analysis;"));
    EXPECT_THAT(named.log, HasSubstr("/job\n2\n"));
    const Ran odd = run({{"my study's 2.m", "disp('ran')\n"},
                         {"nias.toml", "entry = \"my study's 2.m\"\nruntime = \"matlab\"\n"}});
    EXPECT_THAT(odd.log, HasSubstr("run('/job/my study''s 2.m');"));
}

TEST_F(MatlabTest, IsToldWhereItsLicencesAre) {
    EXPECT_THAT(run({{"code.m", "x = 1;\n"}}).log, HasSubstr("at /job 27000@licences"));
}

TEST_F(MatlabTest, GivesTheJobBackAsNoFaultOfItsOwnWhereThereIsNoLicence) {
    const Ran ran = run({{"code.m", "disp(1)\n"}, {"nias.toml", "[env]\nNO_LICENCE = \"1\"\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::could_not_run);
    EXPECT_EQ(ran.outcome.cause, Cause::environment);
    EXPECT_EQ(ran.outcome.error,
              "MATLAB got no licence: License checkout failed. License Manager Error -4 "
              "Maximum number of users for MATLAB reached.");
    EXPECT_EQ(ran.outcome.retry_after_s, 10U) << "so that it counts no attempt";
    EXPECT_EQ(ran.unfit, "") << "other jobs run meanwhile";
}

TEST_F(MatlabTest, LeavesAPlainProgramToOctaveWhereItIsNotThereAndTheJobIsTold) {
    equipped.found.pop_back();
    const Ran ran = run({{"code.m", "disp(1)\n"}});
    EXPECT_EQ(ran.log, "1\n");
    EXPECT_THAT(ran.outcome.notes, Contains(HasSubstr("no machine of the lab offers matlab")));
    const Ran insists = run({{"code.m", "disp(1)\n"}, {"nias.toml", "runtime = \"matlab\"\n"}});
    EXPECT_EQ(insists.outcome.status, OutcomeStatus::could_not_run);
    const Ran wants = run({{"code.m", "disp(1)\n"}, {"nias.toml", "runtime = \"octave\"\n"}});
    EXPECT_THAT(wants.outcome.notes, testing::IsEmpty()) << "it is what was asked for";
}

}  // namespace
}  // namespace nias::worker
