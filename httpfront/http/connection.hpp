/// One client's socket with deadlines and a least pace, and the body of its request. Used by server, upload
/// and event_hub; one thread at a time. Its channel never blocks: each wait has an end.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"
#include "http/channel.hpp"
#include "http/message.hpp"
#include "http/seats.hpp"

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

    /// How far a connection has come: what its first byte tells, the handshake of TLS, then requests.
    enum class Step { first_byte, handshake, request };

    /// Begins plain. `hurry`: set once nobody waits for this connection any more (the server ends).
    Connection(const Poco::Net::StreamSocket& socket, const std::atomic<bool>& hurry);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] const Poco::Net::StreamSocket& socket() const { return socket_; }
    [[nodiscard]] bool secure() const { return channel_->secure(); }
    /// The bytes travel through `channel` from here on. Nothing has been read yet.
    void use(std::unique_ptr<Channel> channel) { channel_ = std::move(channel); }
    [[nodiscard]] Channel::Shake shake() { return channel_->shake(); }
    [[nodiscard]] bool pending() const { return channel_->pending(); }
    [[nodiscard]] std::optional<std::size_t> send_file_now(int file, std::uint64_t offset,
                                                           std::size_t count) {
        return channel_->send_file_now(file, offset, count);
    }
    [[nodiscard]] bool can_send_files() const { return channel_->can_send_files(); }
    [[nodiscard]] short waits_for() const { return channel_->waits_for(); }
    /// The address at the other end, without its port: «10.0.0.7», «fe80::1».
    [[nodiscard]] const std::string& peer() const { return peer_; }
    /// It came in at an address of the loopback, so no network carries its bytes.
    [[nodiscard]] bool local() const { return local_; }
    /// Receives the bytes that are there: > 0 bytes, 0 closed, nullopt nothing yet.
    [[nodiscard]] std::optional<std::size_t> receive_now(std::span<char> into);
    /// The same, for sending. After nullopt the same bytes must be offered again, and more may follow them.
    [[nodiscard]] std::optional<std::size_t> send_now(std::string_view data);
    /// Waits for at least one byte; `got` is how many came.
    [[nodiscard]] Io receive(std::span<char> into, Time deadline, std::size_t& got);
    [[nodiscard]] Io send(std::string_view data, Pace& pace);
    /// Tells the peer that nothing more comes.
    void end_sending() { channel_->end_sending(); }
    /// Takes `seat` along; it is given back when the connection closes, whoever owns it then.
    void sit(Seats::Seat seat) { seat_ = std::move(seat); }

    /// Waits end as if the peer had gone once this is true; null: never.
    const std::atomic<bool>* unwanted = nullptr;

    std::string buffer;    ///< received and not yet used
    std::size_t seen = 0;  ///< bytes of the buffer that scan_head() has seen
    Time deadline{};       ///< for the step or the head that is awaited
    Step step = Step::first_byte;

private:
    [[nodiscard]] Io wait(Time deadline) const;

    Seats::Seat seat_;
    Poco::Net::StreamSocket socket_;
    std::unique_ptr<Channel> channel_;
    std::string peer_;
    bool local_ = false;
    int descriptor_ = -1;
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
    /// Reads and drops a small rest, as far as it has come: nothing is waited for. Returns finished().
    bool finish(std::uint64_t most);

private:
    [[nodiscard]] std::variant<std::size_t, Problem> read_raw(std::span<char> into);
    [[nodiscard]] std::optional<Problem> read_line(std::string& line, std::size_t max);
    [[nodiscard]] std::optional<Problem> next_chunk();
    [[nodiscard]] std::optional<Problem> fail(Connection::Io io);
    [[nodiscard]] Time deadline() const { return patient_ ? pace_.deadline() : Time{}; }

    Connection& connection_;
    Pace pace_;
    bool chunked_ = false;
    bool expects_continue_ = false;
    bool finished_ = false;
    bool lost_ = false;  ///< the line failed: no more is waited for
    bool in_chunk_ = false;
    bool patient_ = true;     ///< reads wait for bytes
    std::uint64_t left_ = 0;  ///< bytes left of the body, or of the chunk
    std::uint64_t total_ = 0;
    std::uint64_t max_ = 0;
};

}  // namespace nias::httpfront
