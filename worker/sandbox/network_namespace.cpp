#include "worker/sandbox/network_namespace.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace nias::worker {
namespace {

/// A request for one route, in the kernel's form. One that does not lead out has no gateway.
struct Request {
    nlmsghdr head;
    rtmsg route;
    rtattr to_head;
    std::uint32_t to;
    rtattr by_head;
    std::uint32_t by;
};

Request request_for(const Route& route, std::uint32_t gateway) {
    constexpr unsigned short kAttribute = RTA_LENGTH(sizeof(std::uint32_t));
    Request out{};
    out.head.nlmsg_len = static_cast<std::uint32_t>(route.open ? sizeof out : offsetof(Request, by_head));
    out.head.nlmsg_type = RTM_NEWROUTE;
    out.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
    out.route.rtm_family = AF_INET;
    out.route.rtm_dst_len = static_cast<unsigned char>(route.to.bits);
    out.route.rtm_table = RT_TABLE_MAIN;
    out.route.rtm_protocol = RTPROT_STATIC;
    out.route.rtm_scope = RT_SCOPE_UNIVERSE;
    out.route.rtm_type = route.open ? RTN_UNICAST : RTN_UNREACHABLE;
    out.to_head = {kAttribute, RTA_DST};
    out.to = htonl(route.to.address);
    out.by_head = {kAttribute, RTA_GATEWAY};
    out.by = htonl(gateway);
    return out;
}

/// 0, or what the kernel says against the route.
int ask(int socket, const Request& request) {
    if (::send(socket, &request, request.head.nlmsg_len, 0) < 0) { return errno; }
    struct {
        nlmsghdr head;
        nlmsgerr answer;
        std::array<char, 512> rest;
    } told{};
    if (::recv(socket, &told, sizeof told, 0) < 0) { return errno; }
    return told.head.nlmsg_type == NLMSG_ERROR ? -told.answer.error : EPROTO;
}

void put(sockaddr& where, std::uint32_t address) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(address);
    std::memcpy(&where, &out, sizeof where);
}

/// The kernel would give the link an IPv6 address of its own, and routes beside it, although slirp4netns
/// carries no IPv6. Where /proc/sys cannot be written it does so, and nobody answers there.
void turn_ipv6_off(const Link& link) {
    std::array<char, 128> path{};
    char* end = path.data();
    for (const std::string_view part : {std::string_view("/proc/sys/net/ipv6/conf/"),
                                        std::string_view(link.name), std::string_view("/disable_ipv6")}) {
        end = std::copy(part.begin(), part.end(), end);
    }
    const int file = ::open(path.data(), O_WRONLY | O_CLOEXEC);
    if (file < 0) { return; }
    (void)!::write(file, "1", 1);
    ::close(file);
}

/// 0, or why the link is not up (netdevice(7)).
int bring_up(const Link& link) {
    turn_ipv6_off(link);
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) { return errno; }
    ifreq request{};
    std::memcpy(request.ifr_name, link.name, std::min(std::strlen(link.name), sizeof request.ifr_name - 1));
    put(request.ifr_addr, link.address);
    if (::ioctl(socket, SIOCSIFADDR, &request) != 0) { return errno; }
    put(request.ifr_netmask, link.mask);
    if (::ioctl(socket, SIOCSIFNETMASK, &request) != 0) { return errno; }
    request.ifr_mtu = link.mtu;
    if (::ioctl(socket, SIOCSIFMTU, &request) != 0) { return errno; }
    request.ifr_flags = IFF_UP;
    return ::ioctl(socket, SIOCSIFFLAGS, &request) == 0 ? 0 : errno;
}

/// In a child that is forked for it, since a process of several threads cannot enter a user namespace: only
/// calls that are safe in a signal handler.
int set_up_inside(int owner, int network, const Link& link, const std::vector<Request>& requests) {
    if (::setns(owner, CLONE_NEWUSER) != 0 || ::setns(network, CLONE_NEWNET) != 0) { return errno; }
    if (const int error = bring_up(link); error != 0) { return error; }
    const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (socket < 0) { return errno; }
    for (const Request& request : requests) {
        if (const int error = ask(socket, request); error != 0) { return error; }
    }
    return 0;
}

}  // namespace

Result<NetworkNamespace> NetworkNamespace::of(pid_t first) {
    const std::string path = "/proc/" + std::to_string(first) + "/ns/net";
    NetworkNamespace out;
    out.network_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (out.network_) { out.owner_.reset(::ioctl(out.network_.get(), NS_GET_USERNS)); }
    if (!out.owner_) {
        return Error{ErrorCode::unavailable, path + " cannot be opened: " + std::strerror(errno)};
    }
    ::fcntl(out.owner_.get(), F_SETFD, FD_CLOEXEC);
    return out;
}

Status NetworkNamespace::set_up(const Link& link, const std::vector<Route>& routes) const {
    std::vector<Request> requests{request_for({Cidr{0, 0}, true}, link.gateway)};
    for (const Route& route : routes) { requests.push_back(request_for(route, link.gateway)); }
    const pid_t child = ::fork();
    if (child == 0) { ::_exit(set_up_inside(owner_.get(), network_.get(), link, requests)); }
    int status = 0;
    while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) { return {}; }
    const int error = child < 0 ? errno : WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
    return Error{ErrorCode::unavailable,
                 std::string("the job's network cannot be set up: ") + std::strerror(error)};
}

}  // namespace nias::worker
