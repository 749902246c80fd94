// Programs of R, run by the R of this machine.
#include "worker/runtime/r.hpp"

#include "unit/worker/fake_context.hpp"

namespace nias::worker {
namespace {

using testing::HasSubstr;

class RTest : public RunnerTest {
protected:
    void SetUp() override {
        RunnerTest::SetUp();
        if (runtimes().named("r") == nullptr) { GTEST_SKIP() << "no Rscript here"; }
    }
};

TEST_F(RTest, RunsAProgramWithItsFilesAndPrintsAsRscriptDoes) {
    const Ran ran = run({{"code.R",
                          "source(\"lib.R\")\nx <- read.csv(\"data/x.csv\")\nmean(x$a)\ninvisible(3)\n"
                          "write.csv(data.frame(m = double_(2)), \"output/m.csv\", row.names = FALSE)\n"
                          "png(\"output/plot.png\"); plot(1:3); dev.off()\n"},
                         {"lib.R", "double_ <- function(x) 2 * x\n"},
                         {"data/x.csv", "a\n1\n3\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error << ran.log;
    EXPECT_THAT(ran.log, HasSubstr("[1] 2\n"));
    EXPECT_EQ(ran.files.at("m.csv"), "\"m\"\n4\n");
    EXPECT_TRUE(ran.files.at("plot.png").starts_with("\x89PNG"));
    EXPECT_THAT(ran.files.at("nias-job.json"), HasSubstr("\"r\""));
}

TEST_F(RTest, PutsAPlotWithoutAFileIntoTheOutputs) {
    const Ran ran = run({{"code.r", "plot(1:3)\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error;
    EXPECT_TRUE(ran.files.at("Rplots.pdf").starts_with("%PDF"));
}

TEST_F(RTest, NamesTheErrorAndTheLineOfTheProgramInWhichItArose) {
    const Ran deep = run({{"code.R", "f <- function(x) {\n  stop(\"no such signal\")\n}\nf(1)\n"}});
    EXPECT_EQ(deep.outcome.error, "exited with code 1: Error in f(1) : no such signal (code.R, line 2)");
    const Ran top = run({{"code.R", "x <- 1\nundefined_thing\n"}});
    EXPECT_EQ(top.outcome.error,
              "exited with code 1: Error: object 'undefined_thing' not found (code.R, line 2)");
    const Ran syntax = run({{"code.R", "x <- 1\ny <- 2)\n"}});
    EXPECT_THAT(syntax.outcome.error, HasSubstr("Error: code.R:2:7: unexpected ')'"));
    EXPECT_EQ(run({{"code.R", "quit(status = 3)\n"}}).outcome.error, "exited with code 3");
}

TEST_F(RTest, GoesOnOrFailsWithASentenceWhereItWouldWaitForAPerson) {
    const Ran ran = run({{"code.R", "x <- readline(\"n? \")\nbrowser()\nprint(nchar(x))\n"}});
    EXPECT_THAT(ran.log, HasSubstr("[1] 0\n")) << ran.outcome.error;
    const Ran menu = run({{"code.R", "menu(c(\"a\", \"b\"))\n"}});
    EXPECT_THAT(menu.outcome.error, HasSubstr("menu() cannot be used non-interactively"));
}

TEST_F(RTest, ReadsSourcesInLatin1AndKnowsWhatItWasGranted) {
    const Ran ran =
        run({{"code.R",
              "cat(\"m\xE9"
              "dia\\n\")\ncat(getOption(\"mc.cores\"), Sys.getenv(\"OMP_NUM_THREADS\"), \"\\n\")\n"}});
    EXPECT_EQ(ran.log, "média\n1 1 \n") << ran.outcome.error;
    EXPECT_THAT(ran.outcome.notes, testing::Contains(HasSubstr("Latin-1")));
}

}  // namespace
}  // namespace nias::worker
