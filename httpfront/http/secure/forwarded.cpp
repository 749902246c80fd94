#include "http/secure/forwarded.hpp"

#include <Poco/Net/IPAddress.h>

#include <algorithm>
#include <optional>

namespace nias::httpfront {
namespace {

std::optional<std::string> parse_address(std::string_view text) {
    if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
        text = text.substr(1, text.size() - 2);
    }
    Poco::Net::IPAddress address;
    if (!Poco::Net::IPAddress::tryParse(std::string(text), address)) { return std::nullopt; }
    return address.toString();
}

/// The items of all fields of the name, in order; separated by commas.
std::vector<std::string_view> items_of(const Request& request, std::string_view lower_name) {
    std::vector<std::string_view> items;
    for (const auto& [name, value] : request.fields) {
        if (name != lower_name) { continue; }
        std::string_view rest = value;
        while (true) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            items.push_back(trim(rest.substr(0, comma)));
            if (comma == rest.size()) { break; }
            rest.remove_prefix(comma + 1);
        }
    }
    return items;
}

}  // namespace

Result<Proxies> Proxies::parse(const std::vector<std::string>& addresses) {
    Proxies proxies;
    for (const std::string& text : addresses) {
        auto address = parse_address(text);
        if (!address) {
            return Error{ErrorCode::invalid,
                         "--trusted-proxy " + text + ": give the proxy's address, such as 127.0.0.1"};
        }
        proxies.addresses_.push_back(std::move(*address));
    }
    return proxies;
}

bool Proxies::trusts(const std::string& peer) const {
    return std::find(addresses_.begin(), addresses_.end(), peer) != addresses_.end();
}

void Proxies::apply(Request& request) const {
    if (!trusts(request.peer)) { return; }
    const auto schemes = items_of(request, "x-forwarded-proto");
    if (!schemes.empty()) { request.secure = lower(schemes.back()) == "https"; }
    const auto hops = items_of(request, "x-forwarded-for");
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
        auto address = parse_address(*hop);
        if (!address) { return; }
        request.peer = std::move(*address);
        if (!trusts(request.peer)) { return; }
    }
}

}  // namespace nias::httpfront
