/// The frames between a worker and the process of one of its handlers. Both ends are the same program, so
/// that a frame needs no version; what a crashing handler may have spoilt is checked all the same. Used by
/// service/worker/isolated only. A port is used by one thread at a time, except for send().
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <nias/task.hpp>

#include "base/host/descriptor.hpp"

namespace nias::service {

/// The sort of a frame; its first byte.
enum class FrameKind : std::uint8_t {
    // from the worker to the handler's process
    task,    ///< wire::Tasks with the only task
    cancel,  ///< no body: Context::cancelled() is true from here on
    done,    ///< answers `fetch`: a Status
    stored,  ///< answers `store`: a Status, and a BlobRef if it is a success
    shown,   ///< answers `show`: a Status
    // from the handler's process to the worker
    started,   ///< no body
    log,       ///< bytes of the log
    progress,  ///< a double, and the text
    fetch,     ///< a BlobRef, and the path
    store,     ///< the path
    show,      ///< a Shown, the path, and the name
    give,      ///< a BlobRef
    outcome,   ///< wire::OutcomeReport with the only outcome
    // from the zygote to the worker
    ended,        ///< Ended: the process is gone, and no frame follows
    not_started,  ///< an errno: there is no process, and no frame follows
};

/// How a process ended, as wait4() tells it.
struct Ended {
    int wait_status = 0;
    std::uint64_t cpu_ms = 0;
    std::uint64_t peak_memory_bytes = 0;
};

/// How much of a `show` is the path.
struct Shown {
    std::uint32_t path_bytes = 0;
};

/// The most bytes of a frame. A task and an outcome have 64 KiB each besides their texts.
inline constexpr std::size_t kFrameMax = 144U << 10U;

/// The bytes of a value without pointers.
template <typename T>
[[nodiscard]] std::span<const std::uint8_t> bytes_of(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}
[[nodiscard]] inline std::span<const std::uint8_t> bytes_of_text(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

struct Frame {
    FrameKind kind{};
    std::span<const std::uint8_t> body;  ///< valid until the next receive()

    /// Cuts a value off the front of the body. Nothing: the body is shorter.
    template <typename T>
    [[nodiscard]] std::optional<T> cut() {
        static_assert(std::is_trivially_copyable_v<T>);
        if (body.size() < sizeof(T)) { return std::nullopt; }
        T value;
        std::memcpy(&value, body.data(), sizeof value);
        body = body.subspan(sizeof value);
        return value;
    }
    [[nodiscard]] std::string_view text() const {
        return {reinterpret_cast<const char*>(body.data()), body.size()};
    }
};

/// One end of a pair of sockets that keeps frames apart. A resource.
class Port {
public:
    enum class Wait : std::uint8_t { until_done, never };
    enum class Got : std::uint8_t { frame, nothing, closed };

    explicit Port(Descriptor socket)
        : socket_(std::move(socket)), buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(kFrameMax)) {}
    /// Both ends. `unavailable`: the system has no descriptor left.
    static Result<std::pair<Descriptor, Descriptor>> pair();

    /// Sends a frame whose body is `first` and then `second`. False: the other end is gone, there is no room
    /// and `wait` is never, or the frame is too large.
    bool send(FrameKind kind, std::span<const std::uint8_t> first = {},
              std::span<const std::uint8_t> second = {}, Wait wait = Wait::until_done) const;
    [[nodiscard]] Got receive(Frame& into, Wait wait);
    /// Waits for a frame, or for the end of the other side. False: the time is over.
    [[nodiscard]] bool wait_readable(std::chrono::milliseconds most) const;
    [[nodiscard]] int descriptor() const { return socket_.get(); }

private:
    Descriptor socket_;
    std::unique_ptr<std::uint8_t[]> buffer_;  ///< kFrameMax bytes
};

/// Sends one frame through a socket that another owns. The answer is that of Port::send().
bool send_frame(int socket, FrameKind kind, std::span<const std::uint8_t> first,
                std::span<const std::uint8_t> second, Port::Wait wait);

/// A Status as bytes: a byte of its code, and the message, of which 4 KiB are kept.
[[nodiscard]] Bytes encode(const Status& status);
/// Nothing: these bytes are none.
[[nodiscard]] std::optional<Status> decode_status(std::span<const std::uint8_t> bytes);

}  // namespace nias::service
