// Connections of a peer that is no longer admitted are ended, and no others.
#include "net/connections.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace nias::net {
namespace {

constexpr int kPatienceMs = 10'000;

/// A descriptor that is closed with it.
class Owned {
public:
    explicit Owned(int descriptor) : descriptor_(descriptor) {}
    ~Owned() { ::close(descriptor_); }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    [[nodiscard]] int get() const { return descriptor_; }

private:
    int descriptor_;
};

sockaddr_in address_of(const char* host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host, &address.sin_addr);
    return address;
}

class Connections : public testing::Test {
protected:
    Connections() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        auto any = address_of("127.0.0.1", 0);
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
        EXPECT_EQ(::listen(listener_.get(), 8), 0);
        socklen_t length = sizeof any;
        EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&any), &length), 0);
        port_ = ntohs(any.sin_port);
    }
    /// Connects from this address of the loopback; the far end is the server's.
    std::pair<std::unique_ptr<Owned>, std::unique_ptr<Owned>> connect_from(const char* host) {
        auto near = std::make_unique<Owned>(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        auto from = address_of(host, 0);
        EXPECT_EQ(::bind(near->get(), reinterpret_cast<sockaddr*>(&from), sizeof from), 0);
        auto to = address_of("127.0.0.1", port_);
        EXPECT_EQ(::connect(near->get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
        auto far = std::make_unique<Owned>(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        EXPECT_GE(far->get(), 0);
        return {std::move(near), std::move(far)};
    }
    /// Whether the other side of it has ended it.
    static bool is_over(const Owned& end, int within_ms) {
        pollfd look{end.get(), POLLIN, 0};
        std::array<char, 1> byte{};
        return ::poll(&look, 1, within_ms) == 1 && ::read(end.get(), byte.data(), byte.size()) <= 0;
    }

    Owned listener_;
    std::uint16_t port_ = 0;
};

TEST_F(Connections, OfAnAddressAreEndedAtThePortsThatAreNamed) {
    const auto revoked = connect_from("127.0.0.2");
    const auto twice = connect_from("127.0.0.2");
    const auto other = connect_from("127.0.0.3");
    EXPECT_EQ(end_connections({port_}, {"127.0.0.2"}), 2U);
    EXPECT_TRUE(is_over(*revoked.first, kPatienceMs));
    EXPECT_TRUE(is_over(*twice.first, kPatienceMs));
    EXPECT_FALSE(is_over(*other.first, 0));
    const char sign = 'x';
    EXPECT_EQ(::write(other.second->get(), &sign, 1), 1) << "it goes on";
}

TEST_F(Connections, AtOtherPortsAndFromOtherAddressesGoOn) {
    const auto lives = connect_from("127.0.0.2");
    EXPECT_EQ(end_connections({static_cast<std::uint16_t>(port_ + 1)}, {"127.0.0.2"}), 0U);
    EXPECT_EQ(end_connections({port_}, {"127.0.0.9", "::1"}), 0U);
    EXPECT_EQ(end_connections({}, {"127.0.0.2"}), 0U);
    EXPECT_EQ(end_connections({port_}, {}), 0U);
    EXPECT_FALSE(is_over(*lives.first, 0));
}

TEST_F(Connections, ThatListenAreNoOnesAndStay) {
    EXPECT_EQ(end_connections({port_}, {"127.0.0.1"}), 0U);
    const auto next = connect_from("127.0.0.2");
    EXPECT_FALSE(is_over(*next.first, 0));
}

}  // namespace
}  // namespace nias::net
