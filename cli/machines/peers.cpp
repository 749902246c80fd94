// nias peers, nias revoke: who may connect to this server from other machines.
#include <iostream>

#include "base/unicode.hpp"
#include "cli/machines/enrolment.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "daemon/program.hpp"

namespace nias::cli {

int peers(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias peers";
    std::string data = "./nias-data";
    daemon::Options options(kProgram, "Lists the machines and programs that may connect to this server.");
    options.quiet();
    options.text("data", data, "data directory of the server");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    const auto enrolment = open_enrolment(data);
    if (!enrolment) { return daemon::report(kProgram, enrolment.error()); }
    const auto peers = enrolment->peers();
    if (!peers) { return daemon::report(kProgram, peers.error()); }
    Table table({{"NAME"}, {"ROLE"}, {"PUBLIC KEY"}});
    for (const Peer& peer : *peers) {
        table.add({peer.name, std::string(to_string(peer.role)), peer.public_key});
    }
    table.print(std::cout);
    return 0;
}

int revoke(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias revoke";
    std::string data = "./nias-data";
    std::string name;
    daemon::Options options(kProgram, "Lets a machine or program connect no more.");
    options.quiet();
    options.positional("name", name, true, "its name, as «nias peers» shows it");
    options.text("data", data, "data directory of the server");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    auto enrolment = open_enrolment(data);
    if (!enrolment) { return daemon::report(kProgram, enrolment.error()); }
    if (const auto done = enrolment->revoke(name); !done) { return daemon::report(kProgram, done.error()); }
    std::cout
        << visible(name)
        << " connects no more. The daemons end the connections that it has within seconds, and its tasks go "
        << "back to the queue.\n";
    return 0;
}

}  // namespace nias::cli
