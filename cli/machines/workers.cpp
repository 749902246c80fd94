// nias workers: the workers that the ventilator knows, and how each stands.
#include "service/questions.hpp"

#include <iostream>

#include "cli/lab.hpp"
#include "cli/table.hpp"
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
    constexpr auto kRight = Table::Side::right;
    Table table({{"WORKER"},
                 {"STATE"},
                 {"HOST"},
                 {"SLOTS", kRight},
                 {"HELD", kRight},
                 {"RUNNING", kRight},
                 {"CPUS", kRight},
                 {"LOAD", kRight},
                 {""}});
    for (const wire::WorkerRow& row : *rows) {
        table.add({row.name, std::string(word_of(row.state)), row.host, std::to_string(row.slots),
                   std::to_string(row.held), std::to_string(row.running), std::to_string(row.cpus),
                   load_text(row.load_percent), row.reason});
    }
    table.print(std::cout);
    return 0;
}

}  // namespace nias::cli
