#include "net/address.hpp"

#include <algorithm>
#include <filesystem>

#include <nias/endpoints.hpp>

#include "base/numbers.hpp"

namespace nias::net {
namespace {

constexpr std::string_view kTcp = "tcp://";
constexpr std::size_t kIpcPathMax = 107;  // sockaddr_un
constexpr std::size_t kHostMax = 253;     // longest name in the DNS

constexpr std::string_view kOfHosts = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_*";

bool only(std::string_view text, std::string_view letters) {
    return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

bool is_host(std::string_view host) {
    if (host.size() > kHostMax) { return false; }
    if (host.starts_with('[') && host.ends_with(']')) {
        return only(host.substr(1, host.size() - 2), std::string(kOfHosts) + ":%");
    }
    return only(host, kOfHosts);
}

}  // namespace

std::optional<TcpAddress> parse_tcp(std::string_view endpoint) {
    if (!endpoint.starts_with(kTcp)) { return std::nullopt; }
    endpoint.remove_prefix(kTcp.size());
    const std::size_t colon = endpoint.rfind(':');
    if (colon == std::string_view::npos || !is_host(endpoint.substr(0, colon))) { return std::nullopt; }
    const std::string_view port = endpoint.substr(colon + 1);
    TcpAddress out{std::string(endpoint.substr(0, colon)), 0};
    const auto number = whole_number<std::uint16_t>(port);
    if (!number) { return std::nullopt; }
    out.port = *number;
    return out;
}

// A name like 127.example.org is no address, and may lead anywhere.
bool is_loopback(std::string_view host) {
    if (host == "localhost" || host == "[::1]") { return true; }
    return host.starts_with("127.") && only(host, "0123456789.") &&
           std::count(host.begin(), host.end(), '.') == 3;
}

bool leaves_host(std::string_view endpoint) {
    if (!endpoint.starts_with(kTcp)) { return false; }
    const auto address = parse_tcp(endpoint);
    return !address || !is_loopback(address->host);
}

Status judge(const std::string& endpoint, bool has_keys) {
    if (endpoint.starts_with("inproc://")) { return {}; }
    if (endpoint.starts_with("ipc://")) {
        if (endpoint.size() - 6 <= kIpcPathMax) { return {}; }
        return Error{
            ErrorCode::invalid,
            endpoint +
                " is longer than the 107 bytes of a local socket's path: choose a shorter --data directory"};
    }
    if (!parse_tcp(endpoint)) {
        return Error{ErrorCode::invalid,
                     "\"" + endpoint + "\" is not an address: use tcp://127.0.0.1:PORT or ipc://PATH"};
    }
    if (has_keys || !leaves_host(endpoint)) { return {}; }
    return Error{ErrorCode::invalid, endpoint +
                                         " leaves this host, and nothing leaves it unencrypted: give keys "
                                         "(nias enroll makes them), or use a loopback or ipc:// address"};
}

}  // namespace nias::net

namespace nias {
inline namespace v1 {

Endpoints Endpoints::in(const std::string& data_dir) {
    const std::string base =
        "ipc://" + std::filesystem::absolute(data_dir + "/run").lexically_normal().string() + "/";
    return {.intake = base + "intake",
            .control = base + "control",
            .events = base + "events",
            .outcomes = base + "outcomes",
            .bulk = base + "bulk",
            .output = base + "output"};
}

Result<Endpoints> Endpoints::at(const std::string& machine) {
    std::string base = machine.starts_with("tcp://") ? machine : "tcp://" + machine;
    const std::size_t bracket = base.rfind(']');
    const std::size_t colon = base.rfind(':');
    const bool has_port = bracket == std::string::npos ? colon > std::string("tcp").size() : colon > bracket;
    if (!has_port) { base += ":" + std::to_string(kBasePort); }
    const auto first = net::parse_tcp(base);
    if (!first) {
        return Error{ErrorCode::invalid,
                     "\"" + machine + "\" is not the address of a machine: use HOST or HOST:PORT"};
    }
    if (first->port == 0 || first->port > 65530) {
        return Error{ErrorCode::invalid,
                     "\"" + machine + "\" has no six ports in a row: use a PORT from 1 to 65530"};
    }
    const auto port = [&](int offset) {
        return "tcp://" + first->host + ":" + std::to_string(first->port + offset);
    };
    return Endpoints{.intake = port(0),
                     .control = port(1),
                     .events = port(2),
                     .outcomes = port(3),
                     .bulk = port(4),
                     .output = port(5)};
}

}  // namespace v1

namespace net {

std::uint16_t port_of(const std::string& endpoint) {
    const std::size_t colon = endpoint.rfind(':');
    if (colon == std::string::npos) { return 0; }
    return whole_number<std::uint16_t>(std::string_view(endpoint).substr(colon + 1)).value_or(0);
}

}  // namespace net
}  // namespace nias
