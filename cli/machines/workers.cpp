// nias workers: the workers that the ventilator knows, and how each stands.
#include "service/questions.hpp"

#include <iomanip>
#include <iostream>

#include "cli/lab.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {
namespace {

constexpr std::chrono::seconds kPatience(5);

std::string_view word_of(wire::WorkerState state) {
    switch (state) {
        case wire::WorkerState::ready: return "ready";
        case wire::WorkerState::suspect: return "suspect";
        case wire::WorkerState::paused: return "paused";
        case wire::WorkerState::draining: return "draining";
    }
    return "unknown";
}

/// "2.25": how many processors are wanted at once.
std::string load_text(std::uint32_t percent) {
    const std::string part = std::to_string(percent % 100);
    return std::to_string(percent / 100) + "." + (part.size() < 2 ? "0" : "") + part;
}

void tell(const wire::WorkerRow& row) {
    std::cout << std::left << std::setw(24) << printable(row.name) << std::setw(10) << word_of(row.state)
              << std::setw(24) << (row.host.empty() ? "-" : printable(row.host)) << std::right << std::setw(6)
              << row.slots << std::setw(6) << row.held << std::setw(9) << row.running << std::setw(6)
              << row.cpus << std::setw(8) << load_text(row.load_percent);
    if (!row.reason.empty()) { std::cout << "  " << printable(row.reason); }
    std::cout << '\n';
}

}  // namespace

int workers(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias workers";
    std::string data = "./nias-data";
    daemon::Options options(kProgram, "Lists the workers, and how each stands.");
    options.quiet();
    options.text("data", data, "data directory of the server");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    const auto lab = Lab::open(data);
    if (!lab) { return daemon::report(kProgram, lab.error()); }
    const auto rows = service::list_workers(lab->endpoints().control, kPatience);
    if (!rows) { return daemon::report(kProgram, rows.error()); }
    std::cout << std::left << std::setw(24) << "WORKER" << std::setw(10) << "STATE" << std::setw(24) << "HOST"
              << std::right << std::setw(6) << "SLOTS" << std::setw(6) << "HELD" << std::setw(9) << "RUNNING"
              << std::setw(6) << "CPUS" << std::setw(8) << "LOAD" << '\n';
    for (const wire::WorkerRow& row : *rows) { tell(row); }
    return 0;
}

}  // namespace nias::cli
