#include "api/job_json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

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
        "runtime":"python","worker":"","reason":"","reason_words":[],"submitted_ms":1000,"started_ms":0,"ended_ms":0,"bundle_bytes":1234,"asked":{"cpus":1,"gpus":0,"memory_bytes":0,"time_limit_ms":0,"max_attempts":3},"place_in_line":3,"outcome":null})"));
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

}  // namespace
}  // namespace nias::httpfront
