#include "metrics/metrics.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

using namespace std::chrono_literals;

bool says(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, CountsRequestsByRouteMethodAndStatus) {
    Metrics metrics;
    for (const int status : {200, 200, 404}) {
        metrics.answered({.verb = "GET",
                          .route = "/api/v1/jobs/{id}",
                          .status = status,
                          .took = 3ms,
                          .received_bytes = 5,
                          .sent_bytes = 100});
    }
    const std::string text = metrics.text({});
    EXPECT_TRUE(
        says(text, R"(nias_http_requests_total{method="GET",route="/api/v1/jobs/{id}",status="200"} 2)"))
        << text;
    EXPECT_TRUE(
        says(text, R"(nias_http_requests_total{method="GET",route="/api/v1/jobs/{id}",status="404"} 1)"));
    EXPECT_TRUE(says(text, "nias_http_sent_bytes_total 300"));
    EXPECT_TRUE(says(text, "nias_http_received_bytes_total 15"));
}

TEST(Metrics, PutsTimesIntoBuckets) {
    Metrics metrics;
    for (const auto took : {3ms, 30ms, 30'000ms}) {
        metrics.answered({.verb = "GET", .route = "page", .took = took});
    }
    const std::string text = metrics.text({});
    const std::string bucket = R"(nias_http_request_seconds_bucket{method="GET",route="page",le=)";
    EXPECT_TRUE(says(text, bucket + "\"0.0025\"} 0")) << text;
    EXPECT_TRUE(says(text, bucket + "\"0.005\"} 1"));
    EXPECT_TRUE(says(text, bucket + "\"10\"} 2"));
    EXPECT_TRUE(says(text, bucket + "\"+Inf\"} 3"));
}

TEST(Metrics, PutTheTimesOfJobsIntoBucketsByHowTheyEnded) {
    Metrics metrics;
    metrics.ended({.state = TaskState::succeeded, .waited = 300ms, .ran = 20s, .settled = 7ms});
    metrics.ended({.state = TaskState::failed, .waited = 2h, .ran = 4s, .settled = 3ms});
    metrics.ended({.state = TaskState::cancelled});
    metrics.ended({.state = TaskState::running});
    const std::string text = metrics.text({});
    for (const char* line :
         {R"(nias_jobs_ended_total{state="succeeded"} 1)", R"(nias_jobs_ended_total{state="failed"} 1)",
          R"(nias_jobs_ended_total{state="cancelled"} 1)", R"(nias_jobs_ended_total{state="lost"} 0)",
          R"(nias_job_wait_seconds_bucket{le="0.1"} 0)", R"(nias_job_wait_seconds_bucket{le="0.5"} 1)",
          R"(nias_job_wait_seconds_bucket{le="14400"} 2)", R"(nias_job_wait_seconds_count 2)",
          R"(nias_job_run_seconds_bucket{state="succeeded",le="15"} 0)",
          R"(nias_job_run_seconds_bucket{state="succeeded",le="60"} 1)",
          R"(nias_job_run_seconds_bucket{state="failed",le="5"} 1)",
          R"(nias_job_run_seconds_count{state="cancelled"} 0)",
          R"(nias_job_settle_seconds_bucket{le="0.005"} 1)", R"(nias_job_settle_seconds_count 2)"}) {
        EXPECT_TRUE(says(text, line)) << line << " in\n" << text;
    }
    EXPECT_EQ(text.find("running"), std::string::npos) << "a job that is alive has not ended";
}

TEST(Metrics, SayHowTheLabStandsAndForgetAWorkerThatWent) {
    Metrics metrics;
    Standing standing;
    standing.jobs = store::QueueCounts{.queued = 7, .running = 2, .ended = 11};
    wire::WorkerRow worker;
    worker.name = "lab1";
    worker.state = wire::WorkerState::paused;
    worker.slots = 4;
    worker.held = 3;
    worker.running = 2;
    worker.cpus = 8;
    worker.load_percent = 50;
    standing.workers = {worker};
    standing.oldest_waits = 90'500ms;
    standing.disk = DiskRoom{.size_bytes = 1000, .free_bytes = 400};
    standing.streams = 9;
    const std::string text = metrics.text(standing);
    for (const char* line :
         {R"(nias_jobs{state="queued"} 7)", R"(nias_jobs{state="running"} 2)",
          R"(nias_jobs{state="ended"} 11)", R"(nias_worker_up{state="paused",worker="lab1"} 1)",
          R"(nias_worker_slots{worker="lab1"} 4)", R"(nias_worker_jobs{worker="lab1"} 3)",
          R"(nias_worker_credit{worker="lab1"} 0)", "nias_queue_oldest_seconds 90.5",
          "nias_disk_size_bytes 1000", "nias_disk_free_bytes 400", R"(nias_worker_running{worker="lab1"} 2)",
          R"(nias_worker_load{worker="lab1"} 4)", "nias_ventilator_up 1", "nias_http_streams 9"}) {
        EXPECT_TRUE(says(text, line)) << line << " in\n" << text;
    }
    standing.workers->front().state = wire::WorkerState::ready;
    EXPECT_TRUE(says(metrics.text(standing), R"(nias_worker_credit{worker="lab1"} 1)"))
        << "a paused worker takes nothing, a ready one what it has room for";
    const std::string later = metrics.text({});
    EXPECT_EQ(later.find("lab1"), std::string::npos);
    EXPECT_EQ(later.find("nias_queue"), std::string::npos);
    EXPECT_EQ(later.find("nias_jobs{"), std::string::npos) << "what is not known is not said";
    EXPECT_TRUE(says(later, "nias_ventilator_up 0"));
}

}  // namespace
}  // namespace nias::httpfront
