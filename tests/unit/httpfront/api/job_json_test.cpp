#include "api/job_json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "job/array/terms.hpp"

namespace nias::httpfront {
namespace {

store::TaskRecord record() {
    store::TaskRecord made;
    made.task.id.bytes[15] = 7;
    made.task.owner = "lab";
    made.task.attempt = 2;
    made.task.spec.name = "spectra";
    made.task.spec.runtime = "python";
    made.task.bundle = BlobRef{{}, 1234};
    made.submitted_unix_ms = 1000;
    return made;
}

TEST(JobJson, SaysEveryFieldOfAQueuedJob) {
    const auto json = nlohmann::json::parse(job_json(record(), 3));
    EXPECT_EQ(
        json,
        nlohmann::json::parse(
            R"({"id":"00000000000000000000000000000007","name":"spectra","owner":"lab","state":"queued","attempt":2,
        "runtime":"python","worker":"","reason":"","reason_words":[],"submitted_ms":1000,"started_ms":0,"ended_ms":0,"bundle_bytes":1234,"asked":{"cpus":1,"gpus":0,"memory_bytes":0,"time_limit_ms":0,"disk_bytes":0,"max_attempts":3},"deleted_ms":0,"gone_ms":0,"place_in_line":3,"outcome":null,"attempts":[],"trial":false,"member":null,"array":null})"));
}

TEST(JobJson, SaysHowAJobEnded) {
    auto ended = record();
    ended.state = TaskState::failed;
    Outcome outcome;
    outcome.status = OutcomeStatus::failed;
    outcome.cause = Cause::out_of_memory;
    outcome.exit_code = 137;
    outcome.signal = 9;
    outcome.usage = {5, 6, 7};
    outcome.error = "it needed more memory";
    outcome.notes = {"a", "b"};
    outcome.output_blob = BlobRef{{}, 99};
    ended.outcome = outcome;
    const auto json = nlohmann::json::parse(job_json(ended, std::nullopt));
    EXPECT_EQ(json["place_in_line"], nullptr);
    EXPECT_EQ(
        json["outcome"],
        nlohmann::json::parse(
            R"({"status":"failed","cause":"out_of_memory","exit_code":137,"signal":9,"error":"it needed more memory",
        "notes":["a","b"],"error_words":["it needed more memory"],"notes_words":[["a"],["b"]],"wall_ms":5,"cpu_ms":6,"peak_memory_bytes":7,"output_bytes":99})"));
}

TEST(JobJson, SaysHowEachEarlierAttemptEnded) {
    store::JobView job(record());
    Outcome first;
    first.attempt = 1;
    first.worker = "lab1";
    first.status = OutcomeStatus::could_not_run;
    first.cause = Cause::fetch;
    first.error = "the bundle did not come";
    first.started_unix_ms = 2000;
    first.ended_unix_ms = 3000;
    job.attempts = {first};
    const auto attempts = nlohmann::json::parse(job_json(job, std::nullopt))["attempts"];
    ASSERT_EQ(attempts.size(), 1U);
    EXPECT_EQ(attempts[0]["attempt"], 1);
    EXPECT_EQ(attempts[0]["worker"], "lab1");
    EXPECT_EQ(attempts[0]["started_ms"], 2000);
    EXPECT_EQ(attempts[0]["ended_ms"], 3000);
    EXPECT_EQ(attempts[0]["status"], "could_not_run");
    EXPECT_EQ(attempts[0]["error"], "the bundle did not come");
}

TEST(JobJson, SaysSentencesAsCodesWithParameters) {
    auto waits = record();
    waits.reason = "no machine offers matlab";
    EXPECT_EQ(nlohmann::json::parse(job_json(waits, 0))["reason_words"],
              nlohmann::json::parse(R"([{"code":"queued.no_runtime","params":{"runtime":"matlab"}}])"));
}

TEST(JobJson, MendsWhatIsNotUtf8) {
    auto odd = record();
    odd.task.spec.name = "a\xFF\"\n";
    EXPECT_EQ(nlohmann::json::parse(job_json(odd, std::nullopt))["name"], "a\xEF\xBF\xBD\"\n");
}

TEST(JobJson, ListsJobsAndWhereToGoOn) {
    EXPECT_EQ(list_json({}, std::nullopt), R"({"jobs":[],"next":null})");
    EXPECT_EQ(list_json({"{}", "{}"}, TaskId{}),
              R"({"jobs":[{},{}],"next":"00000000000000000000000000000000"})");
}

store::TaskRecord member(std::uint32_t index) {
    auto made = record();
    made.task.group = made.task.id.member(0xffffffff);
    made.task.id = made.task.group.member(index);
    made.task.payload = job::to_payload({.place = job::ArrayPlace{index, 100, 1, 100, 3}});
    return made;
}

TEST(JobJson, SaysTheCountsOfAnArrayAndThePlaceOfAMember) {
    store::GroupStanding standing;
    standing.counts.tasks = {0, 0, 1, 0, 1, 0, 0, 0};
    const auto array = nlohmann::json::parse(job_json({member(7), standing}, std::nullopt));
    EXPECT_EQ(array["id"], "000000000000000000000000ffffffff");
    EXPECT_EQ(array["state"], "running");
    EXPECT_EQ(array["member"], nullptr);
    EXPECT_EQ(array["array"], nlohmann::json::parse(R"({"size":3,"missing":1,"min":1,"max":100,"count":100,
        "counts":{"queued":0,"assigned":0,"running":1,"succeeded":0,"failed":1,"cancelled":0,"timed_out":0,"lost":0}})"));
    const auto one = nlohmann::json::parse(job_json(member(7), std::nullopt));
    EXPECT_EQ(one["array"], nullptr);
    EXPECT_EQ(one["member"],
              nlohmann::json::parse(R"({"array":"000000000000000000000000ffffffff","index":7,"size":3})"));
}

TEST(JobJson, SaysThatAJobIsATrial) {
    auto trial = record();
    trial.task = job::make_trial(trial.task, std::vector<std::uint32_t>{4, 5});
    const auto json = nlohmann::json::parse(job_json(trial, std::nullopt));
    EXPECT_EQ(json["trial"], true);
    EXPECT_EQ(json["member"], nlohmann::json::parse(R"({"array":null,"index":4,"size":0})"));
}

TEST(JobJson, SaysTheMembersOfAPageAndTheStatesOfAll) {
    std::vector<store::MemberRow> rows(3);
    for (std::uint32_t i = 0; i < 3; ++i) { rows[i].id = member(2 * i + 1).task.id; }
    rows[1].state = TaskState::failed;
    rows[1].reason = "it failed";
    rows[2].state = TaskState::lost;
    EXPECT_EQ(nlohmann::json::parse(states_json(rows)),
              nlohmann::json::parse(R"({"indices":"1-5:2","states":"qfl"})"));
    const auto page = nlohmann::json::parse(members_json(rows, true));
    EXPECT_EQ(page["next"], 5);
    EXPECT_EQ(page["members"][1]["index"], 3);
    EXPECT_EQ(page["members"][1]["reason"], "it failed");
    EXPECT_EQ(nlohmann::json::parse(members_json(rows, false))["next"], nullptr);
    EXPECT_EQ(members_json({}, true), R"({"members":[],"next":null})");
}

}  // namespace
}  // namespace nias::httpfront
