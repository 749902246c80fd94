#include "daemon/program.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "support/temp_folder.hpp"

using namespace std::chrono_literals;

namespace nias::daemon {
namespace {

/// A program with an option of each kind.
struct Program {
    std::string data = "./nias-data";
    std::uint64_t port = 8080;
    bool insecure = false;
    std::vector<std::string> hosts;
    std::string folder;
    std::optional<int> code;

    explicit Program(const std::vector<std::string>& arguments) {
        Options options("nias-test", "Tests options.");
        options.text("data", data, "data directory");
        options.number("port", port, 0, 65535, "port");
        options.flag("insecure-http", insecure, "flag");
        options.list("allow-host", hosts, "names");
        options.positional("folder", folder, false, "folder");
        std::vector<const char*> argv{"nias-test"};
        for (const std::string& argument : arguments) { argv.push_back(argument.c_str()); }
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        code = options.parse(static_cast<int>(argv.size()), argv.data());
        out = testing::internal::GetCapturedStdout();
        errors = testing::internal::GetCapturedStderr();
    }
    std::string out;
    std::string errors;
};

class OptionsTest : public testing::Test {
protected:
    void SetUp() override {
        for (const char* name :
             {"NIAS_DATA", "NIAS_PORT", "NIAS_INSECURE_HTTP", "NIAS_CONFIG", "NIAS_LOG_LEVEL"}) {
            ::unsetenv(name);
        }
    }
    void TearDown() override { SetUp(); }
    static void environment(const char* name, const std::string& value) {
        ASSERT_EQ(::setenv(name, value.c_str(), 1), 0);
    }
    test::TempFolder folder_;
};

TEST_F(OptionsTest, KeepDefaultsWhereNothingIsGiven) {
    const Program program({});
    EXPECT_FALSE(program.code);
    EXPECT_EQ(program.data, "./nias-data");
    EXPECT_EQ(program.port, 8080U);
    EXPECT_FALSE(program.insecure);
    EXPECT_TRUE(program.hosts.empty());
}

TEST_F(OptionsTest, AreTakenFromFlags) {
    const Program program(
        {"job", "--data", "d", "--port=1", "--insecure-http", "--allow-host", "a", "--allow-host", "b"});
    ASSERT_FALSE(program.code) << program.errors;
    EXPECT_EQ(program.data, "d");
    EXPECT_EQ(program.port, 1U);
    EXPECT_TRUE(program.insecure);
    EXPECT_EQ(program.hosts, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(program.folder, "job");
}

TEST_F(OptionsTest, AreTakenFromFlagsBeforeTheFileBeforeTheEnvironment) {
    test::write_file(folder_ / "nias.toml", "data = \"file\"\nport = 1\ninsecure-http = true\n");
    const Program by_file({"--config", folder_ / "nias.toml"});
    ASSERT_FALSE(by_file.code) << by_file.errors;
    EXPECT_EQ(by_file.data, "file");
    EXPECT_EQ(by_file.port, 1U);
    EXPECT_TRUE(by_file.insecure);
    environment("NIAS_PORT", "2");
    EXPECT_EQ(Program({"--config", folder_ / "nias.toml"}).port, 1U);
    EXPECT_EQ(Program({"--config", folder_ / "nias.toml", "--port", "3"}).port, 3U);
}

TEST_F(OptionsTest, AreTakenFromTheEnvironment) {
    environment("NIAS_DATA", "env");
    environment("NIAS_PORT", "2");
    environment("NIAS_INSECURE_HTTP", "true");
    const Program program({});
    ASSERT_FALSE(program.code) << program.errors;
    EXPECT_EQ(program.data, "env");
    EXPECT_EQ(program.port, 2U);
    EXPECT_TRUE(program.insecure);
}

TEST_F(OptionsTest, RefuseWhatIsNotKnownByName) {
    const Program option({"--dota", "x"});
    EXPECT_EQ(option.code, 2);
    EXPECT_NE(option.errors.find("--dota"), std::string::npos) << option.errors;
    test::write_file(folder_ / "nias.toml", "dota = \"x\"\n");
    const Program key({"--config", folder_ / "nias.toml"});
    EXPECT_EQ(key.code, 2);
    EXPECT_NE(key.errors.find("\"dota\", which is not known (is \"data\" meant?)"), std::string::npos)
        << key.errors;
    EXPECT_EQ(Program({"--config", folder_ / "missing.toml"}).code, 2);
}

TEST_F(OptionsTest, RefuseNumbersOutOfRange) {
    EXPECT_EQ(Program({"--port", "65536"}).code, 2);
    EXPECT_EQ(Program({"--port", "-1"}).code, 2);
    EXPECT_EQ(Program({"--port", "http"}).code, 2);
    environment("NIAS_PORT", "70000");
    EXPECT_EQ(Program({}).code, 2);
}

TEST_F(OptionsTest, RefuseALogLevelThatDoesNotExist) {
    const Program program({"--log-level", "loud"});
    EXPECT_EQ(program.code, 2);
    EXPECT_NE(program.errors.find("debug, info, warn or error"), std::string::npos);
}

/// A program that starts two others, and takes their options.
struct Starter {
    std::string data, slots, name, web;
    bool insecure = false;
    std::vector<std::string> hosts;
    std::optional<int> code;
    std::vector<std::string> first, second;
    std::string help, errors;

    explicit Starter(const std::vector<std::string>& arguments) {
        Options options("nias-test", "Starts two.");
        options.text("data", data, "data directory");
        options.begin_of("first", {"data", "address"});
        for (auto& [option, target] : {std::pair{"data", &name}, {"address", &name}, {"name", &name}}) {
            options.text(option, *target, "of the first");
        }
        options.text("slots", slots, "slots");
        options.begin_of("second", {"data"});
        options.text("data", data, "data directory");
        options.text("name", web, "of the second as well");
        options.flag("insecure-http", insecure, "flag");
        options.list("allow-host", hosts, "names");
        std::vector<const char*> argv{"nias-test"};
        for (const std::string& argument : arguments) { argv.push_back(argument.c_str()); }
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        code = options.parse(static_cast<int>(argv.size()), argv.data());
        help = testing::internal::GetCapturedStdout();
        errors = testing::internal::GetCapturedStderr();
        first = options.given("first");
        second = options.given("second");
    }
};

TEST_F(OptionsTest, OfAnotherProgramArePassedOnAsTheyWereGiven) {
    using Words = std::vector<std::string>;
    const Starter nothing({"--data", "d"});
    EXPECT_FALSE(nothing.code);
    EXPECT_EQ(nothing.data, "d");
    EXPECT_EQ(nothing.first, Words{});
    EXPECT_EQ(nothing.second, Words{});

    const Starter some({"--slots", "2", "--name=-x", "--insecure-http", "--allow-host", "a b", "--allow-host",
                        "c", "--log-level", "warn"});
    EXPECT_FALSE(some.code);
    EXPECT_EQ(some.first, (Words{"--log-level=warn", "--name=-x", "--slots=2"}));
    EXPECT_EQ(some.second, (Words{"--log-level=warn", "--name=-x", "--insecure-http", "--allow-host=a b",
                                  "--allow-host=c"}));

    test::write_file(folder_ / "nias.toml",
                     "slots = \"7\"\ninsecure-http = false\nallow-host = [\"a\", \"b\"]\n");
    const Starter file({"--config", folder_ / "nias.toml"});
    EXPECT_FALSE(file.code);
    EXPECT_EQ(file.first, Words{"--slots=7"});
    EXPECT_EQ(file.second, (Words{"--allow-host=a", "--allow-host=b"}));
    environment("NIAS_INSECURE_HTTP", "true");
    EXPECT_EQ(Starter({}).second, Words{"--insecure-http"});
}

TEST_F(OptionsTest, OfAnotherProgramStandInATableOfItsName) {
    using Words = std::vector<std::string>;
    test::write_file(folder_ / "nias.toml",
                     "log-level = \"warn\"\ndata = \"d\"\n[first]\nslots = \"7\"\nlog-level = \"debug\"\n"
                     "[second]\ninsecure-http = true\nallow-host = [\"a\", \"b\"]\n");
    const Starter tables({"--config", folder_ / "nias.toml"});
    EXPECT_FALSE(tables.code) << tables.errors;
    EXPECT_EQ(tables.data, "d");
    EXPECT_EQ(tables.first, (Words{"--log-level=debug", "--slots=7"}));
    EXPECT_EQ(tables.second,
              (Words{"--log-level=warn", "--insecure-http", "--allow-host=a", "--allow-host=b"}));
    const Starter line({"--config", folder_ / "nias.toml", "--slots", "8"});
    EXPECT_EQ(line.first, (Words{"--log-level=debug", "--slots=8"}));
}

TEST_F(OptionsTest, OfATableAreRefusedByNameWithTheNearestOne) {
    const auto refusal = [&](const std::string& text) {
        test::write_file(folder_ / "nias.toml", text);
        const Starter refused({"--config", folder_ / "nias.toml"});
        EXPECT_EQ(refused.code, 2) << text;
        return refused.errors;
    };
    EXPECT_NE(refusal("[first]\nslot = 2\n").find("\"slot\" in [first], which is not known (is \"slots\""),
              std::string::npos);
    EXPECT_NE(refusal("[frist]\nslots = 2\n").find("[frist], which is not known (is \"first\" meant?)"),
              std::string::npos);
    EXPECT_NE(refusal("slots = 1\n[first]\nslots = 2\n").find("\"slots\" twice"), std::string::npos);
    EXPECT_NE(refusal("[first]\naddress = \"x\"\n").find("not to be chosen"), std::string::npos);
    EXPECT_NE(refusal("[first]\nlog-level = \"loud\"\n").find("--log-level loud: use debug"),
              std::string::npos);
}

TEST_F(OptionsTest, OfAnotherProgramThatThisOneDecidesAreNotThere) {
    EXPECT_EQ(Starter({"--address", "x"}).code, 2);
    EXPECT_EQ(Starter({"--help"}).help.find("--address"), std::string::npos);
}

TEST_F(OptionsTest, AnswerHelpAndVersion) {
    const Program help({"--help"});
    EXPECT_EQ(help.code, 0);
    for (const char* words : {"Tests options.", "--insecure-http", "--config", "--log-level", "NIAS_PORT"}) {
        EXPECT_NE(help.out.find(words), std::string::npos) << words;
    }
    const Program version({"--version"});
    EXPECT_EQ(version.code, 0);
    EXPECT_EQ(version.out.find("unknown"), std::string::npos);
}

TEST(Endpoints, LieInAPrivateFolderOfTheDataDirectory) {
    const test::TempFolder folder;
    const auto endpoints = endpoints_in(folder / "lab/data");
    ASSERT_TRUE(endpoints) << endpoints.error().message;
    EXPECT_EQ(endpoints->intake, "ipc://" + (folder / "lab/data/run/intake"));
    EXPECT_EQ(endpoints->output, "ipc://" + (folder / "lab/data/run/output"));
    for (const std::string& made : {folder / "lab/data", folder / "lab/data/run"}) {
        struct stat info {};
        ASSERT_EQ(::stat(made.c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777U, 0700U) << made;
    }
}

TEST(Endpoints, RefuseAPathTooLongForASocket) {
    const test::TempFolder folder;
    const auto refused = endpoints_in(folder / std::string(120, 'd'));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_NE(refused.error().message.find("shorter --data"), std::string::npos);
}

TEST(Endpoints, SayWhereTheFolderCannotBeMade) {
    const test::TempFolder folder;
    test::write_file(folder / "file", "");
    const auto refused = endpoints_in(folder / "file/data");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

TEST(RunUntilSignal, StopsOnSigtermAndReturnsZero) {
    std::promise<void> asked;
    const int code = run_until_signal(
        [&]() -> Status {
            ::kill(::getpid(), SIGTERM);
            if (asked.get_future().wait_for(20s) != std::future_status::ready) {
                return Error{ErrorCode::internal, "stop was not called"};
            }
            return {};
        },
        [&] { asked.set_value(); });
    EXPECT_EQ(code, 0);
}

TEST(HoldSignals, KeepsOneThatComesEarlyAndFromThreadsThatWereThereBefore) {
    hold_signals();
    std::promise<void> over;
    std::thread early([&] { over.get_future().wait(); });
    ::kill(::getpid(), SIGTERM);  // it would end the process in that thread
    std::promise<void> asked;
    const int code = run_until_signal(
        [&]() -> Status {
            if (asked.get_future().wait_for(20s) != std::future_status::ready) {
                return Error{ErrorCode::internal, "stop was not called"};
            }
            return {};
        },
        [&] { asked.set_value(); });
    EXPECT_EQ(code, 0);
    over.set_value();
    early.join();
}

TEST(RunUntilSignal, LogsAnErrorAndReturnsOne) {
    testing::internal::CaptureStderr();
    const int code = run_until_signal(
        [] {
            return Status(Error{ErrorCode::unavailable, "the disk failed"});
        },
        [] {});
    EXPECT_EQ(code, 1);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("the disk failed"), std::string::npos);
}

TEST(RunUntilSignal, ReloadsAtEachHangupAndGoesOn) {
    std::promise<void> reloaded;
    std::promise<void> asked;
    int reloads = 0;
    const int code = run_until_signal(
        [&]() -> Status {
            ::kill(::getpid(), SIGHUP);
            if (reloaded.get_future().wait_for(20s) != std::future_status::ready) {
                return Error{ErrorCode::internal, "reload was not called"};
            }
            ::kill(::getpid(), SIGTERM);
            if (asked.get_future().wait_for(20s) != std::future_status::ready) {
                return Error{ErrorCode::internal, "stop was not called"};
            }
            return {};
        },
        [&] { asked.set_value(); },
        [&] {
            ++reloads;
            reloaded.set_value();
        });
    EXPECT_EQ(code, 0);
    EXPECT_EQ(reloads, 1);
}

TEST(RunUntilSignal, TellsReadinessBeforeItRuns) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::setenv("NIAS_READY_FD", std::to_string(ends[1]).c_str(), 1), 0);
    std::string told(6, ' ');
    const int code = run_until_signal(
        [&]() -> Status {
            if (::read(ends[0], told.data(), told.size()) != 6) {
                return Error{ErrorCode::internal, "nothing was told"};
            }
            return {};
        },
        [] {});
    ::unsetenv("NIAS_READY_FD");
    ::close(ends[0]);
    EXPECT_EQ(code, 0);
    EXPECT_EQ(told, "ready\n");
}

TEST(Report, GivesTwoForWhatTheCallerCanMend) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(report("nias-test", {ErrorCode::invalid, "wrong"}), 2);
    EXPECT_EQ(report("nias-test", {ErrorCode::denied, "a token that only reads"}), 2);
    EXPECT_EQ(report("nias-test", {ErrorCode::conflict, "held"}), 1);
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "nias-test: wrong\nnias-test: a token that only reads\nnias-test: held\n");
}

}  // namespace
}  // namespace nias::daemon
