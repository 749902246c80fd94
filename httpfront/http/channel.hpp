/// One client's byte stream, plain or encrypted, behind one face. Nothing here ever waits: what cannot be
/// done at once says so, and waits_for() tells what to poll for. Used by Connection; one thread at a time.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace nias::httpfront {

class Channel {
public:
    enum class Shake { done, more, failed };

    Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    virtual ~Channel() = default;  ///< closes

    /// Goes on with what must be agreed before the first byte of HTTP. `more`: call again when waits_for()
    /// has come.
    [[nodiscard]] virtual Shake shake() = 0;
    /// Receives the bytes that are there: > 0 bytes, 0 closed or broken, nullopt nothing yet.
    [[nodiscard]] virtual std::optional<std::size_t> receive_now(std::span<char> into) = 0;
    /// The same, for sending. After nullopt the same bytes must be offered again, and more may follow them.
    [[nodiscard]] virtual std::optional<std::size_t> send_now(std::string_view data) = 0;
    /// Sends bytes of an open file without copying them. 0: closed, or the file ends before them. Only where
    /// can_send_files().
    [[nodiscard]] virtual std::optional<std::size_t> send_file_now(int file, std::uint64_t offset,
                                                                   std::size_t count) = 0;
    [[nodiscard]] virtual bool can_send_files() const = 0;
    /// Bytes were taken from the socket and not yet received from here: poll() does not see them.
    [[nodiscard]] virtual bool pending() const = 0;
    /// The poll events that the last call which could not go on waits for.
    [[nodiscard]] virtual short waits_for() const = 0;
    [[nodiscard]] virtual bool secure() const = 0;
    /// Tells the peer that nothing more comes; what it sends can still be received.
    virtual void end_sending() = 0;
};

/// Bytes as they are, over TCP. `socket` was accepted and never blocks.
[[nodiscard]] std::unique_ptr<Channel> plain_channel(const Poco::Net::StreamSocket& socket);

}  // namespace nias::httpfront
