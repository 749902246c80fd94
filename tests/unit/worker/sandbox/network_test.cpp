// The network of a job's own, on a machine between an «internet» and a «lab»: run by in_a_lab.py.
#include <filesystem>

#include "unit/worker/fake_context.hpp"

namespace nias::worker {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Each server of the test says hello at port 80.
constexpr auto kReach =
    "import errno, socket\n"
    "def reach(where, change=lambda s: None):\n"
    "    try:\n"
    "        with socket.socket() as s:\n"
    "            s.settimeout(3)\n"
    "            change(s)\n"
    "            s.connect((where, 80))\n"
    "            return s.recv(5).decode()\n"
    "    except OSError as e: return errno.errorcode.get(e.errno, type(e).__name__)\n";

class NetworkTest : public RunnerTest {
protected:
    void SetUp() override {
        if (::getenv("NIAS_TEST_LAB") == nullptr) { GTEST_SKIP() << "this is not in_a_lab.py"; }
        allow({});
        settings.network = Network::internet;
    }
    void allow(const std::vector<std::string>& ranges) {
        std::vector<Cidr> allowed;
        for (const std::string& text : ranges) { allowed.push_back(*parse_cidr(text)); }
        auto found = Internet::find(allowed);
        ASSERT_TRUE(found) << found.error().message;
        internet = std::move(*found);
        RunnerTest::SetUp();
    }
    std::string say(const std::string& python) {
        const Ran ran = run({{"code.py", kReach + python}});
        EXPECT_EQ(ran.outcome.status, OutcomeStatus::succeeded) << ran.outcome.error << "\n" << ran.log;
        return ran.log;
    }
};

TEST_F(NetworkTest, ReachesTheInternetByNameAndNumber) {
    EXPECT_EQ(say("print(reach('internet.example'), reach('198.51.100.7'))\n"), "hello hello\n");
}

TEST_F(NetworkTest, ReachesNeitherTheMachineNorTheLab) {
    EXPECT_EQ(say("for where in ['lab.example', '192.168.77.2', '192.168.77.1', '203.0.113.1', "
                  "'169.254.169.254', '10.1.2.3']: print(where, reach(where))\n"),
              "lab.example EHOSTUNREACH\n192.168.77.2 EHOSTUNREACH\n192.168.77.1 EHOSTUNREACH\n"
              "203.0.113.1 EHOSTUNREACH\n169.254.169.254 EHOSTUNREACH\n10.1.2.3 EHOSTUNREACH\n");
    EXPECT_THAT(say("print(reach('127.0.0.1'), reach('198.18.77.2'), reach('198.18.77.3'))\n"),
                Not(HasSubstr("hello")))
        << "the loopback is the job's own, and the gateway leads to no other";
}

TEST_F(NetworkTest, HoldsAgainstAJobThatWantsToChangeIt) {
    EXPECT_THAT(say("import struct\n"
                    "bind = lambda s: s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'internet')\n"
                    "direct = lambda s: s.setsockopt(socket.SOL_SOCKET, 5, 1)\n"
                    "both = lambda s: (bind(s), direct(s))\n"
                    "by = lambda s: s.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b'\\x83\\x0b\\x04' + "
                    "socket.inet_aton('198.18.77.2') + socket.inet_aton('192.168.77.2') + b'\\0')\n"
                    "for change in [bind, direct, both, by]:\n"
                    "    for where in ['192.168.77.2', '192.168.77.1', '203.0.113.1']: print(reach(where, "
                    "lambda s: (s.settimeout(0.5), change(s))))\n"
                    "with socket.socket(socket.AF_INET6) as s:\n"
                    "    s.settimeout(3)\n"
                    "    try: s.connect(('::ffff:192.168.77.2', 80)); print(s.recv(5))\n"
                    "    except OSError as e: print(e)\n"),
                Not(HasSubstr("hello")));
    EXPECT_EQ(
        say("import os, struct\n"
            "def no(act):\n"
            "    try: act(); return 'allowed'\n"
            "    except OSError as e: return errno.errorcode[e.errno]\n"
            "def forget_all():\n"
            "    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:\n"
            "        s.send(struct.pack('=IHHIIBBBBBBBBI', 28, 25, 5, 1, 0, 2, 16, 0, 0, 254, 4, 0, 7, 0))\n"
            "        raise OSError(-struct.unpack('=i', s.recv(4096)[16:20])[0], '')\n"
            "print(no(forget_all), no(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)), "
            "no(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)), "
            "no(lambda: os.open('/dev/net/tun', os.O_RDWR)))\n"),
        "EPERM EPERM EPERM ENOENT\n");
}

TEST_F(NetworkTest, ReachesWhatTheAdministratorOpens) {
    allow({"192.168.0.0/16"});
    EXPECT_EQ(say("print(reach('lab.example'), reach('192.168.77.1'), reach('internet.example'))\n"),
              "hello EHOSTUNREACH hello\n");
    allow({"192.168.77.1"});
    EXPECT_EQ(say("print(reach('192.168.77.2'), reach('192.168.77.1'))\n"), "EHOSTUNREACH hello\n");
}

TEST_F(NetworkTest, SaysInTheEndThatAnAddressWasClosed) {
    const std::string fetch =
        "import urllib.request\nurllib.request.urlopen('http://lab.example/', timeout=5)\n";
    const Ran closed = run({{"code.py", fetch}});
    EXPECT_EQ(closed.outcome.cause, Cause::exit_code);
    EXPECT_THAT(closed.outcome.error, HasSubstr("No route to host"));
    EXPECT_THAT(closed.outcome.error, HasSubstr("(--job-network-allow)"));
    const Ran declined = run({{"code.py", fetch}, {"nias.toml", "network = \"none\"\n"}});
    EXPECT_THAT(declined.outcome.error, HasSubstr("as its nias.toml asks"));
    settings.network = Network::none;
    EXPECT_THAT(run({{"code.py", fetch}}).outcome.error, HasSubstr("no network on this machine"));
}

TEST_F(NetworkTest, KnowsLocalhostAndItsOwnName) {
    EXPECT_EQ(say("for name in ['localhost', socket.gethostname()]:\n"
                  "    with socket.create_server((name, 0)) as server:\n"
                  "        socket.create_connection(server.getsockname()[:2]).close()\nprint('ok')\n"),
              "ok\n");
}

TEST_F(NetworkTest, SpeaksIpv6WithItselfAlone) {
    EXPECT_EQ(say("with socket.create_server(('::1', 0), family=socket.AF_INET6) as server:\n"
                  "    socket.create_connection(server.getsockname()[:2]).close()\n"
                  "for kind in [socket.AF_INET, socket.AF_INET6]: print(socket.getaddrinfo('localhost', 80, "
                  "kind)[0][4][0])\n"),
              "127.0.0.1\n::1\n");
    const std::string reach6 =
        "def reach6(where):\n"
        "    try:\n"
        "        with socket.socket(socket.AF_INET6) as s:\n"
        "            s.settimeout(3)\n"
        "            s.connect(socket.getaddrinfo(where, 80, socket.AF_INET6)[0][4])\n"
        "            return s.recv(5).decode()\n"
        "    except OSError as e: return errno.errorcode.get(e.errno, type(e).__name__)\n";
    EXPECT_EQ(say(reach6 + "print(reach6('fd77::2'), reach6('fd77::1'), reach6('2001:db8:7::1'), "
                           "reach6('2001:db8:7::2'), reach6('fe80::1%internet'))\n"),
              "ENETUNREACH ENETUNREACH ENETUNREACH ENETUNREACH ENETUNREACH\n");
    EXPECT_EQ(say("with open('/proc/net/if_inet6') as links: print([l.split()[-1] for l in links])\n"),
              "['lo']\n")
        << "the link out has no address of its own";
}

TEST_F(NetworkTest, ReachesANameThatHasBothKindsOfAddresses) {
    EXPECT_EQ(
        say("with socket.create_connection(('internet.example', 80), timeout=5) as s: print(s.recv(5))\n"),
        "b'hello'\n");
}

TEST_F(NetworkTest, SaysInTheEndThatThereIsNoIpv6) {
    const Ran ran = run({{"code.py",
                          "import urllib.request\n"
                          "urllib.request.urlopen('http://[2001:db8:7::2]/', timeout=5)\n"}});
    EXPECT_EQ(ran.outcome.cause, Cause::exit_code);
    EXPECT_THAT(ran.outcome.error, HasSubstr("jobs reach the internet by IPv4 alone"));
}

TEST_F(NetworkTest, LeavesNoProcessBehind) {
    EXPECT_EQ(say("print(reach('internet.example'))\n"), "hello\n");
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string status = test::read_file(entry.path() / "status");
        EXPECT_FALSE(status.find("slirp4netns") != std::string::npos &&
                     status.find("PPid:\t" + std::to_string(::getpid()) + "\n") != std::string::npos)
            << entry.path();
    }
}

}  // namespace
}  // namespace nias::worker
