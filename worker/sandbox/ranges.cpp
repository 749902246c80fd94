#include "worker/sandbox/ranges.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/numbers.hpp"

namespace nias::worker {
namespace {

constexpr std::uint32_t address_of(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    return (a << 24U) | (b << 16U) | (c << 8U) | d;
}

/// Everything that no host of the internet has.
constexpr std::array kClosed{
    Cidr{address_of(0, 0, 0, 0), 8},       // this network
    Cidr{address_of(10, 0, 0, 0), 8},      // private
    Cidr{address_of(100, 64, 0, 0), 10},   // private, behind a provider's translation
    Cidr{address_of(127, 0, 0, 0), 8},     // loopback
    Cidr{address_of(169, 254, 0, 0), 16},  // link-local, with the metadata of cloud machines
    Cidr{address_of(172, 16, 0, 0), 12},   // private
    Cidr{address_of(192, 0, 0, 0), 24},    // protocols
    Cidr{address_of(192, 168, 0, 0), 16},  // private
    Cidr{address_of(198, 18, 0, 0), 15},   // benchmarks; the job's own network is a part of it
    Cidr{address_of(224, 0, 0, 0), 4},     // groups
    Cidr{address_of(240, 0, 0, 0), 4},     // reserved, and everybody
};

std::uint32_t mask_of(int bits) { return bits == 0 ? 0 : ~0U << (32 - bits); }

}  // namespace

bool Cidr::contains(const Cidr& other) const {
    return bits <= other.bits && (other.address & mask_of(bits)) == address;
}

Result<Cidr> parse_cidr(std::string_view text) {
    const auto invalid = [&](const std::string& words) {
        return Error{ErrorCode::invalid, std::string(text) + ": " + words};
    };
    const std::size_t slash = std::min(text.find('/'), text.size());
    Cidr out;
    in_addr address{};
    if (::inet_pton(AF_INET, std::string(text.substr(0, slash)).c_str(), &address) != 1) {
        return invalid("write an IPv4 address or range, like 10.1.0.0/16");
    }
    out.address = ntohl(address.s_addr);
    if (slash < text.size()) {
        out.bits = whole_number<int>(text.substr(slash + 1)).value_or(-1);
        if (out.bits < 0 || out.bits > 32) { return invalid("the length of a range is 0 to 32"); }
    }
    if ((out.address & ~mask_of(out.bits)) != 0) { return invalid("it has bits past its length"); }
    return out;
}

std::vector<Route> routes_of_job(const std::vector<std::uint32_t>& own, const std::vector<Cidr>& allowed) {
    std::vector<Route> out;
    for (const Cidr& range : kClosed) {
        const bool opened = std::any_of(allowed.begin(), allowed.end(),
                                        [&](const Cidr& open) { return open.contains(range); });
        if (!opened) { out.push_back({range, false}); }
    }
    for (const Cidr& open : allowed) {
        const bool inside = std::any_of(kClosed.begin(), kClosed.end(), [&](const Cidr& range) {
            return range != open && range.contains(open);
        });
        if (inside) { out.push_back({open, true}); }
    }
    for (const std::uint32_t address : own) {
        const Cidr host{address, 32};
        if (std::find(allowed.begin(), allowed.end(), host) == allowed.end()) {
            out.push_back({host, false});
        }
    }
    return out;
}

}  // namespace nias::worker
