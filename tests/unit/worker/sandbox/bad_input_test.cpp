// Programs that attack: the harm is not done, the end has its name, and the next job is unharmed.
#include <unistd.h>

#include "unit/worker/fake_context.hpp"

namespace nias::worker {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

class BadInputTest : public RunnerTest {
protected:
    BadInputTest() {
        settings.max_processes = 64;
        settings.max_disk_bytes = 64U << 20U;
        settings.max_disk_files = 2000;
        settings.default_memory_bytes = 256U << 20U;
    }
    Ran attack(const std::string& python) {
        return run({{"code.py", python}}, [](Task& task, FakeContext&) { task.spec.time_limit_ms = 60'000; });
    }
    void TearDown() override {
        const Ran next = run({{"code.py", "open('output/x', 'w').write('x')\nprint('unharmed')\n"}});
        EXPECT_EQ(next.outcome.status, OutcomeStatus::succeeded) << next.outcome.error;
        EXPECT_EQ(next.log, "unharmed\n");
        EXPECT_EQ(next.files.count("x"), 1U);
    }
};

constexpr auto kForkBomb =
    "import os, time\n"
    "made = 0\n"
    "try:\n"
    "    while True:\n"
    "        if os.fork() == 0: time.sleep(600)\n"
    "        made += 1\n"
    "except OSError:\n"
    "    print(made, flush=True)\n"
    "    raise\n";

TEST_F(BadInputTest, AForkBombEndsAtTheBoundOfProcesses) {
    const Ran ran = attack(kForkBomb);
    EXPECT_GT(std::stoi("0" + ran.log), 40) << ran.log;
    EXPECT_LT(std::stoi("0" + ran.log), 64) << ran.log;
    EXPECT_EQ(ran.outcome.cause, Cause::exit_code);
    EXPECT_THAT(ran.outcome.error, HasSubstr("BlockingIOError"));
    if (cgroups.limits_processes()) {
        EXPECT_THAT(ran.outcome.error, HasSubstr("it had reached the 64 processes and threads"));
    }
}

TEST_F(BadInputTest, AForkBombEndsWithoutControlGroupsToo) {
    cgroups = Cgroups::none();
    settings.default_memory_bytes = 0;  // else a limit of address space
    const Ran ran = attack(kForkBomb);
    EXPECT_GT(std::stoi("0" + ran.log), 40) << ran.log << ran.outcome.error;
    EXPECT_LT(std::stoi("0" + ran.log), 65) << ran.log;
    EXPECT_THAT(ran.outcome.error, HasSubstr("BlockingIOError"));
    EXPECT_NE(attack("import os, resource\n"
                     "resource.setrlimit(resource.RLIMIT_NPROC, (4096, 4096))\n" +
                     std::string(kForkBomb))
                  .outcome.status,
              OutcomeStatus::succeeded)
        << "and the bound cannot be raised";
}

/// Attacks on the disk, each with the words of its end.
struct Filler {
    const char* name;
    const char* python;
    const char* words;
};
class DiskFillerTest : public BadInputTest, public testing::WithParamInterface<Filler> {};

TEST_P(DiskFillerTest, EndsWithItsNameWhileTheDiskHasRoom) {
    const Ran ran = attack(GetParam().python);
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::failed) << ran.log;
    EXPECT_EQ(ran.outcome.cause, Cause::disk_quota) << ran.outcome.error;
    EXPECT_THAT(ran.outcome.error, HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(BadInput, DiskFillerTest,
                         testing::Values(Filler{"OneFile",
                                                "f = open('output/f', 'wb')\n"
                                                "while True: f.write(bytes(1 << 20)); f.flush()\n",
                                                "wrote more than the 64 MiB"},
                                         Filler{"ManyFiles",
                                                "import os, time\n"
                                                "for i in range(10 ** 9):\n"
                                                "    os.makedirs(f'd{i // 100}', exist_ok=True)\n"
                                                "    open(f'd{i // 100}/{i}', 'w').close()\n"
                                                "    if i > 2500: time.sleep(0.1)\n",
                                                "made more than the 2000 files"},
                                         Filler{"AFileWithoutAName",
                                                "import os\n"
                                                "f = open('f', 'wb')\n"
                                                "os.unlink('f')\n"
                                                "while True:\n"
                                                "    f.write(bytes(1 << 20)); f.flush()\n"
                                                "    if f.tell() > 256 << 20: f.seek(0)\n",
                                                "wrote more than the 64 MiB"},
                                         Filler{"AMappedFileWithoutAName",
                                                "import mmap, os, time\n"
                                                "f = open('f', 'w+b')\n"
                                                "f.truncate(256 << 20)\n"
                                                "m = mmap.mmap(f.fileno(), 256 << 20)\n"
                                                "f.close()\n"
                                                "os.unlink('f')\n"
                                                "while True:\n"
                                                "    for i in range(0, 256 << 20, 4096): m[i] = 1\n",
                                                "wrote more than the 64 MiB"},
                                         Filler{"AClosedFolder",
                                                "import os\n"
                                                "os.mkdir('d')\n"
                                                "f = open('d/f', 'wb')\n"
                                                "os.chmod('d', 0)\n"
                                                "while True:\n"
                                                "    f.write(bytes(1 << 20)); f.flush()\n"
                                                "    if f.tell() > 256 << 20: f.seek(0)\n",
                                                "wrote more than the 64 MiB"},
                                         Filler{"DeepFolders",
                                                "import os, time\n"
                                                "for i in range(200): os.mkdir('d'); os.chdir('d')\n"
                                                "open('f', 'wb').write(bytes(1 << 20))\n"
                                                "time.sleep(600)\n",
                                                "folders in folders more than 64 deep"}),
                         [](const auto& each) { return each.param.name; });

TEST_F(BadInputTest, AFileOfHolesTakesNoRoomAndComesBackNamed) {
    const Ran ran = attack("f = open('output/holes', 'wb')\nf.truncate(8 << 40)\nprint('ok')\n");
    EXPECT_EQ(ran.log, "ok\n");
    EXPECT_EQ(ran.files.count("holes"), 0U);
    EXPECT_THAT(ran.outcome.notes, testing::Contains(HasSubstr("holes")));
}

}  // namespace
}  // namespace nias::worker
