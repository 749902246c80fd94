#include "accounts/proxy.hpp"

#include <Poco/Net/IPAddress.h>

#include <algorithm>
#include <vector>

namespace nias::httpfront {
namespace {

constexpr std::size_t kIdBytesMax = 64;

/// An address in the one form in which Poco writes it; empty for what is none.
std::string written_alike(std::string_view text) {
    Poco::Net::IPAddress address;
    if (!Poco::Net::IPAddress::tryParse(std::string(trim(text)), address)) { return {}; }
    constexpr std::string_view kMapped = "::ffff:";
    const std::string written = address.toString();
    const bool is_mapped = written.starts_with(kMapped) && written.find('.') != std::string::npos;
    return is_mapped ? written.substr(kMapped.size()) : written;
}

/// The values of every field of this name. A proxy that adds its own to what the browser sent adds it last.
std::vector<std::string_view> values_of(const Request& request, const std::string& lower_name) {
    std::vector<std::string_view> values;
    for (const auto& [name, value] : request.fields) {
        if (name == lower_name) { values.push_back(value); }
    }
    return values;
}

/// The last entry of a list is the one that the proxy itself wrote: those before it are the browser's word.
std::string_view last_of(const Request& request, const std::string& lower_name) {
    const auto values = values_of(request, lower_name);
    if (values.empty()) { return {}; }
    return trim(values.back().substr(values.back().rfind(',') + 1));
}

/// A short word stands in no log as anything else.
bool is_word(std::string_view text) {
    return !text.empty() && text.size() <= kIdBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '_' || c == '.';
    });
}

}  // namespace

Result<TrustedProxy> TrustedProxy::make(const std::string& address, const std::string& user_header) {
    TrustedProxy proxy;
    proxy.user_header_ = lower(user_header);
    if (address.empty() && user_header.empty()) { return proxy; }
    if (address.empty()) {
        return Error{ErrorCode::invalid,
                     "--trust-user-header " + user_header +
                         " would let everybody say who they are: name the proxy's address "
                         "with --trusted-proxy too"};
    }
    proxy.address_ = written_alike(address);
    if (proxy.address_.empty()) {
        return Error{ErrorCode::invalid,
                     "--trusted-proxy " + address + " is no address: give one, such as 127.0.0.1"};
    }
    if (proxy.user_header_ == "authorization" || proxy.user_header_ == "cookie" ||
        proxy.user_header_ == "host") {
        return Error{ErrorCode::invalid,
                     "--trust-user-header " + user_header +
                         " has a meaning of its own: choose a name such as X-Remote-User"};
    }
    return proxy;
}

bool TrustedProxy::sent(const Request& request) const {
    return is_there() && written_alike(request.peer) == address_;
}

void TrustedProxy::believe(Request& request) const {
    if (!sent(request)) { return; }
    if (const std::string last = written_alike(last_of(request, "x-forwarded-for")); !last.empty()) {
        request.client = last;
    }
    const std::string scheme = lower(last_of(request, "x-forwarded-proto"));
    if (scheme == "https" || scheme == "http") { request.secure = scheme == "https"; }
    if (const auto host = last_of(request, "x-forwarded-host"); is_host(host)) { request.host = lower(host); }
    if (const auto id = request.field("x-request-id"); id && is_word(*id)) { request.id = *id; }
}

std::optional<std::string> TrustedProxy::user_of(const Request& request) const {
    if (user_header_.empty() || !sent(request)) { return std::nullopt; }
    const auto names = values_of(request, user_header_);
    // Two of them: the proxy let the browser's own through, and which is whose cannot be told.
    if (names.size() != 1 || trim(names.front()).empty()) { return std::nullopt; }
    return lower(trim(names.front()));
}

}  // namespace nias::httpfront
