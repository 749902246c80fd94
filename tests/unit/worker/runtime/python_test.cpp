// Python in a job behaves as on a researcher's own machine.
#include "worker/runtime/python.hpp"

#include "unit/worker/fake_context.hpp"

namespace nias::worker {
namespace {

using testing::HasSubstr;
using PythonTest = RunnerTest;

TEST_F(PythonTest, FindsTheStandardModuleThatTheProgramsNameHides) {
    const Ran ran =
        run({{"code.py",
              "import doctest, pdb, subprocess, sys\nfrom code import InteractiveConsole\n"
              "print('once', InteractiveConsole.__name__, flush=True)\n"
              "for env in [None, {}]:\n"
              "    subprocess.run([sys.executable, 'other.py'], check=True, env=env)\n"},
             {"other.py", "import doctest, code\nprint(code.__file__.startswith('/usr/lib'))\n"}});
    EXPECT_EQ(ran.log, "once InteractiveConsole\nTrue\nTrue\n") << ran.outcome.error;
}

TEST_F(PythonTest, FindsItInSpawnedProcessesToo) {
    const Ran ran = run({{"code.py",
                          "import multiprocessing\n"
                          "def ask(_):\n    import code\n    return code.InteractiveConsole.__name__\n"
                          "if __name__ == '__main__':\n"
                          "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
                          "        print(pool.map(ask, [1]))\n"}});
    EXPECT_EQ(ran.log, "['InteractiveConsole']\n") << ran.outcome.error;
}

TEST_F(PythonTest, LendsTheProgramsOwnNamesToAFileThatImportsThem) {
    const Ran ran = run({{"code.py",
                          "def my_filter(x):\n    return x + 1\n"
                          "if __name__ == '__main__':\n    import check, code\n"
                          "    print(hasattr(code, 'my_filter'))\n"},
                         {"check.py", "from code import my_filter\nprint(my_filter(2))\n"}});
    EXPECT_EQ(ran.log, "3\nFalse\n") << ran.outcome.error;
}

TEST_F(PythonTest, LeavesModulesOfOtherNamesAlone) {
    const Ran ran = run({{"analysis.py", "import helper\nfrom calendars import x\nprint(x, helper.x)\n"},
                         {"more/calendars.py", "x = 1\n"},
                         {"helper.py", "x = 2\n"},
                         {"nias.toml", "entry = \"analysis.py\"\n[env]\nPYTHONPATH = \"/job/more\"\n"}});
    EXPECT_EQ(ran.log, "1 2\n") << ran.outcome.error;
}

TEST_F(PythonTest, ReadsItsStartFileAsItWasCompiledBeforehandWhereverItBegins) {
    const std::string look =
        "import subprocess, sys\nfrom code import InteractiveConsole\n"
        "said = subprocess.run([sys.executable, '-v', '-c', 'pass'], capture_output=True, text=True).stderr\n"
        "print('__pycache__/sitecustomize' in said, 'code object from' in said)\n";
    EXPECT_EQ(run({{"code.py", look}}).log, "True True\n");
    EXPECT_EQ(run({{"analysis.py", look}, {"nias.toml", "entry = \"analysis.py\"\n"}}).log, "False True\n")
        << "another name is compiled by the job's own Python";
}

TEST_F(PythonTest, SeesAsManyProcessorsAsItWasGranted) {
    const Ran ran = run({{"code.py",
                          "import os\nprint(os.cpu_count(), len(os.sched_getaffinity(0)), "
                          "os.environ['LOKY_MAX_CPU_COUNT'], os.environ['NUMBA_NUM_THREADS'])\n"}});
    EXPECT_EQ(ran.log, "1 1 1 1\n");
}

TEST_F(PythonTest, ReadsSourcesInLatin1AndUtf16AsTheirEditorsMeantThem) {
    const Ran latin = run({{"code.py",
                            "import other\nprint('m\xE9"
                            "dia', other.word)\n"},
                           {"other.py", "# -*- coding: latin-1 -*-\nword = 'a\xE7\xE3o'\n"}});
    EXPECT_EQ(latin.log, "média ação\n") << latin.outcome.error;
    EXPECT_THAT(latin.outcome.notes, testing::ElementsAre(HasSubstr("code.py was written in Windows-1252")))
        << "a file that names its encoding is Python's own matter";
    const Ran utf16 = run({{"code.py", std::string("\xFF\xFEp\0r\0i\0n\0t\0(\0001\0)\0\n\0", 20)}});
    EXPECT_EQ(utf16.log, "1\n") << utf16.outcome.error;
}

TEST_F(PythonTest, DrawsWithoutWindowsWhateverBackendIsAskedFor) {
    const Ran ran = run({{"code.py",
                          "import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt\n"
                          "plt.plot([1, 2])\nplt.show()\nplt.savefig('output/a.png')\n"
                          "plt.switch_backend('Qt5Agg')\nplt.plot([1, 2])\nplt.savefig('output/b.png')\n"}});
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error;
    EXPECT_EQ(ran.files.count("a.png") + ran.files.count("b.png"), 2U);
    EXPECT_THAT(ran.log, HasSubstr("the figures of TkAgg are drawn without one"));
}

TEST_F(PythonTest, FailsWithASentenceWhereItWaitsForAPerson) {
    const std::string plot =
        "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\n";
    for (const char* wait :
         {"plt.ginput(1, timeout=0)", "plt.waitforbuttonpress()", "plt.gcf().canvas.start_event_loop()",
          "input()", "import getpass; getpass.getpass()"}) {
        const Ran ran = run({{"code.py", plot + wait + "\n"}});
        EXPECT_EQ(ran.outcome.status, OutcomeStatus::failed) << wait;
        EXPECT_THAT(ran.outcome.error, HasSubstr("nobody sits before a job")) << wait;
    }
    EXPECT_EQ(run({{"code.py", plot + "plt.show()\nplt.pause(0.01)\nprint('on')\n"}}).outcome.status,
              OutcomeStatus::succeeded);
}

}  // namespace
}  // namespace nias::worker
