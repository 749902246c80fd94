// nias-httpfront: options, lock, wiring. Requests are read in http/ and answered in api/.
#include <Poco/Net/IPAddress.h>
#include <nias/submitter.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "accounts/start.hpp"
#include "api/routes.hpp"
#include "base/host/process_lock.hpp"
#include "base/log.hpp"
#include "daemon/program.hpp"

namespace {

using namespace nias;
using namespace nias::httpfront;
constexpr auto kName = "nias-httpfront";

Status check_listen(const FrontOptions& options) {
    Poco::Net::IPAddress address;
    if (!Poco::Net::IPAddress::tryParse(options.listen, address)) {
        return Error{ErrorCode::invalid,
                     "--listen " + options.listen + ": give an address, such as 127.0.0.1"};
    }
    if (address.isLoopback() || options.insecure_http) { return {}; }
    return Error{
        ErrorCode::invalid,
        "--listen " + options.listen +
            " would send the lab's files unencrypted over the network: keep 127.0.0.1 behind a server "
            "that speaks HTTPS, or add --insecure-http where the network is trusted"};
}

Status write_url(const std::string& path, const std::string& url) {
    const std::string temporary = path + ".new";
    std::ofstream(temporary) << url << '\n';
    std::error_code error;
    std::filesystem::rename(temporary, path, error);
    if (error) { return Error{ErrorCode::unavailable, path + " cannot be written: " + error.message()}; }
    return {};
}

int serve(FrontOptions& options) {
    const auto lock = ProcessLock::acquire(options.data_dir + "/run/httpfront.lock");
    if (!lock) { return daemon::report(kName, lock.error()); }
    auto stores = Stores::open(options.data_dir);
    if (!stores) { return daemon::report(kName, stores.error()); }
    const auto accounts = start_accounts(options);
    if (!accounts) { return daemon::report(kName, accounts.error()); }
    const auto keys = IdempotencyKeys::open(options.data_dir);
    if (!keys) { return daemon::report(kName, keys.error()); }
    const auto uploads = OpenUploads::open(options.data_dir, (*stores)->blobs());
    if (!uploads) { return daemon::report(kName, uploads.error()); }
    auto server = Server::listen(
        {options.listen, static_cast<std::uint16_t>(options.port), options.threads, 2 * options.threads});
    if (!server) { return daemon::report(kName, server.error()); }
    auto submitter =
        Submitter::open({.intake = options.intake, .control = options.control, .events = options.events});
    if (!submitter) { return daemon::report(kName, submitter.error()); }
    auto hub = EventHub::open(options.events, options.output, **stores);
    if (!hub) { return daemon::report(kName, hub.error()); }
    Front front{options,
                **stores,
                *submitter,
                **hub,
                *keys,
                **uploads,
                HostPolicy(options.listen, options.allow_host),
                Pages(find_pages(options.web)),
                accounts->directory.get(),
                accounts->mode};
    const Site site{lane_of, [&](const Request& request, Body& body) { return route(front, request, body); },
                    [&](std::unique_ptr<Connection> connection, const EventStream& stream) {
                        (*hub)->adopt(std::move(connection), stream);
                    }};

    const bool v6 = options.listen.find(':') != std::string::npos;
    const std::string url = "http://" + (v6 ? "[" + options.listen + "]" : options.listen) + ":" +
                            std::to_string((*server)->port()) + "/";
    const std::string url_path = options.data_dir + "/run/url";
    if (const auto written = write_url(url_path, url); !written) {
        return daemon::report(kName, written.error());
    }
    if (const auto offered = offer_set_up(*accounts, options, url); !offered) {
        return daemon::report(kName, offered.error());
    }
    log::info("serving " + url);
    const int code = daemon::run_until_signal([&] { return (*server)->run(site); },
                                              [&] {
                                                  (*hub)->close();
                                                  (*server)->stop();
                                              });
    std::remove(url_path.c_str());
    return code;
}

}  // namespace

// An exception that passes here is a bug, and ends the process.
// NOLINTNEXTLINE(bugprone-exception-escape): of Poco's headers
int main(int argc, char** argv) {
    daemon::hold_signals();
    FrontOptions options;
    daemon::Options program(kName, "Serves the lab's pages and the HTTP API.");
    daemon::declare(program, options);
    if (const auto code = program.parse(argc, argv)) { return *code; }
    if (const auto listen = check_listen(options); !listen) { return daemon::report(kName, listen.error()); }
    const auto endpoints = daemon::endpoints_in(options.data_dir);
    if (!endpoints) { return daemon::report(kName, endpoints.error()); }
    if (options.intake.empty()) { options.intake = endpoints->intake; }
    if (options.control.empty()) { options.control = endpoints->control; }
    if (options.events.empty()) { options.events = endpoints->events; }
    if (options.output.empty()) { options.output = endpoints->output; }
    return serve(options);
}
