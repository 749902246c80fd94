// nias explain: why a job waits, where it runs, or how it ended.
#include <iostream>

#include "base/unicode.hpp"
#include "cli/jobs/array.hpp"
#include "cli/jobs/where.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {
namespace {

constexpr std::chrono::seconds kPatience(5);

/// Asks the ledger about a job that has ended, and the ventilator about a living one.
Result<std::string> explanation_of(Jobs& jobs, const std::string& id) {
    const auto job = jobs.find(id);
    if (!job) { return job.error(); }
    if (job->array) { return counts_in_words(job->array->counts); }
    const store::TaskRecord* const record = &job->record;
    if (!has_ended(record->state)) { return jobs.explain(*record, kPatience); }
    std::string text = "ended: " + std::string(to_string(record->state));
    if (!record->reason.empty()) { text += ", " + record->reason; }
    return text;
}

}  // namespace

int explain(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias explain";
    std::string id;
    Where where;
    daemon::Options options(kProgram, "Tells why a job waits, where it runs, or how it ended.");
    options.quiet();
    options.positional("id", id, true, "the job");
    where.declare(options);
    if (const auto code = options.parse(argc, argv)) { return *code; }
    const auto jobs = where.open();
    if (!jobs) { return daemon::report(kProgram, jobs.error()); }
    const auto told = explanation_of(**jobs, id);
    if (!told) { return daemon::report(kProgram, told.error()); }
    std::cout << visible_lines(*told, 2) << '\n';
    return 0;
}

}  // namespace nias::cli
