// The lines of the log that follow a request through the pipeline, and their bound.
#include "service/followed_requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/log.hpp>
#include <nias/pipeline.hpp>

#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace nias {
namespace {

using service::FollowedRequests;
using testing::Contains;
using testing::HasSubstr;

class FollowedRequestsTest : public testing::Test {
protected:
    FollowedRequestsTest() {
        set_log(
            [this](LogLevel, std::string_view line) {
                const std::lock_guard lock(mutex_);
                lines_.emplace_back(line);
            },
            LogLevel::info);
    }
    ~FollowedRequestsTest() override { set_log({}); }
    FollowedRequestsTest(const FollowedRequestsTest&) = delete;
    FollowedRequestsTest& operator=(const FollowedRequestsTest&) = delete;

    std::vector<std::string> lines() {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

private:
    std::mutex mutex_;
    std::vector<std::string> lines_;
};

TEST_F(FollowedRequestsTest, LeadFromAcceptanceOverTheWorkerAndTheSinkToTheEnd) {
    auto pipeline =
        Pipeline::open({}, [](const Task& task, Context&) -> Result<Bytes> { return task.payload; });
    ASSERT_TRUE(pipeline) << pipeline.error().message;
    Task task;
    task.id = TaskId::make();
    task.owner = "ana";
    task.request = "3f2a";
    const auto outcome = pipeline->submitter().submit_future(task).get();
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->request, "3f2a");
    ASSERT_TRUE(pipeline->stop());
    const std::string begin = "request 3f2a: task " + to_string(task.id) + ", attempt 1, ";
    for (const char* step : {"accepted", "is given to worker", "received", "ended: succeeded",
                             "its outcome is stored: succeeded", "settled"}) {
        EXPECT_THAT(lines(), Contains(HasSubstr(begin + step)));
    }
}

TEST_F(FollowedRequestsTest, AreLeftOutPastABoundAndTheNumberOfThoseIsTold) {
    FollowedRequests followed;
    const Time begun = now();
    for (std::uint64_t i = 0; i < FollowedRequests::kLinesASecond + 7; ++i) { followed.add("a line", begun); }
    EXPECT_EQ(lines().size(), FollowedRequests::kLinesASecond);
    followed.add("the next second", begun + std::chrono::seconds(1));
    const auto all = lines();
    ASSERT_EQ(all.size(), FollowedRequests::kLinesASecond + 2);
    EXPECT_THAT(all[all.size() - 2], HasSubstr("7 lines about requests were left out"));
    EXPECT_EQ(all.back(), "the next second");
}

}  // namespace
}  // namespace nias
