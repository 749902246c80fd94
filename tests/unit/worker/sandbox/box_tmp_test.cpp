// A file that a program left in the /tmp of its box is told.
#include "worker/sandbox/box_tmp.hpp"

#include "unit/worker/fake_context.hpp"

namespace nias::worker {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

using BoxTmpTest = RunnerTest;

constexpr auto kLeft = "left in /tmp";

TEST_F(BoxTmpTest, TellsOfAFileThatIsGone) {
    const Ran ran = run({{"code.py", "open('/tmp/results.csv', 'w').write('1;2')\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded);
    EXPECT_THAT(ran.outcome.notes, Contains(AllOf(HasSubstr("1 file was left in /tmp"),
                                                  HasSubstr("results.csv"), HasSubstr("output/"))));
}

TEST_F(BoxTmpTest, TellsOfTheHomeFolderAndOfFoldersInIt) {
    const Ran ran = run({{"code.py",
                          "import os\n"
                          "os.makedirs(os.path.expanduser('~/Desktop/run 1'))\n"
                          "open(os.path.expanduser('~/Desktop/run 1/a.csv'), 'w').write('1')\n"
                          "open(os.path.expanduser('~/b.csv'), 'w').write('1')\n"}});
    EXPECT_THAT(ran.outcome.notes,
                Contains(AllOf(HasSubstr("2 files were left in /tmp"), HasSubstr("Desktop/run 1/a.csv"))));
}

TEST_F(BoxTmpTest, TellsItOfAProgramThatFailedToo) {
    const Ran ran = run({{"code.py", "open('/tmp/half.csv', 'w').write('1')\nraise SystemExit(3)\n"}});
    EXPECT_EQ(ran.outcome.exit_code, 3);
    EXPECT_THAT(ran.outcome.notes, Contains(HasSubstr("half.csv")));
}

TEST_F(BoxTmpTest, IsSilentOnWhatIsTemporary) {
    const Ran ran = run({{"code.py",
                          "import os, tempfile\n"
                          "tempfile.mkstemp()\n"
                          "open(tempfile.mkdtemp() + '/x.csv', 'w').write('1')\n"
                          "os.makedirs('/tmp/.cache/fonts')\n"
                          "open('/tmp/.cache/fonts/a', 'w').write('1')\n"
                          "open('/tmp/empty.lock', 'w').close()\n"
                          "open('/tmp/taken', 'w').write('1')\nos.remove('/tmp/taken')\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error;
    EXPECT_THAT(ran.outcome.notes, Not(Contains(HasSubstr(kLeft))));
}

TEST_F(BoxTmpTest, IsSilentOnWhatMatplotlibKeeps) {
    const Ran ran = run(
        {{"code.py", "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('output/a.png')\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error;
    EXPECT_THAT(ran.outcome.notes, Not(Contains(HasSubstr(kLeft))));
}

TEST_F(BoxTmpTest, IsBoundedHoweverMuchWasLeft) {
    const Ran ran = run({{"code.py",
                          "import os\n"
                          "for i in range(3000): open(f'/tmp/{i:04}', 'w').write('1')\n"
                          "os.makedirs('/tmp/' + 'd/' * 200)\n"
                          "os.symlink('/', '/tmp/root')\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error;
    EXPECT_THAT(ran.outcome.notes, Contains(HasSubstr(kLeft)));
}

TEST(BoxTmp, SaysNothingOfNothing) {
    EXPECT_EQ(words_on_left({}), "");
    BoxTmp none;
    const Mount sign{"/etc/passwd", "/run/nias/support", false};
    EXPECT_EQ(none.look(-1, sign), BoxTmp::Seen::never);
    EXPECT_NE(none.look(::getpid(), sign), BoxTmp::Seen::held) << "the machine's own /tmp is nobody's box";
    EXPECT_TRUE(none.left().empty());
}

}  // namespace
}  // namespace nias::worker
