// nias-ventilator: options and wiring. The work is in libnias/service/ventilator/.
#include <nias/ventilator.hpp>

#include <utility>

#include "base/host/memory.hpp"
#include "base/log.hpp"
#include "daemon/program.hpp"
#include "daemon/resources.hpp"

namespace {

using namespace nias;

constexpr auto kName = "nias-ventilator";

/// Opens the ventilator where the data directory says, unless the options do, and runs it until a signal.
/// The exit code of the program.
int serve(VentilatorOptions options) {
    const auto endpoints = daemon::endpoints_in(options.data_dir);
    if (!endpoints) { return daemon::report(kName, endpoints.error()); }
    if (options.intake.empty()) { options.intake = endpoints->intake; }
    if (options.control.empty()) { options.control = endpoints->control; }
    if (options.events.empty()) { options.events = endpoints->events; }
    options.keys = options.machines.empty()
                       ? daemon::keys_for(options.data_dir, {options.intake, options.control, options.events})
                       : options.data_dir + "/keys";
    auto ventilator = Ventilator::open(options);
    if (!ventilator) { return daemon::report(kName, ventilator.error()); }
    log::info("serving intake " + ventilator->bound().intake + ", control " + ventilator->bound().control +
              (options.machines.empty() ? "" : ", and other machines at " + options.machines));
    return daemon::run_until_signal([&] { return ventilator->run(); }, [&] { ventilator->stop(); });
}

}  // namespace

int main(int argc, char** argv) {
    daemon::hold_signals();
    keep_freed_memory();
    VentilatorOptions options;
    options.intake.clear();
    options.control.clear();
    options.events.clear();
    std::string durability = "durable";
    std::uint64_t beat_ms = options.beat_ms;
    std::uint64_t suspect_ms = options.suspect_ms;
    std::uint64_t lease_ms = options.lease_ms;
    std::uint64_t lease_max_s = options.lease_max_s;
    std::uint64_t usage_half_life_s = options.usage_half_life_s;
    std::uint64_t short_lane = 25;
    std::uint64_t long_after_s = options.long_after_s;
    std::uint64_t starve_after_s = options.starve_after_s;
    std::vector<std::string> resources;

    daemon::Options program(
        kName, "Takes tasks in, queues them, hands them to workers under credit, keeps the ledger.");
    program.text("data", options.data_dir, "data directory");
    program.text("intake", options.intake, "address for submitters (default: ipc in the data directory)");
    program.text("control", options.control, "address for workers (default: ipc in the data directory)");
    program.text("events", options.events,
                 "address for those who watch (default: ipc in the data directory)");
    program.text("machines", options.machines, daemon::kMachinesHelp);
    program.text("durability", durability, "durable: every accepted task is on disk; memory: none is");
    program.number("max-queued", options.max_queued, 1, 100'000'000,
                   "tasks that may wait; past it new ones are refused");
    program.number("max-queued-per-owner", options.max_queued_per_owner, 0, 100'000'000,
                   "of these, tasks of one owner; 0: nine tenths");
    program.number("beat-ms", beat_ms, 10, 60'000, "time between beats");
    program.number("suspect-ms", suspect_ms, 20, 600'000, "a worker silent this long gets no new tasks");
    program.number("lease-ms", lease_ms, 30, 3'600'000,
                   "a worker silent this long loses what has not begun there");
    program.number(
        "lease-max", lease_max_s, 1, 604'800,
        "seconds that what runs there is waited for at most: else as long as it has run, and twice "
        "lease-ms");
    program.number("usage-half-life-s", usage_half_life_s, 1, 31'536'000,
                   "after this time what an owner used counts half; who used least is served first");
    program.list("resource", resources, "what the lab has of a counted resource, like matlab_seats=2");
    program.flag("matlab-only", options.first_runtime_only, daemon::kMatlabOnlyHelp);
    program.number("short-lane", short_lane, 0, 90,
                   "percent of a worker's slots that long jobs may not fill");
    program.number("long-after-s", long_after_s, 1, 31'536'000,
                   "a job is long whose time limit is over this, or that names none");
    program.number("starve-after-s", starve_after_s, 1, 31'536'000,
                   "a job that smaller ones have passed this long has its place kept");
    if (const auto code = program.parse(argc, argv)) { return *code; }
    if (durability != "durable" && durability != "memory") {
        return daemon::report(kName,
                              {ErrorCode::invalid, "--durability " + durability + ": use durable or memory"});
    }
    if (!(beat_ms < suspect_ms && suspect_ms < lease_ms)) {
        return daemon::report(
            kName, {ErrorCode::invalid, "--beat-ms must be below --suspect-ms, and that below --lease-ms"});
    }
    options.durability = durability == "durable" ? Durability::durable : Durability::memory;
    options.beat_ms = static_cast<std::uint32_t>(beat_ms);
    options.suspect_ms = static_cast<std::uint32_t>(suspect_ms);
    options.lease_ms = static_cast<std::uint32_t>(lease_ms);
    options.lease_max_s = static_cast<std::uint32_t>(lease_max_s);
    options.usage_half_life_s = static_cast<std::uint32_t>(usage_half_life_s);
    options.short_lane_percent = static_cast<std::uint32_t>(short_lane);
    options.long_after_s = static_cast<std::uint32_t>(long_after_s);
    options.starve_after_s = static_cast<std::uint32_t>(starve_after_s);
    if (options.max_queued_per_owner == 0) {
        options.max_queued_per_owner = options.max_queued - options.max_queued / 10;
    }
    auto parsed = daemon::parse_resources(resources);
    if (!parsed) { return daemon::report(kName, parsed.error()); }
    options.resources = std::move(*parsed);

    return serve(std::move(options));
}
