// Octave in a job as users of MATLAB write it.
#include "worker/runtime/octave.hpp"

#include "unit/worker/fake_context.hpp"

namespace nias::worker {
namespace {

using testing::Contains;
using testing::HasSubstr;

class OctaveTest : public RunnerTest {
protected:
    void SetUp() override {
        RunnerTest::SetUp();
        if (runtimes().named("octave") == nullptr) { GTEST_SKIP() << "no octave-cli here"; }
    }
};

TEST_F(OctaveTest, KnowsFunctionsWhereverTheyStandInAScript) {
    const std::string function = "function y = less_mean(x)\n  y = x - mean(x);\nend\n";
    const std::string use = "clear all; close all; clc;\ndisp(sum(less_mean([1 2 3])));\n";
    for (const std::string& code : {use + function, function + use, "x = 1;\n" + function + use}) {
        const Ran ran = run({{"code.m", code}});
        EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << code << ran.outcome.error;
        EXPECT_THAT(ran.log, HasSubstr("0\n"));
    }
}

TEST_F(OctaveTest, RunsTheFirstFunctionOfAFileOfFunctions) {
    const Ran ran =
        run({{"code.m",
              "function code()\n  disp(twice_(2));\nend\nfunction y = twice_(x)\n  y = 2 * x;\nend\n"}});
    EXPECT_EQ(ran.log, "4\n");
}

TEST_F(OctaveTest, NamesTheLineOfAFunctionAtTheEnd) {
    const Ran ran = run({{"code.m", "x = 1;\nf(x);\nfunction f(x)\n  error('no such signal');\nend\n"}});
    EXPECT_EQ(ran.outcome.error, "exited with code 1: error: no such signal (f, line 4)");
}

TEST_F(OctaveTest, FindsFunctionsBesideAProgramInAFolder) {
    const Ran ran = run({{"scripts/analysis.m", "disp(local_filter(2));\n"},
                         {"scripts/local_filter.m", "function y = local_filter(x)\n  y = x + 1;\nend\n"},
                         {"nias.toml", "entry = \"scripts/analysis.m\"\n"}});
    EXPECT_EQ(ran.log, "3\n") << ran.outcome.error;
}

TEST_F(OctaveTest, ReadsSourcesInLatin1AndUtf16) {
    const Ran latin = run({{"code.m",
                            "fprintf('m\xE9"
                            "dia\\n'); disp(other());\n"},
                           {"other.m", "function s = other()\n  s = 'a\xE7\xE3o';\nend\n"}});
    EXPECT_EQ(latin.log, "média\nação\n") << latin.outcome.error;
    EXPECT_THAT(latin.outcome.notes, Contains(HasSubstr("Latin-1")));
    const Ran utf16 = run({{"code.m", std::string("\xFF\xFE"
                                                  "d\0i\0s\0p\0(\0"
                                                  "1\0)\0\n\0",
                                                  18)}});
    EXPECT_EQ(utf16.log, "1\n") << utf16.outcome.error;
}

TEST_F(OctaveTest, GoesOnOrFailsWithASentenceWhereItWouldWaitForAPerson) {
    for (const char* wait :
         {"pause;", "pause(0.01);", "keyboard;", "uiwait(figure);", "waitforbuttonpress();",
          "msgbox('ready');", "pause on; pause off;", "waitfor(figure);"}) {
        const Ran ran = run({{"code.m", std::string("clear all\n") + wait + "\ndisp('after');\n"}});
        EXPECT_THAT(ran.log, HasSubstr("after\n")) << wait << ran.outcome.error;
    }
    for (const char* wait :
         {"x = input('n? ');", "[x, y] = ginput(1);", "a = questdlg('go on?');", "f = uigetfile();"}) {
        const Ran ran = run({{"code.m", std::string(wait) + "\ndisp('after');\n"}});
        EXPECT_EQ(ran.outcome.status, OutcomeStatus::failed) << wait;
        EXPECT_THAT(ran.outcome.error, HasSubstr("nobody sits before a job")) << wait;
    }
}

TEST_F(OctaveTest, ReadsAndWritesByNamesWithBackslashes) {
    const Ran ran = run({{"code.m",
                          "x = load('data\\x.txt'); y = x * 2;\nsave('output\\y.mat', 'y');\n"
                          "csvwrite('output\\y.csv', y);\nsave -text output\\t.txt y\n"
                          "f = fopen('output\\z.txt', 'w'); fprintf(f, '%g', y); fclose(f);\n"},
                         {"data/x.txt", "21\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error;
    EXPECT_EQ(ran.files.at("y.csv"), "42\n");
    EXPECT_EQ(ran.files.at("z.txt"), "42");
    EXPECT_EQ(ran.files.count("y.mat") + ran.files.count("t.txt"), 2U);
}

TEST_F(OctaveTest, TakesABackslashForASlashInEveryFunctionThatNamesAFile) {
    const Ran ran = run(
        {{"code.m",
          "clear all\naddpath('lib\\more'); disp(five());\nmkdir('output\\figures');\nplot(1:3);\n"
          "print('-dpng', 'output\\figures\\a.png'); print -dpng output\\figures\\b.png\n"
          "saveas(gcf, 'output\\figures\\c.png'); imwrite(rand(4), 'output\\d.png');\n"
          "disp(size(imread('output\\d.png'))); disp(importdata('data\\x.txt', '\\t'));\n"
          "copyfile('data\\x.txt', 'output\\e.txt'); fprintf('%s', fileread('data\\x.txt'));\n"
          "disp([exist('data\\x.txt', 'file'), isfile('data\\x.txt'), isfolder('data\\')]);\n"
          "files = dir('data\\*.txt'); disp(files(1).name);\n"
          "delete('data\\y.txt'); cd('data\\'); disp(load('x.txt')); disp(five()); disp(exist('y.txt'));\n"},
         {"data/y.txt", "1\n"},
         {"data/x.txt", "21\n"},
         {"lib/more/five.m", "function y = five()\n  y = 5;\nend\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error;
    EXPECT_EQ(ran.log, "5\n   4   4\n21\n21\n   2   1   1\nx.txt\n21\n5\n0\n");
    for (const char* name : {"figures/a.png", "figures/b.png", "figures/c.png", "d.png", "e.txt"}) {
        EXPECT_EQ(ran.files.count(name), 1U) << name;
    }
}

TEST_F(OctaveTest, KnowsWhatExistsAsWithoutTheWorker) {
    const Ran ran =
        run({{"code.m",
              "x = 1;\ndisp([exist('x'), exist('x', 'var'), exist('nothing'), exist('print'), "
              "exist('sin')]);\nf();\nfunction f()\n  y = 2;\n  disp([exist('x'), exist('y')]);\nend\n"}});
    EXPECT_EQ(ran.log, "   1   1   0   2   5\n   0   1\n") << ran.outcome.error;
}

TEST_F(OctaveTest, LeavesNoMemoryDumpWhenItIsStopped) {
    const Ran ran = run(
        {{"code.m", "x = 1:1000;\nwhile true; pause(0.05); end\n"}, {"nias.toml", "time_limit = \"1s\"\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::timed_out);
    EXPECT_EQ(ran.files.size(), 1U) << "nias-job.json alone";
}

TEST_F(OctaveTest, PrintsInEveryFormatThatTheDocumentsName) {
    const Ran ran = run({{"code.m",
                          "plot(1:5);\nfor f = {'png', 'jpg', 'tiff', 'pdf', 'svg', 'epsc'}\n"
                          "  print(['-d' f{1}], ['output/figure.' f{1}]);\nend\n"
                          "saveas(gcf, 'output/saved.png');\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error << ran.log;
    EXPECT_TRUE(ran.files.at("figure.epsc").starts_with("%!PS"));
    EXPECT_TRUE(ran.files.at("figure.pdf").starts_with("%PDF"));
    EXPECT_GT(ran.files.at("figure.svg").size(), 100U);
    EXPECT_EQ(ran.files.size(), 8U) << "seven figures and nias-job.json";
}

TEST_F(OctaveTest, TellsLineAndTextOfASyntaxError) {
    const Ran ran = run({{"code.m", "fs = 250;\nx = sin(2*pi*(0:fs-1)/fs;\n"}});
    EXPECT_THAT(ran.outcome.error, HasSubstr("parse error near line 2 of file code.m: syntax error"));
}

}  // namespace
}  // namespace nias::worker
