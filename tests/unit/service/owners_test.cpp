// A folder has one owner, whichever program carries it: a second one is refused, and the first is not
// disturbed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nias/pipeline.hpp>
#include <nias/sink.hpp>
#include <nias/ventilator.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>

#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace nias {
namespace {

using testing::HasSubstr;

constexpr auto kPatience = 60s;

Result<Bytes> echo(const Task& task, Context&) { return task.payload; }

/// Another process in which `open` was called, that lives until it is killed.
class OtherProgram {
public:
    explicit OtherProgram(const std::function<bool()>& open) {
        int told[2];
        if (::pipe(told) != 0) { return; }
        pid_ = ::fork();
        if (pid_ == 0) {
            const char said = open() ? 'y' : 'n';
            if (::write(told[1], &said, 1) != 1) { ::_exit(1); }
            while (true) { ::pause(); }
        }
        ::close(told[1]);
        char said = 'n';
        has_opened_ = ::read(told[0], &said, 1) == 1 && said == 'y';
        ::close(told[0]);
    }
    OtherProgram(const OtherProgram&) = delete;
    OtherProgram& operator=(const OtherProgram&) = delete;
    ~OtherProgram() { kill(); }
    void kill() {
        if (pid_ <= 0) { return; }
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    [[nodiscard]] bool has_opened() const { return has_opened_; }
    [[nodiscard]] std::string named() const { return "pid " + std::to_string(pid_) + ", unit_service"; }

private:
    pid_t pid_ = -1;
    bool has_opened_ = false;
};

class OwnersOfAFolder : public testing::Test {
protected:
    [[nodiscard]] VentilatorOptions ventilator(const std::string& sockets) const {
        return {.intake = at(sockets + "-intake"),
                .control = at(sockets + "-control"),
                .events = at(sockets + "-events"),
                .data_dir = folder_ / "data"};
    }
    [[nodiscard]] SinkOptions sink(const std::string& sockets) const {
        return {.outcomes = at(sockets + "-outcomes"),
                .bulk = at(sockets + "-bulk"),
                .output = at(sockets + "-output"),
                .intake = at(sockets + "-intake"),
                .data_dir = folder_ / "data"};
    }
    [[nodiscard]] WorkerOptions worker(const std::string& outbox) const {
        return {.control = at("control"), .outcomes = at("outcomes"), .bulk = at("bulk"), .outbox = outbox};
    }
    [[nodiscard]] std::string at(const std::string& name) const {
        return "ipc://" + folder_.path() + "/" + name;
    }

    const test::TempFolder folder_;
};

template <typename Part>
std::string words_of_conflict(const Result<Part>& part) {
    EXPECT_FALSE(part);
    if (part) { return {}; }
    EXPECT_EQ(part.error().code, ErrorCode::conflict) << part.error().message;
    return part.error().message;
}

TEST_F(OwnersOfAFolder, APipelineOnADirectoryInUseIsRefusedAndTheOwnerGoesOn) {
    auto owner = Pipeline::open({.data_dir = folder_ / "data"}, echo);
    ASSERT_TRUE(owner) << owner.error().message;
    const std::string me = "pid " + std::to_string(::getpid()) + ", unit_service";
    EXPECT_THAT(words_of_conflict(Pipeline::open({.data_dir = folder_ / "data"}, echo)), HasSubstr(me));
    EXPECT_THAT(words_of_conflict(Ventilator::open(ventilator("second"))), HasSubstr(me));
    EXPECT_THAT(words_of_conflict(Sink::open(sink("second"))), HasSubstr(me));
    for (std::uint8_t i = 0; i < 20; ++i) {
        Task task;
        task.owner = "ana";
        task.payload = {i};
        const auto id = owner->submitter().submit(task, kPatience);
        ASSERT_TRUE(id) << id.error().message;
        const auto outcome = owner->submitter().wait(*id, kPatience);
        ASSERT_TRUE(outcome) << outcome.error().message;
        EXPECT_EQ(outcome->output, Bytes{i});
    }
    EXPECT_TRUE(owner->stop());
}

TEST_F(OwnersOfAFolder, AnotherProgramThatHasItIsNamedAndOnceItWasKilledTheFolderIsFree) {
    OtherProgram other([this] {
        static auto ventilator = Ventilator::open(this->ventilator("other"));
        static auto sink = Sink::open(this->sink("other"));
        return ventilator && sink;
    });
    ASSERT_TRUE(other.has_opened());
    EXPECT_THAT(words_of_conflict(Ventilator::open(ventilator("mine"))), HasSubstr(other.named()));
    EXPECT_THAT(words_of_conflict(Sink::open(sink("mine"))), HasSubstr(other.named()));
    EXPECT_THAT(words_of_conflict(Pipeline::open({.data_dir = folder_ / "data"}, echo)),
                HasSubstr(other.named()));
    other.kill();
    const auto ventilator = Ventilator::open(this->ventilator("other"));  // its sockets' files are left there
    EXPECT_TRUE(ventilator) << ventilator.error().message;
}

TEST_F(OwnersOfAFolder, OfManyThatComeToAFreshDirectoryAtOnceOneGetsIt) {
    constexpr int kComers = 8;
    std::atomic<int> owners{0};
    std::atomic<int> refused{0};
    std::atomic<int> done{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kComers; ++i) {
        threads.emplace_back([&, i] {
            const auto part = Ventilator::open(ventilator("v" + std::to_string(i)));
            part ? ++owners : ++refused;
            if (!part) { EXPECT_EQ(part.error().code, ErrorCode::conflict) << part.error().message; }
            ++done;
            while (done < kComers) { std::this_thread::yield(); }  // kept until all have tried
        });
    }
    for (std::thread& thread : threads) { thread.join(); }
    EXPECT_EQ(owners, 1);
    EXPECT_EQ(refused, kComers - 1);
}

TEST_F(OwnersOfAFolder, ItIsFreeWhenItsOwnerIsGone) {
    for (int i = 0; i < 3; ++i) {
        const auto ventilator = Ventilator::open(this->ventilator("v"));
        ASSERT_TRUE(ventilator) << ventilator.error().message;
        const auto sink = Sink::open(this->sink("v"));
        ASSERT_TRUE(sink) << sink.error().message;
    }
}

TEST_F(OwnersOfAFolder, InMemoryNoFolderIsOwnedButAnAddressIs) {
    VentilatorOptions options = ventilator("same");
    options.durability = Durability::memory;
    const auto first = Ventilator::open(options);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_THAT(words_of_conflict(Ventilator::open(options)), HasSubstr("same-intake"));
    VentilatorOptions elsewhere = ventilator("other");
    elsewhere.durability = Durability::memory;
    EXPECT_TRUE(Ventilator::open(elsewhere));
    EXPECT_FALSE(fs::exists(folder_ / "data"));
}

TEST_F(OwnersOfAFolder, AnOutboxHasOneWorkerHoweverItIsSpelt) {
    const auto first = Worker::open(worker(folder_ / "outbox"));
    ASSERT_TRUE(first) << first.error().message;
    fs::create_directory_symlink(folder_ / "outbox", folder_ / "link");
    for (const char* spelt : {"outbox", "outbox/", "./outbox/../outbox", "link"}) {
        EXPECT_THAT(words_of_conflict(Worker::open(worker(folder_ / spelt))), HasSubstr("outbox.lock"))
            << spelt;
    }
    EXPECT_TRUE(Worker::open(worker(folder_ / "another")));
    EXPECT_TRUE(Worker::open(worker("")));  // in memory each has its own
    EXPECT_TRUE(Worker::open(worker("")));
}

}  // namespace
}  // namespace nias
