// The error in what a program said last.
#include "worker/runtime/trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nias::worker {
namespace {

using testing::HasSubstr;

TEST(Trace, TakesTheLastLineThatIsNotBlank) {
    EXPECT_EQ(last_line(""), "");
    EXPECT_EQ(last_line(" \n\n"), "");
    EXPECT_EQ(last_line("Traceback\n  File\nValueError: no\x1b[0m\r\n \n\n"), "ValueError: no[0m");
    EXPECT_EQ(last_line(std::string(5000, 'x')).size(), 1024U);
}

const std::string kTraceback =
    "reading\nTraceback (most recent call last):\n  File \"/job/code.py\", line 9, in <module>\n    main()\n"
    "  File \"/job/lib/io.py\", line 3, in load\n    np.load(p)\n"
    "  File \"/usr/lib/python3/dist-packages/numpy/lib/npyio.py\", line 405, in load\n    fid = open(p)\n";

TEST(PythonTrace, NamesTheExceptionAndTheInnermostPlaceInTheJob) {
    EXPECT_EQ(python_error(kTraceback + "FileNotFoundError: [Errno 2] No such file: 'a.npy'\n", "/job"),
              "FileNotFoundError: [Errno 2] No such file: 'a.npy' (lib/io.py, line 3)");
}

TEST(PythonTrace, JoinsAMessageOfSeveralLines) {
    EXPECT_EQ(python_error(kTraceback + "ValueError: The rates do not match:\n  header: 250\n  here: 500\n\n",
                           "/job"),
              "ValueError: The rates do not match: header: 250 here: 500 (lib/io.py, line 3)");
}

TEST(PythonTrace, TakesTheLastOfAChainAndSaysWhatItCameFrom) {
    const std::string first =
        "Traceback (most recent call last):\n  File \"/job/code.py\", line 2, in f\n    d['fs']\n    "
        "~^^^^^^\n"
        "KeyError: 'fs'\n\n";
    const std::string second =
        "Traceback (most recent call last):\n  File \"/job/code.py\", line 4, in <module>\n    f()\n"
        "RuntimeError: bad header\n";
    EXPECT_EQ(python_error(
                  first + "The above exception was the direct cause of the following exception:\n\n" + second,
                  "/job"),
              "RuntimeError: bad header (code.py, line 4); caused by KeyError: 'fs' (code.py, line 2)");
    EXPECT_EQ(python_error(
                  first + "During handling of the above exception, another exception occurred:\n\n" + second,
                  "/job"),
              "RuntimeError: bad header (code.py, line 4); while handling KeyError: 'fs' (code.py, line 2)");
}

TEST(PythonTrace, TellsWhereAnErrorOfAnotherProcessArose) {
    const std::string remote =
        "multiprocessing.pool.RemoteTraceback: \n\"\"\"\nTraceback (most recent call last):\n"
        "  File \"/usr/lib/python3.11/multiprocessing/pool.py\", line 125, in worker\n    result = (True, "
        "f())\n"
        "  File \"/job/code.py\", line 2, in f\n    def f(x): return 1/x\n                     ~^~\n"
        "ZeroDivisionError: division by zero\n\"\"\"\n\nThe above exception was the direct cause of the "
        "following exception:\n\nTraceback (most recent call last):\n  File \"/job/code.py\", line 4, in "
        "<module>\n    p.map(f, [1, 0])\n  File \"/usr/lib/python3.11/multiprocessing/pool.py\", line 774, "
        "in "
        "get\n    raise self._value\nZeroDivisionError: division by zero\n";
    EXPECT_EQ(python_error(remote, "/job"), "ZeroDivisionError: division by zero (code.py, line 2)");
}

TEST(PythonTrace, SaysThatAProgramIsNotThere) {
    const std::string begin =
        "Traceback (most recent call last):\n  File \"/job/code.py\", line 2, in <module>\n    "
        "subprocess.run(['ffmpeg'])\n  File \"/usr/lib/python3.11/subprocess.py\", line 1901, in "
        "_execute_child\n    raise child_exception_type(errno_num)\n";
    EXPECT_EQ(
        python_error(begin + "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'\n", "/job"),
        "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg' (code.py, line 2); it is a "
        "program that is not there where the job runs: ask the administrator for it, or for an image that "
        "has it");
}

TEST(PythonTrace, TellsWhatAPythonThatItStartedSaid) {
    const std::string called =
        "Traceback (most recent call last):\n  File \"/job/code.py\", line 2, in <module>\n    "
        "subprocess.run(['python3', 'b.py'], check=True)\n  File \"/usr/lib/python3.11/subprocess.py\", line "
        "571, "
        "in run\n    raise CalledProcessError(retcode)\nsubprocess.CalledProcessError: Command 'b.py' "
        "returned "
        "non-zero exit status 1.\n";
    const std::string inner =
        "Traceback (most recent call last):\n  File \"/job/b.py\", line 1, in <module>\n    raise "
        "ValueError('inner')\nValueError: inner\n";
    EXPECT_THAT(python_error(inner + called, "/job"),
                testing::EndsWith("(code.py, line 2); that said: ValueError: inner (b.py, line 1)"));
    EXPECT_THAT(python_error("reading\n" + called, "/job"), testing::EndsWith("(code.py, line 2)"));
}

TEST(PythonTrace, KnowsTheLinesOfANotebook) {
    for (const char* line : {"%matplotlib inline", "!pip install numpy"}) {
        EXPECT_THAT(python_error("  File \"/job/code.py\", line 1\n    " + std::string(line) +
                                     "\n    ^\nSyntaxError: invalid syntax\n",
                                 "/job"),
                    HasSubstr("; lines that begin with % or ! are a notebook's: remove them"));
    }
    EXPECT_THAT(
        python_error("Traceback (most recent call last):\n  File \"/job/code.py\", line 1, in <module>\n"
                     "    get_ipython().run_line_magic('matplotlib', 'inline')\n"
                     "NameError: name 'get_ipython' is not defined\n",
                     "/job"),
        HasSubstr("; get_ipython is a notebook's: remove the lines that call it"));
}

TEST(PythonTrace, TellsTheLineOfASyntaxError) {
    EXPECT_EQ(
        python_error(
            "  File \"/job/code.py\", line 3\n    x = (1,\n        ^\nSyntaxError: '(' was never closed\n",
            "/job"),
        "SyntaxError: '(' was never closed (code.py, line 3)");
}

TEST(PythonTrace, ReadsAGroupOfExceptions) {
    EXPECT_THAT(python_error("  + Exception Group Traceback (most recent call last):\n"
                             "  |   File \"/job/code.py\", line 1, in <module>\n"
                             "  |     raise ExceptionGroup('two', [ValueError('a')])\n"
                             "  | ExceptionGroup: two (1 sub-exception)\n"
                             "  +-+---------------- 1 ----------------\n    | ValueError: a\n"
                             "    +------------------------------------\n",
                             "/job"),
                testing::StartsWith("ExceptionGroup: two (1 sub-exception) ValueError: a (code.py, line 1)"));
}

TEST(PythonTrace, KeepsToTheLastLineWhereTheProgramWentOn) {
    std::string said = kTraceback + "ValueError: one subject\n";
    EXPECT_THAT(python_error(said + "too few subjects are left\n", "/job"),
                HasSubstr("too few subjects are left"));
    for (int i = 0; i < 60; ++i) { said += "subject " + std::to_string(i) + "\n"; }
    EXPECT_EQ(python_error(said + "too few subjects are left\n", "/job"), "too few subjects are left");
    EXPECT_EQ(python_error("stopped\n", "/job"), "stopped");
    EXPECT_EQ(python_error("", "/job"), "");
}

TEST(PythonTrace, SaysWhatToDoWhereAPersonIsWaitedFor) {
    const std::string frame =
        "Traceback (most recent call last):\n  File \"/job/code.py\", line 1, in <module>\n    x\n";
    EXPECT_THAT(python_error(frame + "EOFError: EOF when reading a line\n", "/job"),
                HasSubstr("nobody sits before a job"));
    EXPECT_THAT(python_error(frame + "EOFError\n", "/job"), HasSubstr("nobody sits before a job"))
        << "getpass says no more";
}

TEST(OctaveTrace, TakesTheErrorAndThePlaceBelowIt) {
    EXPECT_EQ(octave_error(
                  "error: 'x' undefined\nerror: called from\n    f at line 2 column 3\n    code at line 9\n",
                  "/job"),
              "error: 'x' undefined (f, line 2)");
    EXPECT_EQ(
        octave_error("error: input waits\nerror: called from\n    nias_nobody_answers at line 62 column 3\n"
                     "    input at line 18 column 3\n    read_rate at line 5 column 2\n",
                     "/job", std::vector<std::string>{"input", "nias_nobody_answers"}),
        "error: input waits (read_rate, line 5)")
        << "the line is the program's, not that of a stand-in";
    EXPECT_EQ(
        octave_error(
            "error: dlmread: unable to open file 'x'\nerror: called from\n    dlmread at line 151 column 34\n"
            "    csvread at line 46 column 5\n    read_all>one at line 3 column 2\n    code at line 1 column "
            "2\n",
            "/job", std::vector<std::string>{"dlmread"}),
        "error: dlmread: unable to open file 'x' (read_all>one, line 3)")
        << "nor that of a function of Octave's own";
    EXPECT_EQ(octave_error("error: index (7): out of bound 3\n", "/job"), "error: index (7): out of bound 3");
    EXPECT_EQ(octave_error("only words\n", "/job"), "only words");
    EXPECT_EQ(octave_error("error: called from\n", "/job"), "error: called from");
    EXPECT_EQ(octave_error("", "/job"), "");
}

TEST(OctaveTrace, TellsLineAndTextOfAParseError) {
    EXPECT_EQ(octave_error("error: parse error near line 2 of file /job/code.m\n\n  syntax error\n\n"
                           ">>> x = sin(2*pi;\n                ^\n",
                           "/job"),
              "error: parse error near line 2 of file code.m: syntax error: at «x = sin(2*pi;»");
}

TEST(OctaveTrace, SaysThatFoldersAreSeparatedByASlash) {
    EXPECT_THAT(octave_error("error: load: unable to find file data\\x.mat\n", "/job"),
                HasSubstr("separated by /"));
    EXPECT_EQ(octave_error("error: bad escape \\d\n", "/job"), "error: bad escape \\d");
}

TEST(MatlabTrace, TakesTheErrorAndTheInnermostPlace) {
    EXPECT_EQ(matlab_error("reading\nError using load_signal (line 4)\nNo such channel: Fz\n\nError in "
                           "code (line 2)\nx = load_signal('Fz');\n    ^^^^^^^^^\n\n",
                           "/job"),
              "No such channel: Fz (load_signal, line 4)");
    EXPECT_EQ(matlab_error(
                  "Unrecognized function or variable 'butterx'.\n\nError in code (line 3)\nb = butterx(1);\n",
                  "/job"),
              "Unrecognized function or variable 'butterx'. (code, line 3)");
    EXPECT_EQ(
        matlab_error(
            "{Error using fopen\nToo many input arguments.\n\nError in code (line 1)\nfopen(1,2,3,4,5)\n}\n",
            "/job"),
        "Too many input arguments. (code, line 1)");
    EXPECT_EQ(matlab_error("only words\n", "/job"), "only words");
    EXPECT_EQ(matlab_error("", "/job"), "");
}

TEST(MatlabTrace, TellsFileAndLineOfASyntaxError) {
    EXPECT_EQ(
        matlab_error("Error: File: /job/code.m Line: 2 Column: 9\nInvalid expression. Check for missing "
                     "multiplication operator.\n",
                     "/job"),
        "Invalid expression. Check for missing multiplication operator. (code.m, line 2)");
}

TEST(MatlabTrace, TellsALicenceThatWasNotGivenFromAnErrorOfTheProgram) {
    EXPECT_EQ(
        licence_failure("Error using pwelch (line 5)\nMathWorks Licensing Error 4,132: all are in use\n"),
        "MathWorks Licensing Error 4,132: all are in use");
    EXPECT_EQ(licence_failure("Error using f\nthe license plate is not readable\n"), "");
}

TEST(RTrace, TakesTheErrorAndThePlaceThatWasToldBeforeIt) {
    EXPECT_EQ(
        r_error("[1] 2\n[nias] error at lib.R, line 3\nError in f(z) : no such\nsignal\nCalls: local ... "
                "g -> f\nExecution halted\n",
                "/job"),
        "Error in f(z) : no such signal (lib.R, line 3)");
    EXPECT_EQ(
        r_error(
            "Error in parse(program, keep.source = TRUE) : \n  /job/code.R:2:1: unexpected symbol\n1: x\n",
            "/job"),
        "Error: code.R:2:1: unexpected symbol 1: x");
    EXPECT_EQ(r_error("stopped\nExecution halted\n", "/job"), "stopped");
    EXPECT_EQ(r_error("", "/job"), "");
}

TEST(RTrace, NamesTheFileThatTheWarningNames) {
    EXPECT_EQ(
        r_error("Warning in file(file, \"rt\") :\n  cannot open file 'Dados.csv': No such file or directory\n"
                "[nias] error at code.R, line 1\nError in file(file, \"rt\") : cannot open the connection\n"
                "Execution halted\n",
                "/job"),
        "Error in file(file, \"rt\") : cannot open file 'Dados.csv': No such file or directory (code.R, line "
        "1)");
    EXPECT_THAT(
        r_error("[nias] error at code.R, line 1\nError in library(ggplot2) : there is no package called "
                "‘ggplot2’\nExecution halted\n",
                "/job"),
        testing::EndsWith("(code.R, line 1); ask the administrator for it, or for an image that has it"));
    EXPECT_EQ(r_error("Warning in f() : cuidado\n", "/job"), "") << "a warning is no error";
}

TEST(OctaveTrace, SaysOfAFunctionOfMatlabWhereItIs) {
    const std::string missing =
        "error: 'table' undefined near line 1, column 5\n\nThe 'table' function is not yet implemented in "
        "Octave.\n\nPlease read <https://www.octave.org/missing.html> to learn how you can\ncontribute "
        "missing "
        "functionality.\nerror: called from\n    code at line 1 column 3\n";
    EXPECT_EQ(octave_error(missing, "/job"),
              "error: 'table' undefined near line 1, column 5 The 'table' function is not yet implemented in "
              "Octave. (code, line 1); MATLAB has it: name runtime = \"matlab\" in nias.toml where the lab "
              "has one, "
              "or do without it");
    EXPECT_EQ(
        octave_error("error: package io is not installed\nerror: called from\n    load_packages at line 47 "
                     "column 7\n    pkg at line 632 column 7\n    code at line 3 column 1\n",
                     "/job"),
        "error: package io is not installed (code, line 3); ask the administrator for it, or for an image "
        "that has it");
}

}  // namespace
}  // namespace nias::worker
