#include "accounts/proxy.hpp"

#include <Poco/Net/IPAddress.h>

#include <vector>

#include "base/words.hpp"

namespace nias::httpfront {
namespace {

constexpr std::size_t kAgentBytesMax = 200;

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

Visitor TrustedProxy::visitor_of(const Request& request) const {
    Visitor visitor{.address = request.peer, .agent = {}, .secure = request.secure};
    visitor.agent = cut_utf8(request.field("user-agent").value_or(""), kAgentBytesMax);
    if (!sent(request)) { return visitor; }
    // The last entry is the one that the proxy itself wrote: those before it are the browser's word.
    if (const auto passed = values_of(request, "x-forwarded-for"); !passed.empty()) {
        const std::string last = written_alike(passed.back().substr(passed.back().rfind(',') + 1));
        if (!last.empty()) { visitor.address = last; }
    }
    if (const auto schemes = values_of(request, "x-forwarded-proto"); !schemes.empty()) {
        visitor.secure = visitor.secure || lower(trim(schemes.back())) == "https";
    }
    return visitor;
}

std::optional<std::string> TrustedProxy::user_of(const Request& request) const {
    if (user_header_.empty() || !sent(request)) { return std::nullopt; }
    const auto names = values_of(request, user_header_);
    // Two of them: the proxy let the browser's own through, and which is whose cannot be told.
    if (names.size() != 1 || trim(names.front()).empty()) { return std::nullopt; }
    return lower(trim(names.front()));
}

}  // namespace nias::httpfront
