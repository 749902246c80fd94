/// One client's socket with deadlines and a least pace, and the body of its request. Used by server, upload
/// and event_hub; one thread at a time. Sockets are Poco's and never block: each wait has an end.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"
#include "http/message.hpp"

namespace nias::httpfront {

/// A peer that moves fewer than kBytesPerSecondMin after the grace, or rests longer than kStallMax, is let
/// go.
class Pace {
public:
    explicit Pace(Time start) : start_(start), last_(start) {}
    void moved(std::size_t bytes, Time at);
    [[nodiscard]] Time deadline() const;

private:
    Time start_;
    Time last_;
    std::uint64_t bytes_ = 0;
};

class Connection {
public:
    enum class Io { done, closed, too_slow };

    /// `hurry`: set once nobody waits for this connection any more (the server ends).
    Connection(const Poco::Net::StreamSocket& socket, const std::atomic<bool>& hurry);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    [[nodiscard]] int descriptor() const { return descriptor_; }
    /// The address at the other end, without its port: «10.0.0.7», «fe80::1».
    [[nodiscard]] const std::string& peer() const { return peer_; }
    /// Receives the bytes that are there: > 0 bytes, 0 closed, nullopt nothing yet.
    [[nodiscard]] std::optional<std::size_t> receive_now(std::span<char> into);
    [[nodiscard]] std::optional<std::size_t> send_now(std::string_view data);  ///< the same, for sending
    /// Waits for at least one byte; `got` is how many came.
    [[nodiscard]] Io receive(std::span<char> into, Time deadline, std::size_t& got);
    [[nodiscard]] Io send(std::string_view data, Pace& pace);
    /// Ends our side and reads what the peer still sends for a while: closing over unread bytes would make
    /// its kernel throw our answer away.
    void linger();

    /// Waits end as if the peer had gone once this is true; null: never.
    const std::atomic<bool>* unwanted = nullptr;

    std::string buffer;    ///< received and not yet used
    std::size_t seen = 0;  ///< bytes of the buffer that scan_head() has seen
    Time deadline{};       ///< for the head that is awaited

private:
    [[nodiscard]] Io wait(short events, Time deadline) const;

    Poco::Net::StreamSocket socket_;
    int descriptor_ = -1;
    std::string peer_;
    const std::atomic<bool>& hurry_;
};

/// The body of one request, decoded, in pieces. Asks for it (100 Continue) when it is first read.
class Body {
public:
    /// At most kSmallBodyMax, unless limit() says otherwise.
    Body(Connection& connection, const Request& request);
    /// Past it: 413.
    void limit(std::uint64_t max_bytes) { max_ = max_bytes; }
    /// Ends the body, as if the line were cut, once `unwanted` is true; it is looked at a few times a second.
    /// Null: never. What it points to outlives the reading.
    void stop_when(const std::atomic<bool>* unwanted) { connection_.unwanted = unwanted; }
    /// 0 at the end. A Problem ends the body and the connection.
    [[nodiscard]] std::variant<std::size_t, Problem> read(std::span<char> into);
    /// Everything was read, so that the next request may follow.
    [[nodiscard]] bool finished() const { return finished_; }
    /// Reads and drops a small rest. Returns finished().
    bool finish(std::uint64_t most);

private:
    [[nodiscard]] std::variant<std::size_t, Problem> read_raw(std::span<char> into);
    [[nodiscard]] std::optional<Problem> read_line(std::string& line, std::size_t max);
    [[nodiscard]] std::optional<Problem> next_chunk();
    [[nodiscard]] std::optional<Problem> fail(Connection::Io io);

    Connection& connection_;
    Pace pace_;
    bool chunked_ = false;
    bool expects_continue_ = false;
    bool finished_ = false;
    bool lost_ = false;  ///< the line failed: no more is waited for
    bool in_chunk_ = false;
    std::uint64_t left_ = 0;  ///< bytes left of the body, or of the chunk
    std::uint64_t total_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace nias::httpfront
