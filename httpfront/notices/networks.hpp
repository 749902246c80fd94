/// Which addresses this server may call by itself. A researcher chooses the URL of a webhook, so that without
/// this the server would ask for them whatever only its own network can reach. Pure; any thread.
#pragma once

#include <Poco/Net/IPAddress.h>

#include <string>
#include <vector>

#include <nias/result.hpp>

namespace nias::httpfront {

/// A network, as "10.0.0.0/8" or "fd00::/8".
struct Network {
    Poco::Net::IPAddress address;
    unsigned bits = 0;
    [[nodiscard]] bool holds(const Poco::Net::IPAddress& one) const;
};

/// `invalid`, in words: no address, or more bits than it has.
[[nodiscard]] Result<Network> parse_network(const std::string& text);

/// Whether an address is one of the internet at large, or within a network that the administrator allows. An
/// IPv4 address within an IPv6 one counts as itself.
[[nodiscard]] bool may_be_called(const Poco::Net::IPAddress& address, const std::vector<Network>& allowed);

}  // namespace nias::httpfront
