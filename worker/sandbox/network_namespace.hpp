/// The network namespace of a box, which its job has and the worker sets up. Used by internet.
/// A resource of one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include <nias/result.hpp>

#include "base/host/descriptor.hpp"
#include "worker/sandbox/ranges.hpp"

namespace nias::worker {

/// A link that leads out of a box. Addresses as numbers, the first byte highest.
struct Link {
    const char* name;  ///< at most 15 bytes
    std::uint32_t address;
    std::uint32_t mask;
    std::uint32_t gateway;
    int mtu;  ///< bytes
};

class NetworkNamespace {
public:
    /// Opens the namespace of the box whose first process is `first`.
    static Result<NetworkNamespace> of(pid_t first);

    /// Gives the link its address and brings it up, then adds the routes; what no route closes goes by the
    /// gateway. The link speaks no IPv6. The loopback is bubblewrap's to bring up. The job has no right to
    /// change any of it.
    [[nodiscard]] Status set_up(const Link& link, const std::vector<Route>& routes) const;
    [[nodiscard]] int descriptor() const { return network_.get(); }
    [[nodiscard]] int owner() const { return owner_.get(); }  ///< the user namespace with rights over it

private:
    Descriptor network_, owner_;
};

}  // namespace nias::worker
