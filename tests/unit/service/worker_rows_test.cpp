// What `nias workers --json` prints: a line a worker, which programs read.
#include "service/worker_rows.hpp"

#include <gtest/gtest.h>

#include <set>

namespace nias::service {
namespace {

wire::WorkerRow row() {
    return {.name = "lab2",
            .host = "lab2.local",
            .state = wire::WorkerState::silent,
            .reason = "silent for 20 s",
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
            .labels = {},
            .since_unix_ms = 1'700'000'000'000,
            .clock_off_ms = -90'000};
}

TEST(WorkerJson, HasEveryFieldOfTheRowByItsNameOnTheWire) {
    EXPECT_EQ(worker_json(row()),
              R"({"name": "lab2", "host": "lab2.local", "state": "silent", "reason": "silent for 20 s", )"
              R"("slots": 4, "held": 3, "running": 2, "cpus": 8, "load_percent": 225, "gpus": 1, )"
              R"("memory_bytes": 1000, "runtimes": ["python", "octave"], "software": "1.2.3", )"
              R"("address": "10.0.0.2", "labels": [], "since_unix_ms": 1700000000000, )"
              R"("clock_off_ms": -90000})");
}

TEST(WorkerJson, IsOneLineWhateverANameIsMadeOf) {
    wire::WorkerRow bad = row();
    bad.name = "lab2\nlab3 ready";
    bad.host = "\x1b[2J\"}";
    bad.reason = "caf\xe9";
    bad.runtimes = {"py\nthon"};
    bad.labels = {"\u202egpj"};
    const std::string line = worker_json(bad);
    for (const char c : line) { EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line; }
    EXPECT_NE(line.find(R"("name": "lab2\u000alab3 ready")"), std::string::npos);
    EXPECT_NE(line.find(R"("host": "\u001b[2J\"}")"), std::string::npos);
    EXPECT_NE(line.find(R"("reason": "caf\ufffd")"), std::string::npos);
    EXPECT_NE(line.find(R"(["py\u000athon"])"), std::string::npos);
    EXPECT_NE(line.find(R"(["\u202egpj"])"), std::string::npos);
}

TEST(WorkerJson, HasAWordOfItsOwnForEachState) {
    std::set<std::string_view> words;
    for (auto state = std::uint8_t{0}; state <= static_cast<std::uint8_t>(wire::WorkerState::refused);
         ++state) {
        words.insert(word_of(static_cast<wire::WorkerState>(state)));
    }
    EXPECT_EQ(words.size(), 9U);
    EXPECT_FALSE(words.contains("unknown"));
}

}  // namespace
}  // namespace nias::service
