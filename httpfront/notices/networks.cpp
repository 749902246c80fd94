#include "notices/networks.hpp"

#include <algorithm>
#include <array>

#include "base/numbers.hpp"

namespace nias::httpfront {
namespace {

using Poco::Net::IPAddress;

/// Networks that are no part of the internet at large, or lead elsewhere than they say (RFC 6890).
constexpr std::array<const char*, 24> kClosed{
    "0.0.0.0/8",      "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24",   "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",  "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4",  "240.0.0.0/4",    "::/96",          "64:ff9b::/96",   "64:ff9b:1::/48",
    "100::/64",       "2001::/23",    "2001:db8::/32",  "2002::/16",      "fc00::/7",       "fe80::/9"};

const std::uint8_t* bytes_of(const IPAddress& address) {
    return static_cast<const std::uint8_t*>(address.addr());
}

/// The IPv4 address within ::ffff:a.b.c.d; any other as it is.
IPAddress unmapped(const IPAddress& address) {
    if (address.family() != IPAddress::IPv6 || !address.isIPv4Mapped()) { return address; }
    return IPAddress(bytes_of(address) + 12, 4);
}

}  // namespace

bool Network::holds(const IPAddress& one) const {
    if (one.family() != address.family()) { return false; }
    const std::uint8_t* mine = bytes_of(address);
    const std::uint8_t* its = bytes_of(one);
    for (unsigned bit = 0; bit < bits; ++bit) {
        const unsigned shift = 7 - bit % 8;
        if (((mine[bit / 8] ^ its[bit / 8]) >> shift & 1U) != 0) { return false; }
    }
    return true;
}

Result<Network> parse_network(const std::string& text) {
    const std::size_t slash = text.find('/');
    Network network;
    const std::string address = text.substr(0, slash);
    // The library reads every address but the one that is all zero.
    if (address == "::") {
        network.address = IPAddress(IPAddress::IPv6);
    } else if (!IPAddress::tryParse(address, network.address)) {
        return Error{ErrorCode::invalid, text + " is no network: give one such as 10.0.0.0/8, or an address"};
    }
    const unsigned most = network.address.length() * 8;
    const auto bits =
        slash == std::string::npos ? std::optional(most) : whole_number<unsigned>(text.substr(slash + 1));
    if (!bits || *bits > most) {
        return Error{ErrorCode::invalid,
                     text + " is no network: behind the / stand 0 to " + std::to_string(most) + " bits"};
    }
    network.bits = *bits;
    return network;
}

bool may_be_called(const IPAddress& address, const std::vector<Network>& allowed) {
    const IPAddress one = unmapped(address);
    const auto holds = [&](const Network& network) { return network.holds(one); };
    if (std::any_of(allowed.begin(), allowed.end(), holds)) { return true; }
    if (one.family() == IPAddress::IPv6 && one.isMulticast()) { return false; }
    return std::none_of(kClosed.begin(), kClosed.end(), [&](const char* text) {
        const auto network = parse_network(text);
        return !network || network->holds(one);
    });
}

}  // namespace nias::httpfront
