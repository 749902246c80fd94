// nias workers: the workers that the ventilator knows, and how each stands.
#include <iostream>

#include "base/words.hpp"
#include "cli/lab.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "service/questions.hpp"
#include "service/worker_rows.hpp"

namespace nias::cli {
namespace {

constexpr std::chrono::seconds kPatience(5);
constexpr std::int64_t kClockOffMs = 2'000;  // less is the network's delay

/// "2.25": how many processors are wanted at once.
std::string load_text(std::uint32_t percent) {
    const std::string part = std::to_string(percent % 100);
    return std::to_string(percent / 100) + "." + (part.size() < 2 ? "0" : "") + part;
}

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) { all += (all.empty() ? "" : ",") + word; }
    return all;
}

std::string why_text(const wire::WorkerRow& row) {
    std::string text = row.reason;
    const auto off = static_cast<std::uint64_t>(std::abs(row.clock_off_ms));
    if (std::abs(row.clock_off_ms) > kClockOffMs) {
        text += (text.empty() ? "" : "; ") + ("its clock is " + time_in_words(off)) +
                (row.clock_off_ms > 0 ? " ahead" : " behind");
    }
    return text;
}

void print(const service::Roll& roll) {
    constexpr auto kRight = Table::Side::right;
    Table table({{"WORKER"},
                 {"STATE"},
                 {"SINCE"},
                 {"HOST"},
                 {"ADDRESS"},
                 {"SLOTS", kRight},
                 {"HELD", kRight},
                 {"RUNNING", kRight},
                 {"CPUS", kRight},
                 {"LOAD", kRight},
                 {"MEMORY", kRight},
                 {"RUNTIMES"},
                 {"VERSION"},
                 {"LABELS"},
                 {""}});
    for (const wire::WorkerRow& row : roll.workers) {
        table.add({row.name, std::string(service::word_of(row.state)), time_text(row.since_unix_ms), row.host,
                   row.address, std::to_string(row.slots), std::to_string(row.held),
                   std::to_string(row.running), std::to_string(row.cpus), load_text(row.load_percent),
                   size_in_words(row.memory_bytes), joined(row.runtimes), row.software, joined(row.labels),
                   why_text(row)});
    }
    table.print(std::cout);
}

}  // namespace

int workers(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias workers";
    std::string data = "./nias-data";
    bool all = false;
    bool json = false;
    daemon::Options options(kProgram,
                            "Lists the workers, and how each stands. Times are by the server's clock.");
    options.quiet();
    options.text("data", data, "data directory of the server");
    options.flag("all", all, "also those that are gone or were refused since the server's start");
    options.flag("json", json, "for programs: one object a line");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    const auto lab = Lab::open(data);
    if (!lab) { return daemon::report(kProgram, lab.error()); }
    const auto roll = service::list_workers(lab->endpoints().control, all, kPatience);
    if (!roll) { return daemon::report(kProgram, roll.error()); }
    if (!json) {
        print(*roll);
        return 0;
    }
    for (const wire::WorkerRow& row : roll->workers) { std::cout << service::worker_json(row) << '\n'; }
    return 0;
}

}  // namespace nias::cli
