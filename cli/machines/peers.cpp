// nias peers, nias revoke: who may connect to this server from other machines.
#include <iostream>

#include "cli/machines/enrolment.hpp"
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
    constexpr std::size_t kNameColumn = 24;
    constexpr std::size_t kRoleColumn = 12;
    const auto column = [](std::string_view text, std::size_t width) {
        return std::string(text) + std::string(text.size() < width ? width - text.size() : 1, ' ');
    };
    std::cout << column("NAME", kNameColumn) << column("ROLE", kRoleColumn) << "PUBLIC KEY\n";
    for (const Peer& peer : *peers) {
        std::cout << column(peer.name, kNameColumn) << column(to_string(peer.role), kRoleColumn)
                  << peer.public_key << '\n';
    }
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
        << name
        << " connects no more. A connection that it has ends with it, or with the daemons: restart them "
        << "to be sure.\n";
    return 0;
}

}  // namespace nias::cli
