#include "cli/remote/job_reading.hpp"

#include <gtest/gtest.h>

namespace nias::cli {
namespace {

constexpr auto kId = "0193f00000007000800000000000002a";

std::string job(const std::string& state, const std::string& outcome = "null", const std::string& more = "") {
    return std::string(R"({"id":")") + kId + R"(","name":"espectro","owner":"ana","state":")" + state +
           R"(","attempt":1,"runtime":"python","worker":"lab2","reason":"no machine is free","submitted_ms":1,)" +
           R"("started_ms":2,"ended_ms":3,"bundle_bytes":9,"place_in_line":4,"outcome":)" + outcome + more +
           "}";
}

std::string outcome(const std::string& cause) {
    return R"({"status":"failed","cause":")" + cause +
           R"(","exit_code":3,"signal":0,"error":"it failed","notes":["a","b"],"wall_ms":10,"cpu_ms":20,)"
           R"("peak_memory_bytes":30,"output_bytes":40})";
}

TEST(JobReading, TakesWhatTheLedgerWouldHave) {
    const auto read = read_job(job("failed", outcome("out_of_memory")));
    ASSERT_TRUE(read) << read.error().message;
    const store::TaskRecord& record = read->record;
    EXPECT_EQ(to_string(record.task.id), kId);
    EXPECT_EQ(record.task.spec.name, "espectro");
    EXPECT_EQ(record.task.owner, "ana");
    EXPECT_EQ(record.state, TaskState::failed);
    EXPECT_EQ(record.reason, "no machine is free");
    EXPECT_EQ(record.ended_unix_ms, 3);
    ASSERT_TRUE(record.outcome);
    EXPECT_EQ(record.outcome->status, OutcomeStatus::failed);
    EXPECT_EQ(record.outcome->cause, Cause::out_of_memory);
    EXPECT_EQ(record.outcome->exit_code, 3);
    EXPECT_EQ(record.outcome->notes, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(record.outcome->usage, (Usage{.wall_ms = 10, .cpu_ms = 20, .peak_memory_bytes = 30}));
    ASSERT_TRUE(record.outcome->output_blob);
    EXPECT_EQ(record.outcome->output_blob->size_bytes, 40U);
}

TEST(JobReading, KnowsEveryCauseByItsName) {
    for (int value = 0; value <= static_cast<int>(Cause::store); ++value) {
        const auto cause = static_cast<Cause>(value);
        const auto read = read_job(job("failed", outcome(std::string(to_string(cause)))));
        ASSERT_TRUE(read);
        EXPECT_EQ(read->record.outcome->cause, cause) << to_string(cause);
    }
}

TEST(JobReading, TakesWhatAJobWaitsForAsNoHistory) {
    const auto waiting = read_job(job("queued"));
    ASSERT_TRUE(waiting);
    EXPECT_EQ(waiting->record.reason, "");
    EXPECT_EQ(waiting->place_in_line, 4U);
    EXPECT_FALSE(waiting->record.outcome);
}

TEST(JobReading, LivesWithFieldsAndCausesThatItDoesNotKnow) {
    const auto read = read_job(job("failed", outcome("sunspots"), R"(,"later":{"a":1})"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->record.outcome->cause, Cause::none);
}

TEST(JobReading, SaysOfWhatIsNoJobThatItCannotBeRead) {
    for (const std::string& wrong :
         {std::string(), std::string("<html>"), std::string("[]"), std::string("{}"), job("asleep"),
          job("queued", "null", R"(,"id":7)"), job("queued").substr(0, 40)}) {
        const auto read = read_job(wrong);
        ASSERT_FALSE(read) << wrong;
        EXPECT_EQ(read.error().code, ErrorCode::corrupt);
    }
}

TEST(JobReading, ReadsAPageAndWhetherThereIsMore) {
    const auto page =
        read_page(R"({"jobs":[)" + job("queued") + "," + job("running") + R"(],"next":")" + kId + "\"}");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->records.size(), 2U);
    EXPECT_TRUE(page->more);
    EXPECT_FALSE(read_page(R"({"jobs":[],"next":null})")->more);
    EXPECT_FALSE(read_page(R"({"jobs":7,"next":null})"));
}

}  // namespace
}  // namespace nias::cli
