// nias-sink: options and wiring. The work is in libnias/service/sink/.
#include <nias/sink.hpp>

#include "base/host/memory.hpp"
#include "base/log.hpp"
#include "daemon/program.hpp"

int main(int argc, char** argv) {
    using namespace nias;
    daemon::hold_signals();
    keep_freed_memory();
    constexpr auto kName = "nias-sink";
    SinkOptions options;
    for (std::string* address : {&options.outcomes, &options.bulk, &options.output, &options.intake}) {
        address->clear();
    }
    std::string durability = "durable";
    options.unused_blobs_kept_s = 24 * 3'600;

    daemon::Options program(kName, "Gathers outcomes, logs and files from workers into the results store.");
    program.text("data", options.data_dir, "data directory");
    program.text("outcomes", options.outcomes,
                 "address for workers' outcomes (default: ipc in the data directory)");
    program.text("bulk", options.bulk, "address for files and logs (default: ipc in the data directory)");
    program.text("output", options.output,
                 "address for those who watch logs (default: ipc in the data directory)");
    program.text("intake", options.intake, "the ventilator's intake (default: ipc in the data directory)");
    program.text("machines", options.machines, daemon::kMachinesHelp);
    program.text("durability", durability, "durable, or memory");
    if (const auto code = program.parse(argc, argv)) { return *code; }
    if (durability != "durable" && durability != "memory") {
        return daemon::report(kName,
                              {ErrorCode::invalid, "--durability " + durability + ": use durable or memory"});
    }
    options.durability = durability == "durable" ? Durability::durable : Durability::memory;

    const auto endpoints = daemon::endpoints_in(options.data_dir);
    if (!endpoints) { return daemon::report(kName, endpoints.error()); }
    if (options.outcomes.empty()) { options.outcomes = endpoints->outcomes; }
    if (options.bulk.empty()) { options.bulk = endpoints->bulk; }
    if (options.output.empty()) { options.output = endpoints->output; }
    if (options.intake.empty()) { options.intake = endpoints->intake; }
    options.keys = options.machines.empty()
                       ? daemon::keys_for(options.data_dir,
                                          {options.outcomes, options.bulk, options.output, options.intake})
                       : options.data_dir + "/keys";
    auto sink = Sink::open(options);
    if (!sink) { return daemon::report(kName, sink.error()); }
    log::info("serving outcomes " + sink->bound().outcomes + ", bulk " + sink->bound().bulk +
              (options.machines.empty() ? "" : ", and other machines at " + options.machines));
    return daemon::run_until_signal([&] { return sink->run(); }, [&] { sink->stop(); });
}
