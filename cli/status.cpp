// nias status: what is known of one job.
#include <iostream>

#include "base/clock.hpp"
#include "base/words.hpp"
#include "cli/jobs/array.hpp"
#include "cli/jobs/one_job.hpp"
#include "cli/lab.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "job/array/terms.hpp"
#include "job/bundle/bundle.hpp"
#include "store/ledger/shown_end.hpp"

namespace nias::cli {
namespace {

constexpr std::chrono::milliseconds kExplainPatience(500);

void line(std::string_view key, const std::string& value) { print_field(std::cout, key, value); }

void tell_terms(const Task& task) {
    const job::Terms terms = job::terms_of(task.payload);
    if (terms.trial) { line("trial", "yes"); }
    if (!terms.place) { return; }
    const std::string index = std::to_string(terms.place->index);
    line("member", task.group == TaskId{} ? index : index + " of " + to_string(task.group));
}

void tell_outcome(const Outcome& outcome) {
    if (outcome.cause == Cause::exit_code) { line("exit code", std::to_string(outcome.exit_code)); }
    if (outcome.cause == Cause::signal) { line("signal", std::to_string(outcome.signal)); }
    if (outcome.cause != Cause::none) { line("cause", std::string(to_string(outcome.cause))); }
    line("wall time", time_in_words(outcome.usage.wall_ms));
    line("CPU time", time_in_words(outcome.usage.cpu_ms));
    line("memory", size_in_words(outcome.usage.peak_memory_bytes) + " at most");
    if (outcome.output_blob) {
        line("outputs", size_in_words(outcome.output_blob->size_bytes) + " as a zip");
    }
    if (!outcome.error.empty()) { line("error", outcome.error); }
    for (const std::string& note : outcome.notes) { line("note", note); }
}

/// One line for each attempt whose program gave an answer that was not the job's last.
void tell_attempts(const std::vector<Outcome>& attempts) {
    for (const Outcome& one : attempts) {
        line("attempt " + std::to_string(one.attempt),
             std::string(to_string(one.status)) + " on " + one.worker + ", " +
                 time_text(one.started_unix_ms) + " to " + time_text(one.ended_unix_ms) +
                 (one.error.empty() ? "" : ": " + one.error));
    }
}

}  // namespace

int status(int argc, const char* const* argv) {
    OneJob one("nias status", "Tells what is known of one job.");
    if (const auto code = one.parse(argc, argv)) { return *code; }
    if (const auto code = one.find()) { return *code; }
    if (one.view().array) {
        const auto told = tell_array(one.jobs(), one.view());
        return told ? 0 : one.report(told.error());
    }
    const store::TaskRecord* const record = &one.view().record;
    line("id", one.id());
    line("name", record->task.spec.name);
    line("owner", record->task.owner);
    tell_terms(record->task);
    line("state", std::string(to_string(record->state)));
    line("attempt", std::to_string(record->task.attempt));
    if (!record->task.spec.runtime.empty()) {
        line("runtime", job::runtime_in_words(record->task.spec.runtime));
    }
    if (!record->worker.empty()) { line("worker", record->worker); }
    if (record->state == TaskState::queued) {
        if (const auto before = one.jobs().place_in_line(record->task.id)) {
            line("place", std::to_string(*before + 1) + " in line");
        }
    }
    line("submitted", time_text(record->submitted_unix_ms));
    line("started", time_text(record->started_unix_ms));
    line("ended", time_text(store::shown_end_unix_ms(*record)));
    if (!record->reason.empty()) {
        line("reason", record->reason);
    } else if (record->state == TaskState::queued) {
        const auto told = one.jobs().explain(*record, kExplainPatience);
        if (told) { line("waits", *told); }
    }
    if (record->outcome) { tell_outcome(*record->outcome); }
    tell_attempts(one.view().attempts);
    return 0;
}

}  // namespace nias::cli
