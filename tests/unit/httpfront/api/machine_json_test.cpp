#include "api/machine_json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace nias::httpfront {
namespace {

service::Roll roll() {
    return {.workers = {{.name = "lab2",
                         .host = "lab2.local",
                         .state = wire::WorkerState::draining,
                         .reason = "an administrator drains it: new disks",
                         .slots = 4,
                         .held = 3,
                         .running = 2,
                         .cpus = 8,
                         .load_percent = 225,
                         .gpus = 1,
                         .memory_bytes = 1'000,
                         .runtimes = {"python", "octave"},
                         .software = "1.2.3",
                         .address = "10.0.0.2",
                         .labels = {"a job by default: 24 h, 3.9 GiB", "room 3"},
                         .since_unix_ms = 1'700'000'000'000,
                         .clock_off_ms = -90'000}},
            .unix_ms = 1'700'000'100'000};
}

TEST(MachineJson, SaysEveryFieldOfAMachineAndItsReasonsAsCodes) {
    EXPECT_EQ(nlohmann::json::parse(machines_json(roll(), true, {})), nlohmann::json::parse(R"({"machines":[{
        "name":"lab2","host":"lab2.local","address":"10.0.0.2","state":"draining","since_ms":1700000000000,
        "reason":"an administrator drains it: new disks",
        "reason_words":[{"code":"machine.drained_why","params":{"reason":"new disks"}}],
        "slots":4,"held":3,"running":2,"cpus":8,"gpus":1,"load_percent":225,"memory_bytes":1000,
        "runtimes":["python","octave"],"version":"1.2.3","labels":["a job by default: 24 h, 3.9 GiB","room 3"],
        "labels_words":[[{"code":"machine.defaults","params":{"time":"24 h","memory":"3.9 GiB"}}],["room 3"]],
        "clock_off_ms":-90000,"own":[]}],"now_ms":1700000100000})"));
}

TEST(MachineJson, TellsTheMembersOfAnArrayThatAMachineHasAsOneJob) {
    const TaskId array = TaskId::make_group();
    const auto held = [&](std::uint32_t index, const std::string& worker, TaskState state) {
        return store::HeldTask{array.member(index), array, "sweep", worker, state};
    };
    const TaskId single = TaskId::make();
    const auto told =
        nlohmann::json::parse(machines_json(roll(), false,
                                            {held(1, "lab2", TaskState::running),
                                             held(2, "lab2", TaskState::assigned),
                                             held(3, "lab2", TaskState::running),
                                             held(4, "elsewhere", TaskState::running),
                                             {single, {}, "alone", "lab2", TaskState::running}}));
    EXPECT_EQ(told["machines"][0]["own"],
              nlohmann::json({{{"id", to_string(array)}, {"name", "sweep"}, {"held", 3}, {"running", 2}},
                              {{"id", to_string(single)}, {"name", "alone"}, {"held", 1}, {"running", 1}}}));
}

TEST(MachineJson, TellsTheWordsOfAJobThatFailedToAdministratorsAlone) {
    auto faulty = roll();
    faulty.workers[0].state = wire::WorkerState::paused;
    faulty.workers[0].reason =
        "3 different jobs in a row could not be run there, the last: no space for secret-study";
    EXPECT_NE(machines_json(faulty, true, {}).find("secret-study"), std::string::npos);
    const std::string told = machines_json(faulty, false, {});
    EXPECT_EQ(told.find("secret-study"), std::string::npos) << told;
    EXPECT_NE(told.find("\"3 different jobs in a row could not be run there\""), std::string::npos) << told;
}

TEST(MachineJson, SaysOnceWhatAJobHasByDefaultWithTheMachinesThatSaySo) {
    auto several = roll();
    const std::string most = "a job by default: 24 h, 3.9 GiB, 64 GiB of disk";
    several.workers[0].labels = {"room 3", most};
    several.workers.push_back(several.workers[0]);
    several.workers[1].name = "lab3";
    several.workers.push_back(several.workers[0]);
    several.workers[2].state = wire::WorkerState::lost;
    several.workers.push_back(several.workers[0]);
    several.workers[3].labels = {};
    EXPECT_EQ(nlohmann::json::parse(limits_json(several, 1000)),
              nlohmann::json::parse(R"({"max_upload_bytes":1000,"defaults":[
        {"text":"a job by default: 24 h, 3.9 GiB, 64 GiB of disk","text_words":[{"code":"machine.limits",
         "params":{"time":"24 h","memory":"3.9 GiB","disk":"64 GiB"}}],"machines":["lab2","lab3"]}]})"));
    EXPECT_EQ(limits_json({}, 5), R"({"max_upload_bytes":5,"defaults":[]})");
}

TEST(MachineJson, TakesNamesThatAreNoUtf8) {
    auto odd = roll();
    odd.workers[0].host = "caf\xE9";
    odd.workers[0].labels = {"\xFF"};
    EXPECT_TRUE(nlohmann::json::accept(machines_json(odd, true, {})));
}

}  // namespace
}  // namespace nias::httpfront
