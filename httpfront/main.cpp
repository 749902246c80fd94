// nias-httpfront: options, lock, wiring. Requests are read in http/ and answered in api/.
#include <Poco/Environment.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/NetworkInterface.h>
#include <sys/resource.h>
#include <nias/submitter.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "accounts/start.hpp"
#include "api/routes.hpp"
#include "base/host/process_lock.hpp"
#include "base/log.hpp"
#include "daemon/program.hpp"
#include "http/secure/certificate.hpp"
#include "service/retention.hpp"

namespace {

using namespace nias;
using namespace nias::httpfront;
constexpr auto kName = "nias-httpfront";

bool is_loopback(const FrontOptions& options) { return Poco::Net::IPAddress(options.listen).isLoopback(); }

Status check(const FrontOptions& options) {
    Poco::Net::IPAddress address;
    if (!Poco::Net::IPAddress::tryParse(options.listen, address)) {
        return Error{ErrorCode::invalid,
                     "--listen " + options.listen + ": give an address, such as 127.0.0.1"};
    }
    if (options.tls_cert.empty() != options.tls_key.empty()) {
        return Error{ErrorCode::invalid, "--tls-cert and --tls-key go together: give both, or neither"};
    }
    return {};
}

/// The names by which people may reach this server: its own, its addresses, those that were allowed.
std::vector<std::string> names_of(const FrontOptions& options) {
    constexpr std::size_t kNamesMax = 100;
    std::vector<std::string> names{"localhost", "127.0.0.1", "::1", Poco::Environment::nodeName()};
    for (const auto& [index, interface] : Poco::Net::NetworkInterface::map(true, true)) {
        for (const auto& address : interface.addressList()) {
            const auto& host = address.get<Poco::Net::NetworkInterface::IP_ADDRESS>();
            if (!host.isLoopback() && !host.isLinkLocal()) { names.push_back(host.toString()); }
        }
    }
    for (const std::string& name : options.allow_host) { names.push_back(name.substr(0, name.rfind(':'))); }
    if (names.size() > kNamesMax) { names.resize(kNamesMax); }
    return names;
}

/// A lab that opens its server to its network calls it by its machine's name.
std::vector<std::string> allowed_hosts(const FrontOptions& options) {
    std::vector<std::string> hosts = options.allow_host;
    if (!is_loopback(options)) { hosts.push_back(Poco::Environment::nodeName()); }
    return hosts;
}

/// Each connection and each stored file that is read holds a descriptor.
void raise_descriptors() {
    struct rlimit limit {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) { return; }
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4 * kConnectionsMax);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) { log::warn("the number of open files stays as it is"); }
}

/// With the certificate that was given, or with one of our own where bytes leave the host. Null: in clear.
Result<std::unique_ptr<Tls>> open_tls(const FrontOptions& options) {
    if (!options.tls_cert.empty()) { return Tls::open({options.tls_cert, options.tls_key}); }
    if (is_loopback(options) || options.insecure_http) { return std::unique_ptr<Tls>(); }
    const std::string folder = options.data_dir + "/tls";
    if (const auto made = ensure_self_signed(folder, names_of(options)); !made) { return made.error(); }
    return Tls::open({folder + "/certificate.pem", folder + "/key.pem"});
}

void reload(Tls* tls) {
    if (tls == nullptr) { return log::info("SIGHUP: there is no certificate to read again"); }
    if (const auto read = tls->reload(); !read) {
        return log::error("the certificate is used as it was read before: " + read.error().message);
    }
    log::info("the certificate was read again; its fingerprint is " + tls->fingerprint());
}

/// Where a person finds the pages. An address that stands for all of them is no place to go to.
std::string url_of(const FrontOptions& options, std::uint16_t port, bool secure) {
    const bool everywhere = Poco::Net::IPAddress(options.listen).isWildcard();
    const std::string host = everywhere ? Poco::Environment::nodeName() : options.listen;
    return (secure ? "https://" : "http://") +
           (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port) + "/";
}

Status write_line(const std::string& path, const std::string& line) {
    const std::string temporary = path + ".new";
    std::ofstream(temporary) << line << '\n';
    std::error_code error;
    std::filesystem::rename(temporary, path, error);
    if (error) { return Error{ErrorCode::unavailable, path + " cannot be written: " + error.message()}; }
    return {};
}

/// Serves until a signal. What people need to come here is in `run/` meanwhile.
int serve_site(const FrontOptions& options, const std::string& url, Server& server, const Site& site,
               Tls* tls, EventHub& hub) {
    const std::string url_path = options.data_dir + "/run/url";
    const std::string fingerprint_path = options.data_dir + "/run/fingerprint";
    std::remove(fingerprint_path.c_str());  // left by a server that did not end in order
    auto written = write_line(url_path, url);
    if (written && tls != nullptr) { written = write_line(fingerprint_path, tls->fingerprint()); }
    if (!written) { return daemon::report(kName, written.error()); }
    log::info("serving " + url);
    if (tls != nullptr) { log::info("the certificate has the SHA-256 fingerprint " + tls->fingerprint()); }
    const int code = daemon::run_until_signal([&] { return server.run(site); },
                                              [&] {
                                                  hub.close();
                                                  server.stop();
                                              },
                                              [&] { reload(tls); });
    std::remove(url_path.c_str());
    std::remove(fingerprint_path.c_str());
    return code;
}

/// Arrays that the last life of the front left half sent go on at once.
Result<std::unique_ptr<service::GroupSender>> open_groups(const FrontOptions& options) {
    auto unsent = service::UnsentGroups::open(options.data_dir);
    if (!unsent) { return unsent.error(); }
    auto groups = service::GroupSender::open(
        {.intake = options.intake, .control = options.control, .events = options.events}, std::move(*unsent));
    if (!groups) { return groups.error(); }
    if (const auto resumed = (*groups)->resume(); !resumed) { return resumed.error(); }
    return groups;
}

Result<std::unique_ptr<Notifier>> open_notifier(const FrontOptions& options, Stores& stores) {
    NotifierOptions made{.data_dir = options.data_dir, .events = options.events};
    for (const std::string& text : options.notice_network) {
        const auto network = parse_network(text);
        if (!network) { return Error{ErrorCode::invalid, "--notice-network " + network.error().message}; }
        made.networks.push_back(*network);
    }
    auto mail = parse_mail_server(options.smtp, options.smtp_from, options.smtp_login);
    if (!mail) { return mail.error(); }
    made.mail = std::move(*mail);
    return Notifier::open(made, stores);
}

int serve(FrontOptions& options) {
    raise_descriptors();
    const auto lock = ProcessLock::acquire(options.data_dir + "/run/httpfront.lock");
    if (!lock) { return daemon::report(kName, lock.error()); }
    auto stores = Stores::open(options.data_dir);
    if (!stores) { return daemon::report(kName, stores.error()); }
    const std::chrono::milliseconds keep = std::chrono::hours(24 * options.keep_days);
    (*stores)->keep_for(keep.count());
    const auto accounts = start_accounts(options);
    if (!accounts) { return daemon::report(kName, accounts.error()); }
    const auto keys = IdempotencyKeys::open(options.data_dir);
    if (!keys) { return daemon::report(kName, keys.error()); }
    const auto uploads = OpenUploads::open(options.data_dir, (*stores)->blobs());
    if (!uploads) { return daemon::report(kName, uploads.error()); }
    const auto tls = open_tls(options);
    if (!tls) { return daemon::report(kName, tls.error()); }
    auto server = Server::listen({options.listen, static_cast<std::uint16_t>(options.port), options.threads,
                                  options.threads, tls->get(), accounts->proxy.address(),
                                  options.insecure_http || is_loopback(options)});
    if (!server) { return daemon::report(kName, server.error()); }
    auto submitter =
        Submitter::open({.intake = options.intake, .control = options.control, .events = options.events});
    if (!submitter) { return daemon::report(kName, submitter.error()); }
    const auto groups = open_groups(options);
    if (!groups) { return daemon::report(kName, groups.error()); }
    Metrics metrics;
    auto hub = EventHub::open(options.events, options.output, **stores,
                              [&](const TaskEvent& end) { metrics.ended(times_of(end)); });
    if (!hub) { return daemon::report(kName, hub.error()); }
    const auto notifier = open_notifier(options, **stores);
    if (!notifier) { return daemon::report(kName, notifier.error()); }
    const auto history = QueueHistory::open(options.data_dir, **stores);
    MachineRoll machines([&] {
        constexpr std::chrono::seconds kPatience(2);
        return service::list_workers(options.control, true, kPatience);
    });
    Front front{options,
                **stores,
                *submitter,
                **groups,
                **hub,
                *keys,
                **uploads,
                HostPolicy(options.listen, allowed_hosts(options)),
                Pages(find_pages(options.web)),
                accounts->directory.get(),
                accounts->mode,
                metrics,
                **notifier,
                machines,
                *history};
    const Site site{[&](Request& request) { accounts->proxy.believe(request); }, lane_of,
                    [&](const Request& request, Body& body) { return route(front, request, body); },
                    [&](std::unique_ptr<Connection> connection, const EventStream& stream) {
                        (*hub)->adopt(std::move(connection), stream);
                    }};

    const std::string url = url_of(options, (*server)->port(), *tls != nullptr);
    if (const auto offered = offer_set_up(*accounts, options, url); !offered) {
        return daemon::report(kName, offered.error());
    }
    std::optional<service::Retention> retention;
    if (options.keep_days > 0) {
        retention.emplace(
            service::Retained{options.data_dir, options.control, static_cast<std::uint32_t>(options.undo_s)},
            keep);
    }
    return serve_site(options, url, **server, site, tls->get(), **hub);
}

}  // namespace

// An exception that passes here is a bug, and ends the process.
// NOLINTNEXTLINE(bugprone-exception-escape): of Poco's headers
int main(int argc, char** argv) {
    daemon::hold_signals(true);
    FrontOptions options;
    daemon::Options program(kName, "Serves the lab's pages and the HTTP API.");
    daemon::declare(program, options);
    if (const auto code = program.parse(argc, argv)) { return *code; }
    if (const auto checked = check(options); !checked) { return daemon::report(kName, checked.error()); }
    const auto endpoints = daemon::endpoints_in(options.data_dir);
    if (!endpoints) { return daemon::report(kName, endpoints.error()); }
    if (options.intake.empty()) { options.intake = endpoints->intake; }
    if (options.control.empty()) { options.control = endpoints->control; }
    if (options.events.empty()) { options.events = endpoints->events; }
    if (options.output.empty()) { options.output = endpoints->output; }
    return serve(options);
}
