#include "net/connections.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/numbers.hpp"

namespace nias::net {
namespace {

struct End {
    std::string address;
    std::uint16_t port = 0;
};

/// By getsockname or getpeername; without an address: it is no connection over IP.
template <typename Ask>
End end_of(int descriptor, Ask ask) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    auto* const address = reinterpret_cast<sockaddr*>(&storage);
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> port{};
    if (ask(descriptor, address, &length) != 0 ||
        (storage.ss_family != AF_INET && storage.ss_family != AF_INET6) ||
        ::getnameinfo(address, length, host.data(), host.size(), port.data(), port.size(),
                      NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return {};
    }
    End end;
    std::string_view text(host.data());
    constexpr std::string_view kMapped = "::ffff:";
    end.address = text.substr(text.starts_with(kMapped) ? kMapped.size() : 0);
    end.port = whole_number<std::uint16_t>(port.data()).value_or(0);
    return end;
}

}  // namespace

// The descriptor may be closed, and be another's, between the look and the end: then a connection ends that
// its peer makes anew. Nothing is lost by that but the moment.
std::size_t end_connections(const std::set<std::uint16_t>& ports, const std::set<std::string>& addresses) {
    std::size_t ended = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
        const std::string name = entry.path().filename().string();
        const int descriptor = whole_number<int>(name).value_or(-1);
        const End here = end_of(descriptor, ::getsockname);
        if (here.address.empty() || !ports.contains(here.port)) { continue; }
        const End there = end_of(descriptor, ::getpeername);
        if (there.address.empty() || !addresses.contains(there.address)) { continue; }
        ended += ::shutdown(descriptor, SHUT_RDWR) == 0 ? 1U : 0U;
    }
    return ended;
}

}  // namespace nias::net
