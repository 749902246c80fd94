/// The network namespace of a box, which its job has and the worker sets up. Used by internet.
/// A resource of one thread.
#pragma once

#include <sys/types.h>

#include <vector>

#include <nias/result.hpp>

#include "base/host/descriptor.hpp"
#include "worker/sandbox/ranges.hpp"

namespace nias::worker {

class NetworkNamespace {
public:
    /// Opens the namespace of the box whose first process is `first`.
    static Result<NetworkNamespace> of(pid_t first);

    /// Adds the routes; those that lead out go by `gateway`. The job has no right to change them.
    [[nodiscard]] Status add(const std::vector<Route>& routes, std::uint32_t gateway) const;
    [[nodiscard]] int descriptor() const { return network_.get(); }
    [[nodiscard]] int owner() const { return owner_.get(); }  ///< the user namespace with rights over it

private:
    Descriptor network_, owner_;
};

}  // namespace nias::worker
