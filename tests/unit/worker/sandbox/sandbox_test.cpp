// A job asks from inside what it can see and reach (A8); and what --sandbox none still promises.
#include "worker/sandbox/sandbox.hpp"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <set>

#include "unit/worker/fake_context.hpp"

namespace nias::worker {
namespace {

using testing::HasSubstr;
using testing::Not;

class SandboxTest : public RunnerTest {
protected:
    std::string say(const std::string& python, const Files& more = {}) {
        Files files = more;
        files["code.py"] = python;
        const Ran ran = run(files);
        EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error << "\n" << ran.log;
        return ran.log;
    }
};

TEST_F(SandboxTest, A8HidesTheHostsFiles) {
    test::write_file(folder() + "/secret", "other people's data");
    EXPECT_EQ(say("import os\n"
                  "for p in ['/home', '/root', '/var/lib/dpkg', '/etc/shadow', '/etc/hostname', '" +
                  folder() + "/secret', '" + folder() +
                  "']:\n"
                  "    print(os.path.exists(p))\n"),
              "False\nFalse\nFalse\nFalse\nFalse\nFalse\nFalse\n");
}

TEST_F(SandboxTest, A8LetsWriteNowhereButItsFolderAndTmp) {
    EXPECT_EQ(say("import os\n"
                  "def can(p):\n"
                  "    try: open(p + '/probe', 'w').close(); return True\n"
                  "    except OSError: return False\n"
                  "print([p for p in ['/usr', '/usr/bin', '/etc/alternatives', '/proc', '/sys', "
                  "'/usr/lib/python3/dist-packages'] if can(p)])\n"
                  "print(can('/job'), can('/job/output'), can('/tmp'))\n"),
              "[]\nTrue True True\n");
}

/// Opens every file below /proc and /sys for writing, and prints those that let it: none may be written, by a
/// worker that is root as by any other (the host's /proc/sys/kernel/core_pattern is its root).
constexpr auto kOpenEveryKernelFile =
    "import os\n"
    "tried, opened = 0, []\n"
    "for top in ['/proc', '/sys']:\n"
    "    for folder, names, files in os.walk(top):\n"
    "        if folder == '/proc': names[:] = [n for n in names if not n.isdigit()]\n"
    "        for name in files:\n"
    "            tried += 1\n"
    "            try: os.close(os.open(folder + '/' + name, os.O_WRONLY | os.O_NONBLOCK))\n"
    "            except OSError: continue\n"
    "            opened.append(folder + '/' + name)\n"
    "print(tried > 500, opened)\n";

TEST_F(SandboxTest, A8LetsWriteNoFileOfTheKernel) {
    EXPECT_EQ(say(kOpenEveryKernelFile), "True []\n");
    settings.network = Network::host;
    EXPECT_EQ(say(kOpenEveryKernelFile), "True []\n") << "nor with the host's network";
}

TEST_F(SandboxTest, A8ShowsNoFileThatTheKernelKeepsForRoot) {
    EXPECT_EQ(
        say("import os\n"
            "def can(p):\n"
            "    try: return os.path.exists(p) and len(os.read(os.open(p, os.O_RDONLY | os.O_NONBLOCK), "
            "8)) > 0\n"
            "    except OSError: return False\n"
            "print([p for p in ['kcore', 'kmsg', 'kpageflags', 'kpagecount', 'slabinfo', 'vmallocinfo'] "
            "if can('/proc/' + p)])\n"),
        "[]\n");
}

TEST_F(SandboxTest, A8BoundsEveryFileSystemInMemory) {
    const std::string rooms =
        "import os\n"
        "for path in ['/', '/run', '/dev', '/tmp', '/dev/shm']:\n"
        "    room = os.statvfs(path)\n"
        "    print(path, 'closed' if room.f_flag & os.ST_RDONLY else room.f_blocks * room.f_frsize >> 20)\n";
    const auto lines = [&] {
        return run({{"code.py", rooms}},
                   [](Task& task, FakeContext&) { task.spec.resources.memory_bytes = 256U << 20U; })
            .log;
    };
    if (cgroups.limits_memory()) {
        EXPECT_EQ(lines(), "/ closed\n/run closed\n/dev closed\n/tmp 256\n/dev/shm 256\n");
    }
    cgroups = Cgroups::none();
    EXPECT_EQ(lines(), "/ closed\n/run closed\n/dev closed\n/tmp 128\n/dev/shm 128\n")
        << "nothing counts them together, so that they may hold half of the memory each";
}

TEST_F(SandboxTest, HasSharedMemoryAndDevicesForPrograms) {
    EXPECT_EQ(say("import multiprocessing, os, pty\n"
                  "from multiprocessing import shared_memory\n"
                  "s = shared_memory.SharedMemory(create=True, size=1 << 20)\n"
                  "s.buf[0] = 7\n"
                  "with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, -2]), s.buf[0])\n"
                  "s.close(); s.unlink()\n"
                  "open('/dev/null', 'w').write('x')\n"
                  "print(len(open('/dev/urandom', 'rb').read(8)), len(pty.openpty()))\n"),
              "[1, 2] 7\n8 2\n");
}

TEST_F(SandboxTest, A8LeavesNothingInTmp) {
    say("open('/tmp/left', 'w').write('x')\n");
    EXPECT_EQ(say("import os\nprint(os.path.exists('/tmp/left'))\n"), "False\n");
    EXPECT_FALSE(std::filesystem::exists("/tmp/left"));
}

TEST_F(SandboxTest, A8ReachesNoNetwork) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), length), 0);
    ASSERT_EQ(::listen(listener, 4), 0);
    ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length), 0);
    const std::string connect = "import socket\ntry:\n    socket.create_connection(('127.0.0.1', " +
                                std::to_string(ntohs(address.sin_port)) +
                                "), 2)\n    print('reached')\nexcept OSError: print('refused')\n";
    EXPECT_EQ(say(connect), "refused\n");
    settings.network = Network::host;
    EXPECT_EQ(say(connect), "reached\n") << "the test's listener is real";
    EXPECT_EQ(say(connect, {{"nias.toml", "network = \"none\"\n"}}), "refused\n") << "a job may decline";
    ::close(listener);
}

TEST_F(SandboxTest, A8ShowsItsOwnProcessesOnly) {
    EXPECT_EQ(say("import os\nprint(sorted(int(p) for p in os.listdir('/proc') if p.isdigit()) == [1, "
                  "os.getpid()])\n"),
              "True\n");
}

TEST_F(SandboxTest, A8HasNoCapabilityAndGainsNone) {
    const std::string status = say("print(open('/proc/self/status').read())\n");
    for (const char* line :
         {"CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"}) {
        EXPECT_THAT(status, HasSubstr(line));
    }
}

TEST_F(SandboxTest, A8DeniesDangerousCalls) {
    EXPECT_EQ(say("import ctypes, errno\n"
                  "libc = ctypes.CDLL(None, use_errno=True)\n"
                  "def call(*a):\n"
                  "    r = libc.syscall(*a)\n"
                  "    return errno.errorcode[ctypes.get_errno()] if r < 0 else 'allowed'\n"
                  "print(call(272, 0x10000000), call(321, 0, 0, 0), call(425, 1, 0), call(101, 0, 0, 0, 0), "
                  "call(250, 0, 0), call(435, 0, 0))\n"
                  "print(call(56, 0x10000011, 0, 0, 0, 0))\n"),
              "EPERM EPERM EPERM EPERM EPERM ENOSYS\nEPERM\n");
}

TEST_F(SandboxTest, GivesAnEnvironmentFromEmpty) {
    ASSERT_EQ(::setenv("NIAS_TEST_SECRET", "token", 1), 0);
    const std::string names =
        say("import os\nprint(*sorted(os.environ))\nprint(os.environ['NIAS_CPUS'], os.environ['MINE'], "
            "os.getcwd())\n",
            {{"nias.toml", "cpus = 1\n[env]\nMINE = \"yes\"\n"}});
    EXPECT_EQ(
        names,
        "BLIS_NUM_THREADS HOME LANG LOKY_MAX_CPU_COUNT MINE MKL_NUM_THREADS MPLBACKEND MPLCONFIGDIR "
        "NIAS_ATTEMPT NIAS_CPUS NIAS_JOB_ID NIAS_OUTPUT NIAS_PROGRESS NUMBA_NUM_THREADS NUMEXPR_MAX_THREADS "
        "NUMEXPR_NUM_THREADS OMP_NUM_THREADS OPENBLAS_NUM_THREADS PATH POLARS_MAX_THREADS PWD "
        "PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONUNBUFFERED PYTHON_CPU_COUNT RAYON_NUM_THREADS TMPDIR "
        "VECLIB_MAXIMUM_THREADS\n1 yes /job\n");
}

TEST_F(SandboxTest, PassesNoDescriptor) {
    EXPECT_EQ(say("import os\nprint(sorted(f for f in os.listdir('/proc/self/fd') if "
                  "os.path.exists('/proc/self/fd/' + f)))\n"),
              "['0', '1', '2']\n");
}

/// A sleeper that has left its session and its parents, found on the host by a mark in its command line.
constexpr auto kEscape =
    "import os, time, sys\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "        os.execv('/usr/bin/python3', ['python3', '-c', 'import time; time.sleep(600)', sys.argv[0], "
    "os.environ['NIAS_JOB_ID']])\n"
    "    os._exit(0)\n"
    "os.wait()\n"
    "def marked():\n"
    "    n = 0\n"
    "    for p in os.listdir('/proc'):\n"
    "        try: n += os.environ['NIAS_JOB_ID'] in open('/proc/' + p + '/cmdline').read()\n"
    "        except OSError: pass\n"
    "    return n\n"
    "until = time.time() + 10\n"
    "while marked() == 0 and time.time() < until: time.sleep(0.01)\n"
    "print('left', marked())\n";

int processes_marked(const std::string& mark) {
    int count = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
        if (test::read_file(entry.path() / "cmdline").find(mark) != std::string::npos) { ++count; }
    }
    return count;
}

TEST_F(SandboxTest, EndsDetachedProcessesWithTheJob) {
    std::string id;
    const Ran ran = run({{"code.py", kEscape}}, [&](Task& task, FakeContext&) { id = to_string(task.id); });
    EXPECT_EQ(ran.log, "left 1\n") << "it is alive when the program ends";
    EXPECT_EQ(processes_marked(id), 0);
}

/// The real users, on the host, of the processes whose command line holds the mark.
std::set<std::string> users_of(const std::string& mark) {
    std::set<std::string> out;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
        if (test::read_file(entry.path() / "cmdline").find(mark) == std::string::npos) { continue; }
        const std::string status = test::read_file(entry.path() / "status");
        const std::size_t at = status.find("Uid:\t");
        if (at != std::string::npos) {
            out.insert(status.substr(at + 5, status.find('\t', at + 5) - at - 5));
        }
    }
    return out;
}

TEST_F(SandboxTest, A8GivesEachAttemptUnderRootAUserOfItsOwn) {
    if (::geteuid() != 0) { GTEST_SKIP() << "this is not root"; }
    const std::string stay =
        "import os, sys, time\n"
        "if len(sys.argv) == 1: os.execv(sys.executable, ['python3', *sys.argv, os.environ['NIAS_JOB_ID']])\n"
        "print('up', flush=True)\ntime.sleep(600)\n";
    std::array<std::set<std::string>, 2> seen;
    for (auto& users : seen) {
        std::string id;
        (void)run({{"code.py", stay}}, [&](Task& task, FakeContext& context) {
            id = to_string(task.id);
            context.cancel_when = [&](const FakeContext& c) {
                if (c.text == "up\n") { users = users_of(id); }
                return c.text == "up\n";
            };
        });
        EXPECT_EQ(users.size(), 1U);
        EXPECT_EQ(users.count("0"), 0U) << "the host's root";
    }
    EXPECT_NE(seen[0], seen[1]) << "neighbours, and attempts one after another, are strangers";
}

TEST_F(SandboxTest, A8LeavesNothingOfAJobOnTheMachine) {
    const auto left = [&] {
        std::vector<std::string> out;
        for (const char* kind : {"shm", "sem", "msg"}) {
            out.push_back(test::read_file(std::string("/proc/sysvipc/") + kind));
        }
        out.push_back(test::read_file("/proc/self/mountinfo"));
        std::string names;
        for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
            names += entry.path().filename().string() + " ";
        }
        out.push_back(names);
        return out;
    };
    const std::string make =
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.shmget(77, 4096, 0o1666) >= 0, libc.semget(77, 3, 0o1666) >= 0, "
        "libc.msgget(77, 0o1666) >= 0)\n"
        "os.open('/dev/shm/left', os.O_CREAT | os.O_RDWR)\n";
    say("pass\n");  // what is made once for all jobs is there
    const auto before = left();
    EXPECT_EQ(say(make), "True True True\n");
    EXPECT_EQ(left(), before);
    EXPECT_EQ(say(make), "True True True\n") << "the next job finds none of them";
    if (cgroups.available()) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(
                 "/sys/fs/cgroup", std::filesystem::directory_options::skip_permission_denied)) {
            const std::string path = entry.path().string();
            EXPECT_FALSE(path.find("nias-test-" + std::to_string(::getpid()) + "/") != std::string::npos &&
                         entry.is_directory())
                << path;
        }
    }
}

class NoSandboxTest : public RunnerTest {
protected:
    NoSandboxTest() { boxed = false; }
};

TEST_F(NoSandboxTest, RunsAndEndsDetachedProcessesByTheControlGroup) {
    if (!cgroups.available()) { GTEST_SKIP() << "no control group can be made here"; }
    std::string id;
    const Ran ran = run({{"code.py", kEscape}}, [&](Task& task, FakeContext&) { id = to_string(task.id); });
    EXPECT_EQ(ran.log, "left 1\n") << "it is alive when the program ends";
    EXPECT_EQ(processes_marked(id), 0);
}

TEST_F(NoSandboxTest, NamesTheSignalAndTheTimeLimit) {
    EXPECT_EQ(run({{"code.py", "import os\nos.abort()\n"}}).outcome.signal, SIGABRT);
    const Ran late = run({{"code.py", "import time\ntime.sleep(60)\n"}},
                         [](Task& task, FakeContext&) { task.spec.time_limit_ms = 300; });
    EXPECT_EQ(late.outcome.status, OutcomeStatus::timed_out);
}

TEST_F(NoSandboxTest, LimitsTheAddressSpaceWithoutControlGroups) {
    cgroups = Cgroups::none();
    const Ran ran = run({{"code.py", "x = bytearray(1 << 30)\n"}},
                        [](Task& task, FakeContext&) { task.spec.resources.memory_bytes = 256U << 20U; });
    EXPECT_EQ(ran.outcome.cause, Cause::exit_code);
    EXPECT_THAT(ran.outcome.error, HasSubstr("MemoryError"));
}

}  // namespace
}  // namespace nias::worker
