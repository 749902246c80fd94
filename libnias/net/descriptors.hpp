/// How many descriptors this process may still open. libzmq ends the program where it finds none, so it is
/// asked before a context or a socket is made. Used by net, and by parts with many descriptors of their own.
#pragma once

#include <string>

#include <nias/result.hpp>

namespace nias::net {

inline constexpr std::size_t kDescriptorsOfAContext = 8;  ///< its threads' queues and polls, and a waker
inline constexpr std::size_t kDescriptorsOfASocket = 8;   ///< its queue, a listener, a monitor, connections

/// `unavailable`: fewer than `needed` are left below the limit (ulimit -n). Another thread may take them
/// between the question and their use: the numbers above leave room for that.
[[nodiscard]] Status has_room(std::size_t needed, const std::string& for_what);

}  // namespace nias::net
