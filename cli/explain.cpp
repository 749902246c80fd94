// nias explain: why a job waits, where it runs, or how it ended.
#include <iostream>

#include "base/unicode.hpp"
#include "cli/jobs/array.hpp"
#include "cli/jobs/one_job.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {
namespace {

constexpr std::chrono::seconds kPatience(5);

/// Asks the ledger about a job that has ended, and the ventilator about a living one.
Result<std::string> explanation_of(Jobs& jobs, const store::JobView& job) {
    if (job.array) { return counts_in_words(job.array->counts); }
    const store::TaskRecord& record = job.record;
    if (!has_ended(record.state)) { return jobs.explain(record, kPatience); }
    std::string text = "ended: " + std::string(to_string(record.state));
    if (!record.reason.empty()) { text += ", " + record.reason; }
    return text;
}

}  // namespace

int explain(int argc, const char* const* argv) {
    OneJob one("nias explain", "Tells why a job waits, where it runs, or how it ended.");
    if (const auto code = one.parse(argc, argv)) { return *code; }
    if (const auto code = one.find()) { return *code; }
    const auto told = explanation_of(one.jobs(), one.view());
    if (!told) { return one.report(told.error()); }
    std::cout << visible_lines(*told, 2) << '\n';
    return 0;
}

}  // namespace nias::cli
