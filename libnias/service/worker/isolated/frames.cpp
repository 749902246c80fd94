#include "service/worker/isolated/frames.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

#include "base/words.hpp"
#include "wire/limits.hpp"

namespace nias::service {

Result<std::pair<Descriptor, Descriptor>> Port::pair() {
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return Error{ErrorCode::unavailable,
                     std::string("no connection to a process for the handler: ") + std::strerror(errno)};
    }
    std::pair<Descriptor, Descriptor> out{Descriptor(ends[0]), Descriptor(ends[1])};
    // A frame goes whole or not at all, so that it has to fit. The kernel doubles the number.
    const int room = static_cast<int>(kFrameMax);
    for (const int end : ends) { ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &room, sizeof room); }
    return out;
}

bool send_frame(int socket, FrameKind kind, std::span<const std::uint8_t> first,
                std::span<const std::uint8_t> second, Port::Wait wait) {
    if (1 + first.size() + second.size() > kFrameMax) { return false; }
    // sendmsg() reads what it is given and has no const for it.
    const auto part = [](std::span<const std::uint8_t> bytes) {
        return iovec{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};  // NOLINT(*-const-cast)
    };
    iovec parts[] = {part(bytes_of(kind)), part(first), part(second)};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = std::size(parts);
    const int flags = MSG_NOSIGNAL | (wait == Port::Wait::never ? MSG_DONTWAIT : 0);
    ssize_t sent = 0;
    do { sent = ::sendmsg(socket, &message, flags); } while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

bool Port::send(FrameKind kind, std::span<const std::uint8_t> first, std::span<const std::uint8_t> second,
                Wait wait) const {
    return send_frame(socket_.get(), kind, first, second, wait);
}

Port::Got Port::receive(Frame& into, Wait wait) {
    ssize_t size = 0;
    const int flags = wait == Wait::never ? MSG_DONTWAIT : 0;
    // An end that closes with frames unread is told as ECONNRESET once, before the frames that it had sent.
    do {
        size = ::recv(socket_.get(), buffer_.get(), kFrameMax, flags);
    } while (size < 0 && (errno == EINTR || errno == ECONNRESET));
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) { return Got::nothing; }
    if (size <= 0) { return Got::closed; }
    into.kind = static_cast<FrameKind>(buffer_[0]);
    into.body = {buffer_.get() + 1, static_cast<std::size_t>(size) - 1};
    return Got::frame;
}

bool Port::wait_readable(std::chrono::milliseconds most) const {
    pollfd one{socket_.get(), POLLIN, 0};
    return ::poll(&one, 1, static_cast<int>(most.count())) > 0;
}

Bytes encode(const Status& status) {
    if (status) { return {0}; }
    Bytes out{static_cast<std::uint8_t>(1 + static_cast<int>(status.error().code))};
    const std::string_view words = cut_utf8(status.error().message, wire::kReasonBytesMax);
    out.insert(out.end(), words.begin(), words.end());
    return out;
}

std::optional<Status> decode_status(std::span<const std::uint8_t> bytes) {
    if (bytes.empty() || bytes[0] > 1 + static_cast<int>(ErrorCode::internal)) { return std::nullopt; }
    if (bytes[0] == 0) { return Status(); }
    return Error{static_cast<ErrorCode>(bytes[0] - 1), std::string(bytes.begin() + 1, bytes.end())};
}

}  // namespace nias::service
