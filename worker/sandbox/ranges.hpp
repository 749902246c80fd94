/// Which addresses a job with internet may not reach: this machine, the lab's private ranges, link-local
/// ones. Used by options and internet. Values and pure functions; IPv4, which is all that such a job has.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

namespace nias::worker {

/// A range of addresses in the order of the machine: 10.0.0.0/8 is {0x0A000000, 8}.
struct Cidr {
    std::uint32_t address = 0;
    int bits = 32;

    [[nodiscard]] bool contains(const Cidr& other) const;
    friend bool operator==(const Cidr&, const Cidr&) = default;
};

/// Reads `10.1.0.0/16`, or one address. `invalid`: it is none, or has bits set past its length.
[[nodiscard]] Result<Cidr> parse_cidr(std::string_view text);

/// One route of a job's network; the more specific one counts.
struct Route {
    Cidr to;
    bool open = false;  ///< leads out; else the kernel answers that there is no way
    friend bool operator==(const Route&, const Route&) = default;
};

/// The routes beside the default one, where the machine has the addresses `own` and the administrator opened
/// `allowed`. An address of the machine is opened only by its own name, not by a range that it lies in.
[[nodiscard]] std::vector<Route> routes_of_job(const std::vector<std::uint32_t>& own,
                                               const std::vector<Cidr>& allowed);

}  // namespace nias::worker
