#include "http/connection.hpp"

#include <Poco/Net/SocketAddress.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/log.hpp"
#include "options.hpp"

namespace nias::httpfront {
namespace {

constexpr std::chrono::milliseconds kLookUp{200};  // how late a wait may see that the server ends
constexpr std::size_t kChunkLineMax = 256;
constexpr std::size_t kTrailerLinesMax = 32;

/// An IPv4 address that came through an IPv6 socket is written as IPv4.
Poco::Net::IPAddress plain_address(const Poco::Net::IPAddress& address) {
    if (address.family() != Poco::Net::IPAddress::IPv6 || !address.isIPv4Mapped()) { return address; }
    constexpr int kPrefixBytes = 12;
    return {static_cast<const char*>(address.addr()) + kPrefixBytes, 4};
}

}  // namespace

void Pace::moved(std::size_t bytes, Time at) {
    bytes_ += bytes;
    last_ = at;
}

Time Pace::deadline() const {
    return std::min(last_ + kStallMax,
                    start_ + kPaceGrace + std::chrono::seconds(bytes_ / kBytesPerSecondMin));
}

Connection::Connection(const Poco::Net::StreamSocket& socket, const std::atomic<bool>& hurry)
    : deadline(now() + kIdleFor), socket_(socket), descriptor_(socket_.impl()->sockfd()), hurry_(hurry) {
    socket_.setBlocking(false);
    channel_ = plain_channel(socket_);
    try {
        socket_.setNoDelay(true);
        peer_ = plain_address(socket_.peerAddress().host()).toString();
        const std::string here = plain_address(socket_.address().host()).toString();
        local_ = here == "::1" || here.starts_with("127.");
    } catch (const Poco::Exception& gone) {  // the peer left before it was looked at: the next read says so
        log::debug("a connection ended at once: " + gone.displayText());
    }
}

Connection::~Connection() = default;

std::optional<std::size_t> Connection::receive_now(std::span<char> into) {
    return channel_->receive_now(into);
}

std::optional<std::size_t> Connection::send_now(std::string_view data) { return channel_->send_now(data); }

Connection::Io Connection::wait(Time until) const {
    pollfd entry{descriptor_, channel_->waits_for(), 0};
    while (!hurry_.load() && (unwanted == nullptr || !unwanted->load())) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now());
        if (left.count() <= 0) { return Io::too_slow; }
        const int ready =
            ::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left.count(), kLookUp.count())));
        if (ready > 0) { return Io::done; }
        if (ready < 0 && errno != EINTR) { return Io::closed; }
    }
    return Io::closed;
}

Connection::Io Connection::receive(std::span<char> into, Time until, std::size_t& got) {
    while (true) {
        if (const auto count = receive_now(into)) {
            got = *count;
            return got > 0 ? Io::done : Io::closed;
        }
        if (const Io waited = wait(until); waited != Io::done) { return waited; }
    }
}

Connection::Io Connection::send(std::string_view data, Pace& pace) {
    while (!data.empty()) {
        if (const auto count = send_now(data)) {
            if (*count == 0) { return Io::closed; }
            data.remove_prefix(*count);
            pace.moved(*count, now());
            continue;
        }
        if (const Io waited = wait(pace.deadline()); waited != Io::done) { return waited; }
    }
    return Io::done;
}

Body::Body(Connection& connection, const Request& request)
    : connection_(connection),
      pace_(now()),
      chunked_(request.chunked),
      expects_continue_(request.expects_continue),
      finished_(!request.has_body()),
      left_(request.content_length.value_or(0)),
      max_(kSmallBodyMax) {}

std::optional<Problem> Body::fail(Connection::Io io) {
    if (io == Connection::Io::done) { return std::nullopt; }
    lost_ = true;
    if (io == Connection::Io::too_slow) {
        return Problem{.status = 408,
                       .code = "too_slow",
                       .detail = "the request came slower than 1 kB a second: send it again"};
    }
    return Problem{
        .status = 400, .code = "cut_off", .detail = "the connection ended before the whole request had come"};
}

std::variant<std::size_t, Problem> Body::read_raw(std::span<char> into) {
    if (!connection_.buffer.empty()) {
        const std::size_t count = std::min(into.size(), connection_.buffer.size());
        std::copy_n(connection_.buffer.begin(), count, into.begin());
        connection_.buffer.erase(0, count);
        return count;
    }
    if (expects_continue_) {
        expects_continue_ = false;
        if (auto problem = fail(connection_.send("HTTP/1.1 100 Continue\r\n\r\n", pace_))) {
            return *problem;
        }
    }
    std::size_t got = 0;
    if (auto problem = fail(connection_.receive(into, deadline(), got))) { return *problem; }
    pace_.moved(got, now());
    return got;
}

// Lines are short and few: a byte at a time out of a buffer that is filled in larger pieces.
std::optional<Problem> Body::read_line(std::string& line, std::size_t max) {
    line.clear();
    while (true) {
        const std::size_t end = connection_.buffer.find('\n');
        if (end != std::string::npos) {
            line = connection_.buffer.substr(0, end);
            connection_.buffer.erase(0, end + 1);
            if (line.size() > max || line.empty() || line.back() != '\r') { break; }
            line.pop_back();
            if (line.find('\r') != std::string::npos) { break; }
            return std::nullopt;
        }
        if (connection_.buffer.size() > max) { break; }
        std::array<char, 4096> piece{};
        if (expects_continue_ && connection_.buffer.empty()) {
            auto got = read_raw(piece);
            if (auto* problem = std::get_if<Problem>(&got)) { return *problem; }
            connection_.buffer.append(piece.data(), std::get<std::size_t>(got));
            continue;
        }
        std::size_t got = 0;
        if (auto problem = fail(connection_.receive(piece, deadline(), got))) { return problem; }
        pace_.moved(got, now());
        connection_.buffer.append(piece.data(), got);
    }
    return Problem{.status = 400,
                   .code = "bad_chunk",
                   .detail = "the chunks of the request's body are not as HTTP wants them"};
}

std::optional<Problem> Body::next_chunk() {
    std::string line;
    if (in_chunk_) {
        if (auto problem = read_line(line, 2)) { return problem; }
        if (!line.empty()) {
            return Problem{.status = 400,
                           .code = "bad_chunk",
                           .detail = "a chunk of the request's body is longer than it says"};
        }
    }
    if (auto problem = read_line(line, kChunkLineMax)) { return problem; }
    const std::size_t digits = std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
    const auto [end, error] = std::from_chars(line.data(), line.data() + digits, left_, 16);
    const bool extended = digits < line.size() && line[digits] != ';';
    if (digits == 0 || digits > 15 || error != std::errc{} || end != line.data() + digits || extended) {
        return Problem{
            .status = 400, .code = "bad_chunk", .detail = "a chunk of the request's body has no length"};
    }
    in_chunk_ = true;
    if (left_ > 0) { return std::nullopt; }
    for (std::size_t i = 0; i < kTrailerLinesMax; ++i) {
        if (auto problem = read_line(line, 1024)) { return problem; }
        if (line.empty()) {
            finished_ = true;
            return std::nullopt;
        }
    }
    return Problem{
        .status = 431, .code = "too_many_fields", .detail = "the request's body has too many trailer fields"};
}

std::variant<std::size_t, Problem> Body::read(std::span<char> into) {
    if (finished_) { return std::size_t{0}; }
    if (chunked_ && left_ == 0) {
        if (auto problem = next_chunk()) { return *problem; }
        if (finished_) { return std::size_t{0}; }
    }
    if (left_ > max_ - total_) {
        return Problem{
            .status = 413,
            .code = "too_large",
            .detail = "the request is larger than the " + std::to_string(max_) + " bytes taken here"};
    }
    auto got = read_raw(into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_))));
    if (const auto* count = std::get_if<std::size_t>(&got)) {
        left_ -= *count;
        total_ += *count;
        if (!chunked_ && left_ == 0) { finished_ = true; }
    }
    return got;
}

bool Body::finish(std::uint64_t most) {
    std::array<char, 4096> dropped{};
    patient_ = false;
    // A client that waits to be asked for its body is not asked for what nobody wants.
    while (!finished_ && !lost_ && !expects_continue_ && most > 0) {
        const auto got = read(dropped);
        const auto* count = std::get_if<std::size_t>(&got);
        if (count == nullptr) { return false; }
        most -= std::min<std::uint64_t>(most, *count);
    }
    return finished_;
}

}  // namespace nias::httpfront
