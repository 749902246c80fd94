// nias enroll: makes the key of a machine or program, and lets it connect to this server.
#include <unistd.h>

#include <array>
#include <filesystem>
#include <iostream>

#include "base/unicode.hpp"
#include "cli/machines/enrolment.hpp"
#include "cli/verbs.hpp"
#include "daemon/program.hpp"

namespace nias::cli {
namespace {

constexpr auto kProgram = "nias enroll";

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : "localhost";
}

struct Wanted {
    std::string role, name, data, host, output;
};

/// The file; nothing is left of an enrolment whose file could not be written.
Status enroll(const Wanted& wanted) {
    const auto role = parse_peer_role(wanted.role);
    if (!role) { return role.error(); }
    const auto endpoints = Endpoints::at(wanted.host);
    if (!endpoints) { return endpoints.error(); }
    std::error_code ignored;
    if (std::filesystem::exists(wanted.output, ignored)) {
        return Error{ErrorCode::conflict,
                     wanted.output + " is there already: move it away, or name another with --output"};
    }
    auto enrolment = open_enrolment(wanted.data);
    if (!enrolment) { return enrolment.error(); }
    const auto keys = enrolment->enroll(*role, wanted.name, *endpoints);
    if (!keys) { return keys.error(); }
    const auto written = keys->write(wanted.output);
    if (written) { return {}; }
    const auto taken_back = enrolment->revoke(wanted.name);
    return taken_back ? written : taken_back;
}

}  // namespace

int enroll(int argc, const char* const* argv) {
    Wanted wanted;
    wanted.data = "./nias-data";
    wanted.host = host_name();
    daemon::Options options(kProgram,
                            "Makes the key of a machine or program, and lets it connect to this server.");
    options.quiet();
    options.positional("role", wanted.role, true, "worker, submitter or watcher");
    options.positional("name", wanted.name, true, "what it is called here; of a worker, its name");
    options.text("data", wanted.data, "data directory of the server");
    options.text("host", wanted.host, "HOST[:PORT] of this server, as the other machine reaches it");
    options.text("output", wanted.output, "file of the key (default: NAME.key)");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    if (wanted.output.empty()) { wanted.output = wanted.name + ".key"; }
    if (const auto done = enroll(wanted); !done) { return daemon::report(kProgram, done.error()); }
    std::cout << visible(wanted.name) << " may connect as a " << wanted.role << " to " << wanted.host
              << ". Its key is in " << wanted.output
              << ": bring that file there and show it to nobody else.\n";
    if (wanted.role == "worker") {
        std::cout << "There: nias-worker --key " << std::filesystem::path(wanted.output).filename().string()
                  << '\n';
    }
    return 0;
}

}  // namespace nias::cli
