// nias explain: why a job waits, where it runs, or how it ended.
#include "service/questions.hpp"

#include <iostream>

#include "base/unicode.hpp"
#include "cli/lab.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {
namespace {

constexpr std::chrono::seconds kPatience(5);

/// Asks the ledger about a job that has ended, and the ventilator about a living one.
Result<std::string> explanation_of(Lab& lab, const std::string& id) {
    const auto record = lab.find(id);
    if (!record) { return record.error(); }
    if (!has_ended(record->state)) {
        return service::explain(lab.endpoints().control, record->task.id, kPatience);
    }
    std::string text = "ended: " + std::string(to_string(record->state));
    if (!record->reason.empty()) { text += ", " + record->reason; }
    return text;
}

}  // namespace

int explain(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias explain";
    std::string id;
    std::string data = "./nias-data";
    daemon::Options options(kProgram, "Tells why a job waits, where it runs, or how it ended.");
    options.quiet();
    options.positional("id", id, true, "the job");
    options.text("data", data, "data directory of the server");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    auto lab = Lab::open(data);
    if (!lab) { return daemon::report(kProgram, lab.error()); }
    const auto told = explanation_of(*lab, id);
    if (!told) { return daemon::report(kProgram, told.error()); }
    std::cout << visible_lines(*told, 2) << '\n';
    return 0;
}

}  // namespace nias::cli
