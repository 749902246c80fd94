// nias audit, nias setup-link: what an administrator asks of the server's accounts on its machine.
#include <fstream>
#include <iostream>

#include "cli/lab.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "store/accounts/accounts.hpp"

namespace nias::cli {

int audit(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias audit";
    std::string data = "./nias-data";
    std::uint64_t limit = 100;
    daemon::Options options(kProgram, "Shows who signed in, and what administrators did, the newest first.");
    options.quiet();
    options.text("data", data, "data directory of the server");
    options.number("limit", limit, 1, store::Accounts::kAuditMax, "how many rows at most");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    auto accounts = store::Accounts::open_reader(data);
    if (!accounts) { return daemon::report(kProgram, accounts.error()); }
    const auto rows = accounts->audit(0, limit);
    if (!rows) { return daemon::report(kProgram, rows.error()); }
    Table table({{"TIME"}, {"WHO"}, {"ADDRESS"}, {"DID"}, {"TO"}});
    for (const store::AuditRecord& row : *rows) {
        table.add({time_text(row.at_unix_ms), row.actor, row.address, row.action, row.subject});
    }
    table.print(std::cout);
    return 0;
}

int setup_link(int argc, const char* const* argv) {
    constexpr auto kProgram = "nias setup-link";
    std::string data = "./nias-data";
    daemon::Options options(kProgram, "Shows the link that makes the server's first administrator.");
    options.quiet();
    options.text("data", data, "data directory of the server");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    std::ifstream file(data + "/run/setup-link");
    std::string link;
    if (!std::getline(file, link)) {
        return daemon::report(
            kProgram,
            {ErrorCode::not_found,
             "there is no link: the server does not run here, has no accounts, or has an administrator "
             "already; «nias up --setup-link» offers one where none can sign in any more"});
    }
    std::cout << link << '\n';
    return 0;
}

}  // namespace nias::cli
