// Groups of tasks that are sent whole, or not at all.
#include "service/groups/group_sender.hpp"

#include <gtest/gtest.h>
#include <nias/ventilator.hpp>

#include <filesystem>
#include <fstream>
#include <thread>

#include "store/ledger/ledger.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;

namespace nias::service {
namespace {

constexpr auto kPatience = 30s;

std::vector<Task> tasks_of(std::uint32_t count, const TaskId& group = TaskId::make_group()) {
    std::vector<Task> tasks;
    for (std::uint32_t i = 0; i < count; ++i) {
        Task& task = tasks.emplace_back();
        task.id = group.member(i);
        task.group = group;
        task.group_size = count;
        task.owner = "ana";
        task.payload = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8U)};
    }
    return tasks;
}

class UnsentGroupsTest : public testing::Test {
protected:
    test::TempFolder folder_;
    UnsentGroups unsent_ = std::move(*UnsentGroups::open(folder_.path()));
};

TEST_F(UnsentGroupsTest, KeepWhatTheyAreGivenUntilTheyForgetIt) {
    const auto tasks = tasks_of(10'000);
    const TaskId group = tasks.front().group;
    EXPECT_FALSE(unsent_.has(group));
    ASSERT_TRUE(unsent_.keep(tasks));
    const auto other = UnsentGroups::open(folder_.path());
    EXPECT_TRUE(other->has(group));
    EXPECT_EQ(*other->all(), std::vector{group});
    EXPECT_EQ(*other->read(group), tasks);
    ASSERT_TRUE(other->forget(group));
    ASSERT_TRUE(unsent_.forget(group)) << "twice is no fault";
    EXPECT_FALSE(unsent_.has(group));
    EXPECT_TRUE(unsent_.all()->empty());
}

TEST_F(UnsentGroupsTest, NameAFileThatIsNotAsItWasWritten) {
    const auto tasks = tasks_of(5'000);
    const TaskId group = tasks.front().group;
    const std::string path = folder_ / ("unsent-groups/" + to_string(group));
    ASSERT_TRUE(unsent_.keep(tasks));
    const auto size = std::filesystem::file_size(path);
    for (const std::uintmax_t kept : {std::uintmax_t{0}, std::uintmax_t{3}, size / 2, size - 1}) {
        std::filesystem::resize_file(path, kept);
        const auto read = unsent_.read(group);
        ASSERT_FALSE(read) << kept;
        EXPECT_EQ(read.error().code, ErrorCode::corrupt);
        EXPECT_NE(read.error().message.find(path), std::string::npos);
        ASSERT_TRUE(unsent_.keep(tasks));
    }
    std::ofstream(path, std::ios::binary) << std::string(1000, '\xFF');
    EXPECT_EQ(unsent_.read(group).error().code, ErrorCode::corrupt);
}

class GroupSenderTest : public testing::Test {
protected:
    ~GroupSenderTest() override { stop(); }
    void start(std::uint64_t max_queued = 1'000'000) {
        auto opened = Ventilator::open({.intake = endpoint("intake"),
                                        .control = endpoint("control"),
                                        .events = endpoint("events"),
                                        .data_dir = folder_.path(),
                                        .max_queued = max_queued});
        ASSERT_TRUE(opened) << opened.error().message;
        ventilator_.emplace(std::move(*opened));
        thread_ = std::thread([this] { EXPECT_TRUE(ventilator_->run()); });
    }
    void stop() {
        if (!thread_.joinable()) { return; }
        ventilator_->stop();
        thread_.join();
        ventilator_.reset();
    }
    std::string endpoint(const std::string& name) { return "ipc://" + (folder_ / name); }
    SubmitterOptions options() {
        return {.intake = endpoint("intake"),
                .control = endpoint("control"),
                .events = endpoint("events"),
                .repeat_after = 50ms};
    }
    std::unique_ptr<GroupSender> sender() {
        auto opened = GroupSender::open(options(), unsent());
        EXPECT_TRUE(opened);
        return std::move(*opened);
    }
    UnsentGroups unsent() { return std::move(*UnsentGroups::open(folder_.path())); }
    store::GroupCounts counts(const TaskId& group) {
        auto reader = store::LedgerReader::open(folder_.path());
        return reader ? *reader->counts_of(group) : store::GroupCounts{};
    }
    template <typename Check>
    static bool within_patience(const Check& check) {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (!check()) {
            if (std::chrono::steady_clock::now() > deadline) { return false; }
            std::this_thread::yield();
        }
        return true;
    }

    test::TempFolder folder_;
    std::optional<Ventilator> ventilator_;
    std::thread thread_;
};

TEST_F(GroupSenderTest, KeepsNothingOfAGroupThatWasAccepted) {
    start();
    const auto tasks = tasks_of(10'000);
    const auto sender = this->sender();
    ASSERT_TRUE(sender->send(tasks, kPatience));
    EXPECT_EQ(counts(tasks.front().group).in(TaskState::queued), 10'000U);
    EXPECT_TRUE(unsent().all()->empty());
    EXPECT_TRUE(sender->send(tasks, kPatience)) << "the same once more";
    EXPECT_EQ(counts(tasks.front().group).all(), 10'000U);
}

TEST_F(GroupSenderTest, SendsTheRestOfWhatAnEarlierProcessBegan) {
    start();
    const auto tasks = tasks_of(300);
    const TaskId group = tasks.front().group;
    ASSERT_TRUE(unsent().keep(tasks));
    {
        auto earlier = Submitter::open(options());
        for (std::uint32_t i = 0; i < 120; i += 2) { ASSERT_TRUE(earlier->submit(tasks[i], kPatience)); }
    }
    ASSERT_EQ(counts(group).all(), 60U) << "a half array";
    const auto sender = this->sender();
    EXPECT_EQ(sender->first_unsent(group)->id, tasks.front().id);
    ASSERT_TRUE(sender->resume());
    EXPECT_TRUE(within_patience([&] { return !unsent().has(group); }));
    EXPECT_EQ(counts(group).in(TaskState::queued), 300U);
    EXPECT_FALSE(sender->first_unsent(group));
}

TEST_F(GroupSenderTest, GoesOnWhenTheVentilatorComesLate) {
    const auto tasks = tasks_of(100);
    const TaskId group = tasks.front().group;
    const auto sender = this->sender();
    EXPECT_EQ(sender->send(tasks, 1ms).error().code, ErrorCode::unavailable);
    EXPECT_TRUE(unsent().has(group));
    start();
    EXPECT_TRUE(sender->send(tasks, kPatience)) << "the same request waits for the same group";
    EXPECT_EQ(counts(group).in(TaskState::queued), 100U);
}

TEST_F(GroupSenderTest, CancelsWhatWasAcceptedOfAGroupThatHasNoRoom) {
    start(50);
    const auto tasks = tasks_of(100);
    const auto sender = this->sender();
    const auto sent = sender->send(tasks, kPatience);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::overloaded) << sent.error().message;
    EXPECT_TRUE(unsent().all()->empty());
    EXPECT_TRUE(within_patience([&] { return counts(tasks.front().group).in(TaskState::cancelled) == 50; }));
    EXPECT_EQ(counts(tasks.front().group).all(), 50U);
}

TEST_F(GroupSenderTest, LetsNothingRunOfAGroupThatWasCancelledWhileItWasSent) {
    const auto tasks = tasks_of(100);
    const auto others = tasks_of(100);
    const auto sender = this->sender();
    EXPECT_FALSE(sender->send(tasks, 1ms));
    EXPECT_FALSE(sender->send(others, 1ms));
    ASSERT_TRUE(sender->cancel(tasks.front().group));
    ASSERT_TRUE(unsent().forget(others.front().group)) << "another process cancels it";
    start();
    for (const auto& group : {tasks.front().group, others.front().group}) {
        EXPECT_TRUE(within_patience([&] { return counts(group).in(TaskState::cancelled) == 100; }));
    }
}

TEST_F(GroupSenderTest, LeavesAGroupThatItCannotReadAndSendsTheOthers) {
    start();
    const auto damaged = tasks_of(3);
    const auto whole = tasks_of(3);
    ASSERT_TRUE(unsent().keep(damaged));
    ASSERT_TRUE(unsent().keep(whole));
    std::filesystem::resize_file(folder_ / ("unsent-groups/" + to_string(damaged.front().group)), 9);
    const auto sender = this->sender();
    ASSERT_TRUE(sender->resume());
    EXPECT_TRUE(within_patience([&] { return counts(whole.front().group).all() == 3; }));
    EXPECT_TRUE(unsent().has(damaged.front().group));
}

}  // namespace
}  // namespace nias::service
