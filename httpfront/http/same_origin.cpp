#include "http/same_origin.hpp"

#include <Poco/Net/IPAddress.h>

#include <algorithm>

namespace nias::httpfront {
namespace {

/// Without the port: «[::1]:8080» is «[::1]».
std::string name_of(const std::string& host) {
    if (host.front() == '[') { return host.substr(0, host.find(']') + 1); }
    return host.substr(0, host.find(':'));
}

/// The host without a port that is the scheme's own: what a browser leaves out and a proxy may add.
std::string without_default_port(std::string host, std::string_view scheme) {
    const std::string_view port = scheme == "https" ? ":443" : scheme == "http" ? ":80" : "";
    if (!port.empty() && host.ends_with(port)) { host.resize(host.size() - port.size()); }
    return host;
}

bool is_address(std::string name) {
    if (name.size() > 2 && name.front() == '[') { name = name.substr(1, name.size() - 2); }
    Poco::Net::IPAddress address;
    return Poco::Net::IPAddress::tryParse(name, address);
}

}  // namespace

HostPolicy::HostPolicy(const std::string& listen, std::vector<std::string> allowed)
    : names_(std::move(allowed)) {
    for (std::string& name : names_) { name = lower(name); }
    const std::string own = listen.find(':') == std::string::npos ? listen : "[" + listen + "]";
    names_.insert(names_.end(), {"localhost", "127.0.0.1", "[::1]", own});
    any_address_ = listen == "0.0.0.0" || listen == "::";
}

std::optional<Problem> HostPolicy::check_host(const Request& request) const {
    const std::string name = name_of(request.host);
    const bool known = std::any_of(names_.begin(), names_.end(), [&](const std::string& allowed) {
        return allowed == request.host || allowed == name;
    });
    if (known || (any_address_ && is_address(name))) { return std::nullopt; }
    return Problem{.status = 421,
                   .code = "wrong_host",
                   .detail = "this server does not answer to the name " + request.host +
                             ": the administrator can allow it with --allow-host"};
}

std::optional<Problem> check_same_origin(const Request& request) {
    const Problem refused{
        .status = 403,
        .code = "cross_origin",
        .detail = "another web site asked for this change, and only the pages of this server may"};
    if (const auto site = request.field("sec-fetch-site");
        site && *site != "same-origin" && *site != "none") {
        return refused;
    }
    const auto origin = request.field("origin");
    if (!origin) { return std::nullopt; }
    const std::string text = lower(*origin);
    const std::size_t scheme = text.find("://");
    if (scheme == std::string::npos) { return refused; }
    // A page that came in clear may be anybody's, also under our name.
    if (request.secure && !text.starts_with("https://")) { return refused; }
    const auto bare = [&](const std::string& host) {
        return without_default_port(host, std::string_view(text).substr(0, scheme));
    };
    if (bare(text.substr(scheme + 3)) != bare(request.host)) { return refused; }
    return std::nullopt;
}

}  // namespace nias::httpfront
