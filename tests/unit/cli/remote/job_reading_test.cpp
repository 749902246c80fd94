#include "cli/remote/job_reading.hpp"

#include <gtest/gtest.h>

#include "job/array/terms.hpp"

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

TEST(JobReading, TakesTheEarlierAttemptsWhereTheServerTellsThem) {
    std::string first = outcome("fetch");
    first.insert(1, R"("attempt":1,"worker":"lab1","started_ms":5,"ended_ms":6,)");
    const auto read = read_job(job("running", "null", R"(,"attempts":[)" + first + "]"));
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->attempts.size(), 1U);
    EXPECT_EQ(read->attempts[0].attempt, 1U);
    EXPECT_EQ(read->attempts[0].worker, "lab1");
    EXPECT_EQ(read->attempts[0].ended_unix_ms, 6);
    EXPECT_EQ(read->attempts[0].cause, Cause::fetch);
    EXPECT_TRUE(read_job(job("running"))->attempts.empty()) << "an older server tells none";
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
    EXPECT_EQ(page->jobs.size(), 2U);
    EXPECT_TRUE(page->more);
    EXPECT_FALSE(read_page(R"({"jobs":[],"next":null})")->more);
    EXPECT_FALSE(read_page(R"({"jobs":7,"next":null})"));
}

TEST(JobReading, TakesAnArrayAsAWhole) {
    const std::string counts =
        R"({"queued":1,"assigned":0,"running":2,"succeeded":3,"failed":4,"cancelled":5,"timed_out":6,"lost":7})";
    auto read = read_job(job(
        "running", "null",
        R"(,"trial":false,"member":null,"array":{"size":28,"missing":0,"min":1,"max":30,"count":30,"counts":)" +
            counts + "}"));
    ASSERT_TRUE(read) << read.error().message;
    const store::JobView view = std::move(*read).view();
    ASSERT_TRUE(view.array);
    EXPECT_EQ(view.array->counts.tasks, (std::array<std::uint64_t, 8>{1, 0, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(job::members_beside(view.record.task), 28U);
    EXPECT_EQ(view.record.state, TaskState::running);
    EXPECT_FALSE(read_job(job("running", "null", R"(,"array":{"size":28,"counts":{}})")));
}

TEST(JobReading, TakesTrialsAndMembersOfArrays) {
    const auto trial = read_job(
        job("queued", "null", R"(,"trial":true,"member":{"array":null,"index":4,"size":0},"array":null)"));
    EXPECT_TRUE(job::terms_of(trial->record.task.payload).trial);
    EXPECT_EQ(trial->record.task.group, TaskId{});
    const auto member = read_job(job(
        "queued", "null",
        std::string(R"(,"trial":false,"array":null,"member":{"size":3,"index":9,"array":")") + kId + "\"}"));
    EXPECT_EQ(job::terms_of(member->record.task.payload).place->index, 9U);
    EXPECT_EQ(to_string(member->record.task.group), kId);
    EXPECT_FALSE(read_job(job("queued"))->array) << "a server that knows of no arrays";
}

TEST(JobReading, TakesAPageOfMembers) {
    const std::string one =
        std::string(R"({"index":42,"id":")") + kId +
        R"(","state":"failed","attempt":2,"worker":"lab1","reason":"it failed","reason_words":[],"started_ms":5,"ended_ms":9,"output_bytes":7})";
    const auto page = read_members(R"({"members":[)" + one + R"(],"next":42})");
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_TRUE(page->more);
    EXPECT_EQ(page->members.front().reason, "it failed");
    EXPECT_EQ(page->members.front().output->size_bytes, 7U);
    EXPECT_EQ(page->members.front().id.index(), 42U);
    EXPECT_FALSE(read_members(R"({"members":[],"next":null})")->more);
    EXPECT_FALSE(read_members(R"({"jobs":[]})"));
}

}  // namespace
}  // namespace nias::cli
