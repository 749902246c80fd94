#include "service/retention.hpp"

#include <gtest/gtest.h>
#include <nias/submitter.hpp>
#include <nias/ventilator.hpp>

#include <optional>
#include <thread>

#include "base/clock.hpp"
#include "store/ledger/ledger.hpp"
#include "support/temp_folder.hpp"

namespace nias::service {
namespace {

constexpr std::chrono::seconds kPatience(30);

/// A ventilator with a job that was cancelled a moment ago and one that waits.
class RetentionTest : public testing::Test {
protected:
    void SetUp() override {
        const auto at = [this](const std::string& name) { return "ipc://" + folder_.path() + "/" + name; };
        auto opened = Ventilator::open({.intake = at("intake"),
                                        .control = at("control"),
                                        .events = at("events"),
                                        .data_dir = folder_.path()});
        ASSERT_TRUE(opened) << opened.error().message;
        ventilator_.emplace(std::move(*opened));
        thread_ = std::thread([this] { EXPECT_TRUE(ventilator_->run()); });
        auto submitter =
            Submitter::open({.intake = at("intake"), .control = at("control"), .events = at("events")});
        ASSERT_TRUE(submitter);
        Task task;
        task.owner = "ana";
        const auto ended = submitter->submit(task, kPatience);
        const auto waits = submitter->submit(task, kPatience);
        ASSERT_TRUE(ended && waits);
        ended_ = *ended;
        waits_ = *waits;
        ASSERT_TRUE(submitter->cancel(ended_));
        ASSERT_TRUE(submitter->wait(ended_, kPatience));
        retained_ = {folder_.path(), at("control"), 600};
    }
    void TearDown() override {
        ventilator_->stop();
        thread_.join();
    }
    std::vector<TaskId> listed() {
        std::vector<TaskId> ids;
        for (const auto& record : *store::LedgerReader::open(folder_.path())->list({})) {
            ids.push_back(record.task.id);
        }
        return ids;
    }

    const test::TempFolder folder_;
    std::optional<Ventilator> ventilator_;
    std::thread thread_;
    Retained retained_;
    TaskId ended_;
    TaskId waits_;
};

TEST_F(RetentionTest, DeletesWhatEndedBeforeTheMomentAndNothingElse) {
    EXPECT_EQ(*delete_ended_before(retained_, unix_ms_now() - 60'000), 0U);
    EXPECT_EQ(listed().size(), 2U);
    const std::int64_t later = unix_ms_now() + 60'000;
    EXPECT_EQ(*delete_ended_before(retained_, later), 1U);
    EXPECT_EQ(listed(), std::vector{waits_});
    const auto record = store::LedgerReader::open(folder_.path())->find(ended_);
    ASSERT_TRUE(record && *record);
    EXPECT_GT((*record)->gone_unix_ms, unix_ms_now() + 500'000) << "it can be had back";
    EXPECT_EQ(*delete_ended_before(retained_, later), 0U);
}

TEST_F(RetentionTest, LooksWhenItStarts) {
    const auto record = store::LedgerReader::open(folder_.path())->find(ended_);
    ASSERT_TRUE(record && *record);
    // A job that ended in the present millisecond is not yet old, and the next look is ten minutes away.
    while (unix_ms_now() <= (*record)->ended_unix_ms) { std::this_thread::yield(); }
    const Retention retention(retained_, std::chrono::milliseconds(0));
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (listed().size() > 1 && std::chrono::steady_clock::now() < until) { std::this_thread::yield(); }
    EXPECT_EQ(listed(), std::vector{waits_});
}

TEST_F(RetentionTest, SaysWhereThereIsNoLedger) {
    const Retained none{folder_ / "none", retained_.control, 600};
    EXPECT_EQ(delete_ended_before(none, 0).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace nias::service
