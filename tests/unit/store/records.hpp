/// Builders of tasks, changes and outcomes for the tests of the store, and a look at its tables.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "store/ledger/ledger.hpp"
#include "store/sqlite/database.hpp"

namespace nias::test {

inline TaskId id_of(std::uint8_t number) {
    TaskId id;
    id.bytes[0] = 1;
    id.bytes[15] = number;
    return id;
}

inline store::TaskRecord queued_task(std::uint8_t number, const std::string& owner = "ana",
                                     const std::string& name = "fit") {
    store::TaskRecord record;
    record.task.id = id_of(number);
    record.task.attempt = 1;
    record.task.owner = owner;
    record.task.spec.name = name;
    record.task.spec.runtime = "python";
    record.task.spec.resources = {.cpus = 2, .gpus = 1, .memory_bytes = 3ULL << 32U};
    record.task.spec.time_limit_ms = 60'000;
    record.task.spec.priority = -3;
    record.task.spec.max_attempts = 4;
    record.task.payload = {0, 1, 255};
    record.task.bundle = BlobRef{.hash = {}, .size_bytes = 77};
    record.task.bundle->hash.bytes[31] = 9;
    record.client = "c1";
    record.submitted_unix_ms = 1'700'000'000'000 + number;
    return record;
}

inline store::TaskChange change_to(TaskState state, std::uint8_t number, Attempt attempt = 1,
                                   std::int64_t unix_ms = 5000) {
    return {.id = id_of(number),
            .state = state,
            .attempt = attempt,
            .worker = "lab1",
            .reason = "",
            .unix_ms = unix_ms};
}

inline Outcome outcome_of(std::uint8_t number, Attempt attempt = 1,
                          OutcomeStatus status = OutcomeStatus::succeeded) {
    Outcome outcome;
    outcome.id = id_of(number);
    outcome.attempt = attempt;
    outcome.status = status;
    outcome.cause = status == OutcomeStatus::succeeded ? Cause::none : Cause::exit_code;
    outcome.exit_code = status == OutcomeStatus::succeeded ? 0 : -3;
    outcome.usage = {.wall_ms = 10, .cpu_ms = 20, .peak_memory_bytes = 30};
    outcome.output = {1, 0, 2};
    outcome.output_blob = BlobRef{.hash = {}, .size_bytes = 12};
    outcome.output_blob->hash.bytes[0] = 200;
    outcome.error = "não \"foi\"";
    outcome.notes = {"first note", "second note"};
    outcome.worker = "lab1";
    outcome.started_unix_ms = 4000;
    outcome.ended_unix_ms = 6000;
    return outcome;
}

/// Every task that has not ended.
inline Result<std::vector<store::TaskRecord>> alive_in(store::Ledger& ledger) {
    std::vector<store::TaskRecord> found;
    auto read = ledger.each_alive([&found](store::TaskRecord record) { found.push_back(std::move(record)); });
    if (!read) { return read.error(); }
    return found;
}

/// How many rows a table of this database has.
inline std::int64_t rows_in(const std::string& path, std::int64_t version, const std::string& table) {
    auto database = store::Database::open(path, store::Database::Mode::read, {.sql = "", .version = version});
    EXPECT_TRUE(database) << database.error().message;
    auto count = (*database)->prepare("SELECT count(*) FROM " + table);
    EXPECT_TRUE(count && count->step());
    return count->integer();
}

}  // namespace nias::test
