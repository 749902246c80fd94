// <nias/c.h> against a server that runs: what a caller in C sees of tasks, groups, errors and the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/c.h>
#include <poll.h>
#include <nias/endpoints.hpp>
#include <nias/sink.hpp>
#include <nias/ventilator.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "service/c_api/ends.hpp"
#include "support/temp_folder.hpp"

namespace fs = std::filesystem;

namespace nias {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr int kPatienceMs = 60'000;

struct FreesOutcome {
    void operator()(nias_outcome* outcome) const { nias_outcome_free(outcome); }
};
using OutcomeOfC = std::unique_ptr<nias_outcome, FreesOutcome>;
struct ClosesSubmitter {
    void operator()(nias_submitter* submitter) const { nias_submitter_close(submitter); }
};
using SubmitterOfC = std::unique_ptr<nias_submitter, ClosesSubmitter>;
struct FreesGroup {
    void operator()(nias_group* group) const { nias_group_free(group); }
};
using GroupOfC = std::unique_ptr<nias_group, FreesGroup>;

std::string output_of(const nias_outcome& outcome) {
    return {reinterpret_cast<const char*>(outcome.output), outcome.output_bytes};
}

/// Answers a payload backwards. Fails "fail", holds "hold" until it is cancelled, and does not answer "mute".
void backwards(nias_work* work, void* user) {
    const nias_task* const task = nias_work_task(work);
    std::string text(static_cast<const char*>(task->payload), task->payload_bytes);
    ++*static_cast<std::atomic<int>*>(user);
    nias_work_log(work, "a line\n", 7);
    nias_work_progress(work, 0.5, "half");
    if (text == "fail") { return nias_work_fail(work, "it is to fail"); }
    if (text == "mute") { return; }
    while (text == "hold" && nias_work_cancelled(work) == 0) { std::this_thread::yield(); }
    if (text == "hold") { return nias_work_fail(work, "stopped"); }
    text.assign(text.rbegin(), text.rend());
    nias_work_succeed(work, text.data(), text.size());
}

TEST(EndsOfC, AreExpectedUpToTheirBoundAndThenWhenSomeWereTaken) {
    using service::c_api::Ends;
    Ends ends;
    for (std::size_t i = 0; i < Ends::kMost; ++i) { ASSERT_TRUE(ends.expect()); }
    EXPECT_FALSE(ends.expect());
    const TaskId id = TaskId::make();
    ends.put(id, Error{ErrorCode::overloaded, "later"});
    const auto end = ends.dequeue(std::chrono::seconds(1));
    ASSERT_TRUE(end);
    EXPECT_EQ(end->id, id);
    EXPECT_EQ(end->outcome.error().message, "later");
    EXPECT_TRUE(ends.expect()) << "one was taken";
    EXPECT_FALSE(ends.expect());
    ends.expect_no_more();
    EXPECT_TRUE(ends.expect()) << "one was not submitted";
}

/// A server on a folder, and a worker of C on it.
class CApi : public testing::Test {
protected:
    void SetUp() override {
        fs::create_directories(folder_ / "run");
        const Endpoints at = Endpoints::in(folder_.path());
        auto ventilator = Ventilator::open({.intake = at.intake,
                                            .control = at.control,
                                            .events = at.events,
                                            .durability = Durability::memory});
        ASSERT_TRUE(ventilator) << ventilator.error().message;
        ventilator_.emplace(std::move(*ventilator));
        auto sink = Sink::open({.outcomes = at.outcomes,
                                .bulk = at.bulk,
                                .output = at.output,
                                .intake = at.intake,
                                .durability = Durability::memory});
        ASSERT_TRUE(sink) << sink.error().message;
        sink_.emplace(std::move(*sink));
        threads_.emplace_back([this] { EXPECT_TRUE(ventilator_->run()); });
        threads_.emplace_back([this] { EXPECT_TRUE(sink_->run()); });
        nias_worker_options options{};
        options.name = "of-c";
        options.runtime = "backwards";
        options.slots = 2;
        worker_ = nias_worker_open(folder_.path().c_str(), nullptr, &options, &error_);
        ASSERT_NE(worker_, nullptr) << error_.message;
        works_ =
            std::thread([this] { EXPECT_EQ(nias_worker_run(worker_, backwards, &runs_, nullptr), NIAS_OK); });
        lab_ = submitter();
        ASSERT_NE(lab_, nullptr) << error_.message;
    }
    void TearDown() override {
        lab_.reset();
        nias_worker_stop(worker_);
        if (works_.joinable()) { works_.join(); }
        nias_worker_close(worker_);
        if (sink_) { sink_->stop(); }
        if (ventilator_) { ventilator_->stop(); }
        for (std::thread& thread : threads_) { thread.join(); }
    }
    SubmitterOfC submitter() {
        return SubmitterOfC(nias_submitter_open(folder_.path().c_str(), nullptr, &error_));
    }
    static nias_task task_of(const std::string& payload) {
        nias_task task{};
        task.owner = "ana";
        task.payload = payload.data();
        task.payload_bytes = payload.size();
        return task;
    }
    /// The id of a task that was submitted without waiting.
    std::string give(const std::string& payload) {
        const nias_task task = task_of(payload);
        char id[NIAS_ID_BYTES] = {};
        EXPECT_EQ(nias_submit_async(lab_.get(), &task, kPatienceMs, id, &error_), NIAS_OK) << error_.message;
        return id;
    }
    OutcomeOfC next(int timeout_ms = kPatienceMs) {
        nias_outcome* outcome = nullptr;
        EXPECT_EQ(nias_next(lab_.get(), timeout_ms, &outcome, &error_), NIAS_OK) << error_.message;
        return OutcomeOfC(outcome);
    }
    GroupOfC group_of(const std::vector<std::string>& payloads, const char* id = nullptr,
                      std::uint64_t fails_max = 0, bool in_order = false) {
        std::vector<nias_task> tasks;
        for (const std::string& payload : payloads) { tasks.push_back(task_of(payload)); }
        const nias_group_options options{.id = id, .fails_max = fails_max, .in_order = in_order ? 1U : 0U};
        return GroupOfC(nias_group_submit(lab_.get(), tasks.data(), tasks.size(), &options, &error_));
    }
    /// All ends that are not told yet, by their places.
    std::map<std::uint32_t, OutcomeOfC> ends_of(nias_group* group) {
        std::map<std::uint32_t, OutcomeOfC> ends;
        while (true) {
            nias_outcome* outcome = nullptr;
            EXPECT_EQ(nias_group_next(group, kPatienceMs, &outcome, &error_), NIAS_OK) << error_.message;
            if (outcome == nullptr) { return ends; }
            EXPECT_TRUE(ends.emplace(outcome->index, outcome).second) << "told twice";
        }
    }
    /// The answer to a short wait for a task of another submitter, once the server knows the task.
    nias_code state_once_known(const std::string& id) {
        const SubmitterOfC asks = submitter();
        nias_code code = NIAS_NOT_FOUND;
        while (code == NIAS_NOT_FOUND) {
            nias_outcome* none = nullptr;
            code = nias_wait(asks.get(), id.c_str(), 20, &none, &error_);
        }
        return code;
    }
    [[nodiscard]] bool is_readable() const {
        pollfd looked_at{nias_descriptor(lab_.get()), POLLIN, 0};
        return ::poll(&looked_at, 1, 0) == 1;
    }

    const test::TempFolder folder_;
    nias_error error_{};
    std::atomic<int> runs_{0};
    std::optional<Ventilator> ventilator_;
    std::optional<Sink> sink_;
    std::vector<std::thread> threads_;
    nias_worker* worker_ = nullptr;
    std::thread works_;
    SubmitterOfC lab_;
};

TEST_F(CApi, SubmitsWaitsAndTellsHowATaskEnded) {
    const std::map<std::string, std::pair<nias_status, std::string>> wanted{
        {"drawer", {NIAS_SUCCEEDED, ""}},
        {"fail", {NIAS_FAILED, "it is to fail"}},
        {"mute", {NIAS_FAILED, "the handler"}},
    };
    for (const auto& [payload, how] : wanted) {
        const nias_task task = task_of(payload);
        char id[NIAS_ID_BYTES] = {};
        ASSERT_EQ(nias_submit(lab_.get(), &task, kPatienceMs, id, &error_), NIAS_OK) << error_.message;
        nias_outcome* told = nullptr;
        ASSERT_EQ(nias_wait(lab_.get(), id, kPatienceMs, &told, &error_), NIAS_OK) << error_.message;
        const OutcomeOfC outcome(told);
        EXPECT_EQ(outcome->status, how.first);
        EXPECT_THAT(outcome->error, StartsWith(how.second));
        EXPECT_EQ(output_of(*outcome), payload == "drawer" ? "reward" : "");
        EXPECT_STREQ(outcome->id, id);
        EXPECT_STREQ(outcome->worker, "of-c");
        EXPECT_EQ(outcome->attempt, 1U);
        EXPECT_EQ(outcome->why_none, NIAS_OK);
    }
}

TEST_F(CApi, GivesTheEndsOfTasksThatNobodyWaitedForAndADescriptorThatSaysWhen) {
    EXPECT_EQ(next(0), nullptr);
    EXPECT_FALSE(is_readable());
    std::map<std::string, std::string> given;
    for (int i = 0; i < 50; ++i) {
        const std::string payload = "x" + std::to_string(i);
        given[give(payload)] = std::string(payload.rbegin(), payload.rend());
    }
    std::map<std::string, std::string> ended;
    while (ended.size() < given.size()) {
        pollfd looked_at{nias_descriptor(lab_.get()), POLLIN, 0};
        ASSERT_EQ(::poll(&looked_at, 1, kPatienceMs), 1);
        const OutcomeOfC outcome = next(0);
        ASSERT_NE(outcome, nullptr) << "the descriptor said that there is one";
        EXPECT_EQ(outcome->status, NIAS_SUCCEEDED) << outcome->error;
        EXPECT_TRUE(ended.emplace(outcome->id, output_of(*outcome)).second) << "told twice";
    }
    EXPECT_EQ(ended, given);
    EXPECT_FALSE(is_readable());
    EXPECT_EQ(next(0), nullptr);
}

TEST_F(CApi, TellsWhyATaskThatNobodyWaitedForHasNoOutcome) {
    const test::TempFolder nobody;
    const SubmitterOfC alone(nias_submitter_open(nobody.path().c_str(), nullptr, &error_));
    ASSERT_NE(alone, nullptr) << error_.message;
    const std::string payload = "x";
    const nias_task task = task_of(payload);
    char id[NIAS_ID_BYTES] = {};
    ASSERT_EQ(nias_submit_async(alone.get(), &task, 50, id, &error_), NIAS_OK) << error_.message;
    nias_outcome* told = nullptr;
    ASSERT_EQ(nias_next(alone.get(), kPatienceMs, &told, &error_), NIAS_OK);
    const OutcomeOfC end(told);
    ASSERT_NE(end, nullptr);
    EXPECT_EQ(end->why_none, NIAS_UNAVAILABLE);
    EXPECT_EQ(end->status, NIAS_COULD_NOT_RUN);
    EXPECT_STREQ(end->id, id);
    EXPECT_THAT(end->error, HasSubstr("is it running?"));
}

TEST_F(CApi, RefusesATaskThatCannotBeAndTellsNothingOfItLater) {
    const std::string large(65'537, 'x');
    nias_task task = task_of(large);
    char id[NIAS_ID_BYTES] = "untouched";
    EXPECT_EQ(nias_submit_async(lab_.get(), &task, 0, id, &error_), NIAS_INVALID);
    EXPECT_THAT(error_.message, HasSubstr("payload"));
    EXPECT_STREQ(id, "untouched");
    const std::string nothing;
    task = task_of(nothing);
    task.id = "no id";
    EXPECT_EQ(nias_submit_async(lab_.get(), &task, 0, id, &error_), NIAS_INVALID);
    task = {};
    EXPECT_EQ(nias_submit_async(lab_.get(), &task, 0, id, &error_), NIAS_INVALID);
    EXPECT_THAT(error_.message, HasSubstr("owner"));
    EXPECT_EQ(next(0), nullptr);
}

TEST_F(CApi, ClosesASubmitterWhoseTasksHaveNotEnded) {
    std::vector<std::string> ids;
    for (int i = 0; i < 6; ++i) { ids.push_back(give("hold")); }
    for (const std::string& id : ids) { EXPECT_EQ(state_once_known(id), NIAS_UNAVAILABLE); }
    lab_ = submitter();
    ASSERT_NE(lab_, nullptr);
    EXPECT_EQ(next(0), nullptr) << "ends go with their submitter";
    for (const std::string& id : ids) {  // the tasks have gone on
        ASSERT_EQ(nias_cancel(lab_.get(), id.c_str(), &error_), NIAS_OK) << error_.message;
    }
    for (const std::string& id : ids) {
        nias_outcome* told = nullptr;
        ASSERT_EQ(nias_wait(lab_.get(), id.c_str(), kPatienceMs, &told, &error_), NIAS_OK) << error_.message;
        EXPECT_EQ(OutcomeOfC(told)->status, NIAS_CANCELLED);
    }
}

TEST_F(CApi, TellsTheEndsOfAGroupWithTheirPlacesAndFindsTheGroupAgain) {
    std::vector<std::string> payloads;
    for (int i = 0; i < 40; ++i) { payloads.push_back("x" + std::to_string(i)); }
    payloads[5] = "fail";
    const GroupOfC group = group_of(payloads);
    ASSERT_NE(group, nullptr) << error_.message;
    const auto ends = ends_of(group.get());
    ASSERT_EQ(ends.size(), 40U);
    for (const auto& [index, end] : ends) {
        const std::string& payload = payloads[index];
        EXPECT_EQ(output_of(*end), index == 5 ? "" : std::string(payload.rbegin(), payload.rend()));
    }
    nias_progress progress{};
    ASSERT_EQ(nias_group_progress(group.get(), &progress, &error_), NIAS_OK);
    EXPECT_EQ(progress.tasks, 40U);
    EXPECT_EQ(progress.alive, 0U);
    EXPECT_EQ(progress.succeeded, 39U);
    EXPECT_EQ(progress.failed, 1U);
    EXPECT_EQ(progress.cancelled + progress.timed_out + progress.lost + progress.refused, 0U);
    EXPECT_EQ(group_of(payloads, nias_group_id(group.get())), nullptr);
    EXPECT_EQ(error_.code, NIAS_CONFLICT) << "it is open in this submitter";
    const int runs = runs_.load();
    lab_ = submitter();  // the group outlives its submitter
    const GroupOfC again = group_of(payloads, nias_group_id(group.get()));
    ASSERT_NE(again, nullptr) << error_.message;
    EXPECT_EQ(ends_of(again.get()).size(), 40U);
    EXPECT_EQ(runs_.load(), runs) << "nothing runs twice";
    nias_outcome* none = nullptr;
    EXPECT_EQ(nias_group_cancel(group.get(), &error_), NIAS_UNAVAILABLE) << "its submitter is closed";
    EXPECT_EQ(nias_group_next(group.get(), 0, &none, &error_), NIAS_OK);
    EXPECT_EQ(none, nullptr) << "all were told";
}

TEST_F(CApi, CancelsAGroupAsOne) {
    const GroupOfC group = group_of(std::vector<std::string>(6, "hold"));
    ASSERT_NE(group, nullptr) << error_.message;
    nias_outcome* none = nullptr;
    EXPECT_EQ(nias_group_next(group.get(), 10, &none, &error_), NIAS_UNAVAILABLE);
    ASSERT_EQ(nias_group_cancel(group.get(), &error_), NIAS_OK) << error_.message;
    const auto ends = ends_of(group.get());
    EXPECT_EQ(ends.size(), 6U);
    for (const auto& [index, end] : ends) { EXPECT_EQ(end->status, NIAS_CANCELLED) << index; }
}

TEST_F(CApi, EndsAGroupAfterSoManyFailuresAndTriesThoseAgainThatDidNotSucceed) {
    const GroupOfC group = group_of({"fail", "hold", "hold"}, nullptr, 1);
    ASSERT_NE(group, nullptr) << error_.message;
    const auto ends = ends_of(group.get());
    ASSERT_EQ(ends.size(), 3U);
    EXPECT_EQ(ends.at(0)->status, NIAS_FAILED);
    EXPECT_EQ(ends.at(1)->status, NIAS_CANCELLED);
    nias_progress progress{};
    ASSERT_EQ(nias_group_progress(group.get(), &progress, &error_), NIAS_OK);
    EXPECT_EQ(progress.stopped, 1U);
    std::size_t retried = 0;
    ASSERT_EQ(nias_group_retry_failed(group.get(), &retried, &error_), NIAS_OK) << error_.message;
    EXPECT_EQ(retried, 3U);
    const auto again = ends_of(group.get());
    EXPECT_EQ(again.at(0)->status, NIAS_FAILED);
    EXPECT_STRNE(again.at(0)->id, ends.at(0)->id) << "it is another task, in the same place";
}

TEST_F(CApi, TellsTheEndsOfAGroupInOrderWhereThatIsAsked) {
    const GroupOfC group = group_of({"a", "b", "c", "d"}, nullptr, 0, true);
    ASSERT_NE(group, nullptr) << error_.message;
    for (std::uint32_t index = 0; index < 4; ++index) {
        nias_outcome* outcome = nullptr;
        ASSERT_EQ(nias_group_next(group.get(), kPatienceMs, &outcome, &error_), NIAS_OK) << error_.message;
        EXPECT_EQ(OutcomeOfC(outcome)->index, index);
    }
}

TEST_F(CApi, HasADescriptorOfAGroupThatIsReadableWhileItsNextEndNeedNotBeWaitedFor) {
    const GroupOfC group = group_of({"a", "hold"});
    ASSERT_NE(group, nullptr) << error_.message;
    const int descriptor = nias_group_descriptor(group.get(), &error_);
    ASSERT_GE(descriptor, 0) << error_.message;
    EXPECT_EQ(nias_group_descriptor(group.get(), &error_), descriptor);
    const auto is_readable_within = [&](int timeout_ms) {
        pollfd looked_at{descriptor, POLLIN, 0};
        return ::poll(&looked_at, 1, timeout_ms) == 1;
    };
    const auto told = [&] {
        nias_outcome* outcome = nullptr;
        EXPECT_EQ(nias_group_next(group.get(), 0, &outcome, &error_), NIAS_OK) << error_.message;
        return OutcomeOfC(outcome);
    };
    ASSERT_TRUE(is_readable_within(kPatienceMs));
    EXPECT_EQ(told()->index, 0U);
    EXPECT_FALSE(is_readable_within(0)) << "the other one holds";
    ASSERT_EQ(nias_group_cancel(group.get(), &error_), NIAS_OK);
    ASSERT_TRUE(is_readable_within(kPatienceMs));
    EXPECT_EQ(told()->index, 1U);
    EXPECT_TRUE(is_readable_within(0)) << "all were told, and that need not be waited for";
    EXPECT_EQ(told(), nullptr);
    EXPECT_EQ(nias_group_descriptor(nullptr, &error_), -1);
    EXPECT_EQ(error_.code, NIAS_INVALID);
    EXPECT_EQ(nias_group_retry_failed(nullptr, nullptr, &error_), NIAS_INVALID);
}

TEST_F(CApi, RefusesAGroupInWordsAndSubmitsNoneOfIt) {
    EXPECT_EQ(group_of({}), nullptr);
    EXPECT_EQ(error_.code, NIAS_INVALID);
    EXPECT_EQ(group_of({"a", std::string(65'537, 'x')}), nullptr);
    EXPECT_THAT(error_.message, HasSubstr("task 1"));
    EXPECT_EQ(group_of({"a"}, "no id"), nullptr);
    EXPECT_EQ(error_.code, NIAS_INVALID);
    const std::string payload = "a";
    nias_task task = task_of(payload);
    EXPECT_EQ(nias_group_submit(lab_.get(), &task, std::size_t{1} << 40U, nullptr, &error_), nullptr);
    EXPECT_THAT(error_.message, HasSubstr("at most"));
    EXPECT_EQ(nias_group_submit(lab_.get(), nullptr, 1, nullptr, &error_), nullptr);
    EXPECT_EQ(error_.code, NIAS_INVALID);
    EXPECT_EQ(runs_.load(), 0);
}

TEST_F(CApi, GivesTheLogToAFunctionOfC) {
    using Lines = std::multiset<std::pair<int, std::string>>;
    Lines lines;
    nias_set_log([](nias_log_level level, const char* line,
                    void* user) { static_cast<Lines*>(user)->emplace(level, line); },
                 &lines, NIAS_LOG_INFO);
    give("fail");
    ASSERT_NE(next(), nullptr);
    TearDown();  // an orderly end has something to say
    worker_ = nullptr;
    sink_.reset();
    ventilator_.reset();
    threads_.clear();
    nias_set_log(nullptr, nullptr, NIAS_LOG_WARN);
    EXPECT_THAT(lines, testing::Contains(testing::Pair(NIAS_LOG_INFO, HasSubstr("worker of-c"))));
}

}  // namespace
}  // namespace nias
