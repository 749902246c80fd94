/// Ends TCP connections of this process that libzmq has no call to end: those of a peer that was revoked.
/// Used by service/access; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

namespace nias::net {

/// Ends each connection that came in at one of these ports of this process from one of these addresses
/// (numbers, as libzmq tells them). Peers that are still admitted connect again within a second, and repeat
/// what was on its way. Returns how many it ended.
std::size_t end_connections(const std::set<std::uint16_t>& ports, const std::set<std::string>& addresses);

}  // namespace nias::net
