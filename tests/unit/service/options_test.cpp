// Options that are out of their bounds are refused when a part is opened, by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nias/pipeline.hpp>
#include <nias/sink.hpp>
#include <nias/ventilator.hpp>

#include <functional>
#include <limits>

#include "support/temp_folder.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

using testing::StartsWith;

Result<Bytes> echo(const Task& task, Context&) { return task.payload; }

/// One option of a part made wrong, and how its refusal begins.
template <typename Options>
struct Wrong {
    std::string begins;
    std::function<void(Options&)> make;
};

template <typename Options, typename Open>
void refuses_each(const Options& good, const std::vector<Wrong<Options>>& all, Open open) {
    for (const Wrong<Options>& wrong : all) {
        Options options = good;
        wrong.make(options);
        const auto part = open(options);
        ASSERT_FALSE(part) << wrong.begins;
        EXPECT_EQ(part.error().code, ErrorCode::invalid) << part.error().message;
        EXPECT_THAT(part.error().message, StartsWith(wrong.begins));
    }
}

class OptionsOfAPart : public testing::Test {
protected:
    [[nodiscard]] std::string at(const std::string& name) const {
        return "ipc://" + folder_.path() + "/" + name;
    }
    const test::TempFolder folder_;
};

TEST_F(OptionsOfAPart, OfAWorkerAreChecked) {
    using Of = WorkerOptions;
    const Of good{.control = at("control"), .outcomes = at("outcomes"), .bulk = at("bulk"), .name = "w"};
    const auto open = [](const Of& options) { return Worker::open(options); };
    EXPECT_TRUE(open(good));
    Of largest = good;
    largest.slots = 1024;
    largest.window = 16'384;
    largest.name = std::string(200, 'n');
    EXPECT_TRUE(open(largest));
    refuses_each<Of>(
        good,
        {
            {"WorkerOptions::control is empty", [](Of& o) { o.control.clear(); }},
            {"WorkerOptions::outcomes is empty", [](Of& o) { o.outcomes.clear(); }},
            {"WorkerOptions::bulk is empty", [](Of& o) { o.bulk.clear(); }},
            {"\"nowhere\" is not an address", [](Of& o) { o.bulk = "nowhere"; }},
            {"WorkerOptions::slots is 0: it may be 1 to 1024", [](Of& o) { o.slots = 0; }},
            {"WorkerOptions::slots is 5000: it may be 1 to 1024", [](Of& o) { o.slots = 5000; }},
            {"WorkerOptions::window is 2: it may be 0, or as many as slots (3) to 16384",
             [](Of& o) { o.slots = 3, o.window = 2; }},
            {"WorkerOptions::window is 16385", [](Of& o) { o.window = 16'385; }},
            {"WorkerOptions::name holds the byte 47", [](Of& o) { o.name = "a/b"; }},
            {"WorkerOptions::name holds the byte 10", [](Of& o) { o.name = "a\nb"; }},
            {"WorkerOptions::name holds the byte 27", [](Of& o) { o.name = "\x1b[31m"; }},
            {"WorkerOptions::name holds the byte 0", [](Of& o) { o.name = std::string("a\0b", 3); }},
            {"WorkerOptions::name has 201 bytes and may have 200", [](Of& o) { o.name.assign(201, 'n'); }},
            {"WorkerOptions::name is \"..\"", [](Of& o) { o.name = ".."; }},
            {"WorkerOptions::runtimes names 33", [](Of& o) { o.runtimes.assign(33, "python"); }},
            {"WorkerOptions::runtimes holds an empty name", [](Of& o) { o.runtimes = {""}; }},
            {"WorkerOptions::runtimes holds the byte 9", [](Of& o) { o.runtimes = {"py\t"}; }},
            {"WorkerOptions::isolation is none that exists: choose Isolation::threads or Isolation::process",
             [](Of& o) { o.isolation = static_cast<Isolation>(2); }},
            {"WorkerOptions::grace_ms is 600001: it may be 0 to 600000", [](Of& o) { o.grace_ms = 600'001; }},
            {"WorkerOptions::drain_timeout_s is 604801", [](Of& o) { o.drain_timeout_s = 604'801; }},
            {"WorkerOptions::settle_timeout_s is 604801", [](Of& o) { o.settle_timeout_s = 604'801; }},
        },
        open);
    auto worker = Worker::open(good);
    ASSERT_TRUE(worker);
    EXPECT_THAT(worker->run(nullptr).error().message, StartsWith("Worker::run was given an empty handler"));
    EXPECT_EQ(worker->run_jobs(nullptr).error().code, ErrorCode::invalid);
}

TEST_F(OptionsOfAPart, OfAPipelineAreChecked) {
    using Of = PipelineOptions;
    refuses_each<Of>({},
                     {
                         {"PipelineOptions::workers is 0: it may be 1 to 64", [](Of& o) { o.workers = 0; }},
                         {"PipelineOptions::workers is 65", [](Of& o) { o.workers = 65; }},
                         {"PipelineOptions::isolation is none that exists",
                          [](Of& o) { o.isolation = static_cast<Isolation>(2); }},
                         {"PipelineOptions::slots is 0", [](Of& o) { o.slots = 0; }},
                         {"PipelineOptions::slots is 5000", [](Of& o) { o.slots = 5000; }},
                         {"PipelineOptions::window is 20000", [](Of& o) { o.window = 20'000; }},
                         {"PipelineOptions::max_queued is 0", [](Of& o) { o.max_queued = 0; }},
                         {"PipelineOptions::drain_timeout is -1 s: it may be 0 to 604800 s",
                          [](Of& o) { o.drain_timeout = -1s; }},
                         {"PipelineOptions::drain_timeout is 9223372036854775807 s",
                          [](Of& o) { o.drain_timeout = std::chrono::seconds::max(); }},
                     },
                     [](const Of& options) { return Pipeline::open(options, echo); });
    const auto without = Pipeline::open({}, nullptr);
    ASSERT_FALSE(without);
    EXPECT_THAT(without.error().message, StartsWith("Pipeline::open was given an empty handler"));
}

TEST_F(OptionsOfAPart, OfAVentilatorAreChecked) {
    using Of = VentilatorOptions;
    const Of good{.intake = at("intake"),
                  .control = at("control"),
                  .events = at("events"),
                  .durability = Durability::memory};
    const auto open = [](const Of& options) { return Ventilator::open(options); };
    EXPECT_TRUE(open(good));
    const std::string type = "VentilatorOptions::";
    refuses_each<Of>(
        good,
        {
            {type + "intake is empty", [](Of& o) { o.intake.clear(); }},
            {type + "control is empty", [](Of& o) { o.control.clear(); }},
            {type + "events is empty", [](Of& o) { o.events.clear(); }},
            {type + "data_dir is empty",
             [](Of& o) {
                 o.durability = Durability::durable;
                 o.data_dir.clear();
             }},
            {type + "max_queued is 0", [](Of& o) { o.max_queued = 0; }},
            {type + "max_queued_per_owner is 100000001", [](Of& o) { o.max_queued_per_owner = 100'000'001; }},
            {type + "beat_ms is 0: it may be 10 to 60000", [](Of& o) { o.beat_ms = 0; }},
            {type + "suspect_ms is 0", [](Of& o) { o.suspect_ms = 0; }},
            {type + "lease_ms is 4000000", [](Of& o) { o.lease_ms = 4'000'000; }},
            {type + "beat_ms is to be below suspect_ms", [](Of& o) { o.beat_ms = o.suspect_ms; }},
            {type + "beat_ms is to be below suspect_ms, and that below lease_ms",
             [](Of& o) { o.lease_ms = o.suspect_ms; }},
            {type + "usage_half_life_s is 0", [](Of& o) { o.usage_half_life_s = 0; }},
            {type + "short_lane_percent is 91: it may be 0 to 90", [](Of& o) { o.short_lane_percent = 91; }},
            {type + "long_after_s is 0", [](Of& o) { o.long_after_s = 0; }},
            {type + "starve_after_s is 0", [](Of& o) { o.starve_after_s = 0; }},
            {"the counted resource seat is given twice",
             [](Of& o) {
                 o.resources = {{"seat", 1}, {"seat", 2}};
             }},
        },
        open);
}

TEST_F(OptionsOfAPart, OfASinkAWatcherAndASubmitterAreChecked) {
    const SinkOptions sink{.outcomes = at("o"),
                           .bulk = at("b"),
                           .output = at("p"),
                           .intake = at("i"),
                           .durability = Durability::memory};
    const std::vector<Wrong<SinkOptions>> of_sinks{
        {"SinkOptions::outcomes is empty", [](SinkOptions& o) { o.outcomes.clear(); }},
        {"SinkOptions::bulk is empty", [](SinkOptions& o) { o.bulk.clear(); }},
        {"SinkOptions::output is empty", [](SinkOptions& o) { o.output.clear(); }},
        {"SinkOptions::intake is empty", [](SinkOptions& o) { o.intake.clear(); }},
        {"SinkOptions::data_dir is empty", [](SinkOptions& o) {
             o.durability = Durability::durable;
             o.data_dir.clear();
         }}};
    refuses_each(sink, of_sinks, [](const SinkOptions& options) { return Sink::open(options); });

    const std::vector<Wrong<WatcherOptions>> of_watchers{
        {"WatcherOptions::events is empty",
         [](WatcherOptions& o) { o.events = o.control = o.output = std::string(); }},
        {"WatcherOptions::ask_after is 0 ms: it may be 1 to 3600000 ms",
         [](WatcherOptions& o) { o.ask_after = 0ms; }},
        {"WatcherOptions::ask_after is -1 ms", [](WatcherOptions& o) { o.ask_after = -1ms; }}};
    refuses_each({}, of_watchers, [](const WatcherOptions& options) { return Watcher::open(options, {}); });

    const std::vector<Wrong<SubmitterOptions>> of_submitters{
        {"SubmitterOptions::intake is empty", [](SubmitterOptions& o) { o.intake.clear(); }},
        {"SubmitterOptions::control is empty", [](SubmitterOptions& o) { o.control.clear(); }},
        {"SubmitterOptions::events is empty", [](SubmitterOptions& o) { o.events.clear(); }},
        {"SubmitterOptions::in_flight_max is 0", [](SubmitterOptions& o) { o.in_flight_max = 0; }},
        {"SubmitterOptions::repeat_after is 0 ms", [](SubmitterOptions& o) { o.repeat_after = 0ms; }},
        {"SubmitterOptions::repeat_after is -5 ms", [](SubmitterOptions& o) { o.repeat_after = -5ms; }}};
    refuses_each({}, of_submitters, [](const SubmitterOptions& options) { return Submitter::open(options); });
}

}  // namespace
}  // namespace nias
