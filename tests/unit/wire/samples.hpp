/// One message of each kind with every field set: what golden bytes, round trips and the fuzz corpus are made
/// from. Never changed once released, since tests/golden holds its bytes; a field that is appended keeps its
/// default here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire/messages.hpp"

namespace nias::test {

inline TaskId sample_id(std::uint8_t last) {
    TaskId id;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) { id.bytes[i] = static_cast<std::uint8_t>(0xa0 + i); }
    id.bytes.back() = last;
    return id;
}

inline BlobHash sample_hash(std::uint8_t last) {
    BlobHash hash;
    for (std::size_t i = 0; i < hash.bytes.size(); ++i) { hash.bytes[i] = static_cast<std::uint8_t>(i * 7); }
    hash.bytes.back() = last;
    return hash;
}

inline Task sample_task() {
    Task task;
    task.id = sample_id(1);
    task.attempt = 2;
    task.owner = "ana";
    task.spec.name = "espectro do coração";
    task.spec.runtime = "python";
    task.spec.resources = {.cpus = 4, .gpus = 1, .memory_bytes = 2ULL << 30U};
    task.spec.time_limit_ms = 90'000;
    task.spec.priority = -7;
    task.spec.max_attempts = 5;
    task.payload = {0, 1, 254, 255};
    task.bundle = BlobRef{sample_hash(3), 123'456'789};
    return task;
}

/// As a program of the library sends most of them: nothing but an owner and a payload.
inline Task small_task() {
    Task task;
    task.id = sample_id(2);
    task.owner = "lab";
    task.payload = {42};
    return task;
}

inline Outcome sample_outcome() {
    Outcome outcome;
    outcome.id = sample_id(1);
    outcome.attempt = 2;
    outcome.status = OutcomeStatus::failed;
    outcome.cause = Cause::out_of_memory;
    outcome.exit_code = -1;
    outcome.signal = 9;
    outcome.usage = {.wall_ms = 1'500, .cpu_ms = 2'900, .peak_memory_bytes = 512ULL << 20U};
    outcome.output = {7, 8, 9};
    outcome.output_blob = BlobRef{sample_hash(4), 4096};
    outcome.error = "the program was killed: out of memory";
    outcome.notes = {"link skipped", "output/ is missing"};
    outcome.worker = "lab1";
    outcome.started_unix_ms = 1'700'000'000'000;
    outcome.ended_unix_ms = 1'700'000'001'500;
    return outcome;
}

inline std::vector<wire::Message> samples() {
    using namespace wire;
    const AttemptRef first{sample_id(1), 2};
    const AttemptRef second{sample_id(2), 70'000};
    return {
        Submit{"5a1b", {sample_task(), small_task()}},
        Cancel{{sample_id(1), sample_id(2)}},
        Hello{.version_min = 1,
              .version_max = 2,
              .worker = "lab1",
              .incarnation = 0x0123456789abcdefULL,
              .host = "lab1.example",
              .slots = 8,
              .cpus = 16,
              .gpus = 2,
              .memory_bytes = 64ULL << 30U,
              .runtimes = {"python", "octave"},
              .held = {first, second}},
        Welcome{.version = 2,
                .incarnation = 0x0123456789abcdefULL,
                .beat_ms = 500,
                .lease_ms = 9'000,
                .drop = {second},
                .number = 0xfedcba9876543210ULL},
        Refused{"another process has taken this worker's name"},
        Credit{0x0123456789abcdefULL, 17, 1'000'000},
        Tasks{0x0123456789abcdefULL, 40, {sample_task()}},
        Started{{first}},
        Declined{first, "the worker drains"},
        Beat{0x0123456789abcdefULL, 0xfedcba9876543210ULL, 3, true, 41},
        Rehello{},
        Drop{{first, second}},
        OutcomeReport{"lab1", {sample_outcome()}},
        Outcomes{"lab1", {sample_outcome()}},
        Settled{{first}},
        LogChunk{first, 65'536, {'o', 'k', '\n'}},
        Progress{first, 0.625, "5 of 8"},
        Offer{{sample_hash(3), 123'456'789}, true},
        Get{sample_hash(3), 262'144, 2'621'440},
        Grant{sample_hash(3), 262'144, 2'883'584},
        Chunk{sample_hash(3), 262'144, 123'456'789, {1, 2, 3, 4}},
        Stored{sample_hash(3), sample_hash(4), true},
        BulkRefused{sample_hash(3), "the disk is full"},
        Events{
            0x1111111111111111ULL,
            99,
            {{sample_id(1), EventKind::ended, TaskState::failed, 2, 1'700'000'001'500, "lab1",
              sample_outcome()},
             {sample_id(2), EventKind::accepted, TaskState::queued, 1, 1'700'000'000'000, "", std::nullopt}},
            {{EventKind::accepted,
              TaskState::assigned,
              1,
              1'700'000'000'000,
              "lab1",
              {sample_id(3), sample_id(4)}}}},
        Sync{{sample_id(1)}},
        Query{sample_id(1)},
        Explained{sample_id(1), true, "no machine offers octave"},
        Retract{{first, second}},
        Retracted{{second}},
        QueryWorkers{},
        Workers{7,
                {{"lab1", "lab1.example", WorkerState::paused, "the disk is full", 8, 9, 6, 16, 225},
                 {"lab2", "lab2.example", WorkerState::draining, "", 4, 1, 1, 4, 100}}},
        Order{"lab1"},
        Ordered{"lab1", true, "it was paused: the disk is full"},
        Goodbye{0x0123456789abcdefULL, {second}, "it was stopped"},
        QueryTasks{0x0123456789abcdefULL, sample_id(5), "ana", sample_id(6), true},
        TaskList{0x0123456789abcdefULL,
                 {{sample_id(1), TaskState::failed, 2, sample_id(5), 100, "ana", "sweep", "it broke",
                   1'700'000'001'500, 1},
                  {sample_id(2), TaskState::queued, 1, {}, 0, "lab", "", "", 0, 0}},
                 true},
        LiveFile{first, "fits/residuals.png", 3, 262'144, 262'147, {'P', 'N', 'G'}},
        Forget{0x0123456789abcdefULL, {sample_id(1), sample_id(2)}, "ana", 600, true},
        Forgotten{0x0123456789abcdefULL,
                  {sample_id(1)},
                  {sample_id(2)},
                  {sample_id(3)},
                  "the key of lab1 is that of a worker"},
        Erased{{sample_id(1), sample_id(2)}},
        Upcoming{0x0123456789abcdefULL, {sample_task(), small_task()}},
    };
}

}  // namespace nias::test
