#include "worker/sandbox/internet.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "worker/host/user_switch.hpp"
#include "worker/sandbox/network_namespace.hpp"

namespace nias::worker {
namespace {

constexpr std::array kPlaces{"/usr/bin/slirp4netns", "/usr/local/bin/slirp4netns"};
// A part of the range for benchmarks, which labs do not use for machines.
constexpr auto kNetwork = "198.18.77.0/24";
// The machine of a job is 198.18.77.100, its gateway 198.18.77.2: slirp4netns counts so in its network.
constexpr Link kLink{"internet", 0xC612'4D64, 0xFFFF'FF00, 0xC612'4D02, 65'520};
constexpr auto kNameServer = "198.18.77.3";
constexpr int kReadyMs = 10'000;

/// The addresses of this machine, as they are at the moment.
std::vector<std::uint32_t> own_addresses() {
    ifaddrs* all = nullptr;
    std::vector<std::uint32_t> out;
    if (::getifaddrs(&all) != 0) { return out; }
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(all, &::freeifaddrs);
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) { continue; }
        sockaddr_in address{};
        std::memcpy(&address, one->ifa_addr, sizeof address);
        out.push_back(ntohl(address.sin_addr.s_addr));
    }
    return out;
}

/// Why the users of jobs may not make a link of their own, if so.
Status tun_can_be_opened() {
    const std::string tun = kTunDevice;
    if (::access(tun.c_str(), F_OK) != 0) {
        return Error{ErrorCode::unavailable, tun + " is not there; «modprobe tun» brings it"};
    }
    if (::geteuid() == 0) { return can_make_tun(); }
    if (::access(tun.c_str(), R_OK | W_OK) == 0) { return {}; }
    return Error{ErrorCode::unavailable, tun + " is not open to everybody, as udev makes it; chmod 0666 it"};
}

}  // namespace

Result<Internet> Internet::find(std::vector<Cidr> allowed) {
    for (const char* place : kPlaces) {
        if (::access(place, X_OK) != 0) { continue; }
        if (auto open = tun_can_be_opened(); !open) { return open.error(); }
        return Internet(place, std::move(allowed));
    }
    return Error{ErrorCode::unavailable, "slirp4netns is not installed"};
}

std::string Internet::resolv_conf() { return std::string("nameserver ") + kNameServer + "\n"; }

Result<Process> Internet::connect(pid_t first, const std::optional<JobUser>& user) const {
    const auto network = NetworkNamespace::of(first);
    if (!network) { return network.error(); }
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
        return Error{ErrorCode::unavailable, std::string("no pipe: ") + std::strerror(errno)};
    }
    const Descriptor ready(pipe[0]);
    Descriptor tells(pipe[1]);
    const auto path = [](int number) { return "/proc/self/fd/" + std::to_string(number); };
    Spawn spawn;
    // Without --configure: it would bring the loopback up too, and bubblewrap, which does so at the same
    // time, fails on an address that is there.
    spawn.argv = {program_,
                  "--ready-fd=" + std::to_string(tells.get()),
                  "--mtu=" + std::to_string(kLink.mtu),
                  std::string("--cidr=") + kNetwork,
                  "--disable-host-loopback",
                  "--enable-seccomp",
                  "--netns-type=path",
                  "--userns-path=" + path(network->owner()),
                  path(network->descriptor()),
                  kLink.name};
    spawn.inherit = {tells.get(), network->owner(), network->descriptor()};
    spawn.user = user;
    spawn.tun = user.has_value();
    spawn.beside_others = true;
    auto process = Process::spawn(spawn);
    if (!process) { return process.error(); }
    tells.reset();
    char byte = 0;
    if (!wait_readable(ready.get(), kReadyMs) || ::read(ready.get(), &byte, 1) != 1) {
        return Error{ErrorCode::unavailable, "slirp4netns did not connect the job to the internet"};
    }
    if (auto set = network->set_up(kLink, routes_of_job(own_addresses(), allowed_)); !set) {
        return set.error();
    }
    return process;
}

}  // namespace nias::worker
