#include "http/channel.hpp"

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <cerrno>

namespace nias::httpfront {
namespace {

std::optional<std::size_t> result_of(ssize_t count) {
    if (count >= 0) { return static_cast<std::size_t>(count); }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) { return std::nullopt; }
    return 0;
}

class PlainChannel final : public Channel {
public:
    explicit PlainChannel(const Poco::Net::StreamSocket& socket)
        : socket_(socket), descriptor_(socket.impl()->sockfd()) {}

    Shake shake() override { return Shake::done; }
    std::optional<std::size_t> receive_now(std::span<char> into) override {
        waits_for_ = POLLIN;
        return result_of(::recv(descriptor_, into.data(), into.size(), 0));
    }
    std::optional<std::size_t> send_now(std::string_view data) override {
        waits_for_ = POLLOUT;
        return result_of(::send(descriptor_, data.data(), data.size(), MSG_NOSIGNAL));
    }
    std::optional<std::size_t> send_file_now(int file, std::uint64_t offset, std::size_t count) override {
        waits_for_ = POLLOUT;
        auto at = static_cast<off_t>(offset);
        return result_of(::sendfile(descriptor_, file, &at, count));
    }
    [[nodiscard]] bool can_send_files() const override { return true; }
    [[nodiscard]] bool pending() const override { return false; }
    [[nodiscard]] short waits_for() const override { return waits_for_; }
    [[nodiscard]] bool secure() const override { return false; }
    void end_sending() override { ::shutdown(descriptor_, SHUT_WR); }

private:
    Poco::Net::StreamSocket socket_;
    int descriptor_;
    short waits_for_ = POLLIN;
};

}  // namespace

std::unique_ptr<Channel> plain_channel(const Poco::Net::StreamSocket& socket) {
    return std::make_unique<PlainChannel>(socket);
}

}  // namespace nias::httpfront
