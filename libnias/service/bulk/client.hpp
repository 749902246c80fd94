/// A worker's or submitter's side of the bulk channel: puts and gets blobs, keeps a log whole at the sink.
/// One thread (the socket lives where it was opened). Reconnects by itself; a restarted sink is offered
/// again.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "net/socket.hpp"
#include "wire/messages.hpp"

namespace nias::core {
class Put;
}

namespace nias::service {

class BulkClient {
public:
    /// Asked while it waits; true: give up (cancelled).
    using GiveUp = std::function<bool()>;

    static Result<BulkClient> open(net::Context& context, const std::string& endpoint);

    /// Writes the blob beside `path` and, once it is whole, in its place. `not_found` with the sink's words.
    Status get(const BlobRef& blob, const std::string& path, const GiveUp& give_up);
    /// Durable at the sink when it returns. The hash is of the file's bytes; the sink's own, of a large one.
    Result<BlobRef> put(const std::string& path, const GiveUp& give_up);

    /// When the sink said something last; zero: never.
    [[nodiscard]] Time heard() const { return heard_; }

    void send_progress(const wire::Progress& progress);
    /// Sends what the sink lacks of a log, without waiting. `log` is the whole log so far.
    void push_log(const AttemptRef& attempt, std::string_view log);
    /// Sends a file that the attempt shows, as it is at the moment, without waiting. The statuses are those
    /// of Context::show_file().
    Status show_file(const AttemptRef& attempt, std::string_view name, const std::string& path);
    /// Takes the sink's answer to the file that was shown last, and sends that again where it is silent.
    void tend_shown();
    /// Tells the sink that the attempt shows nothing any more.
    void forget_shown(const AttemptRef& attempt);
    /// Waits until the sink has it all.
    Status flush_log(const AttemptRef& attempt, std::string_view log, const GiveUp& give_up);

private:
    [[nodiscard]] Status send(core::Put& put, const BlobRef& blob, const std::string& path,
                              const GiveUp& give_up);
    BulkClient(net::Socket socket) : socket_(std::move(socket)) {}
    [[nodiscard]] Result<wire::Message> next(std::chrono::milliseconds patience);
    void receive_answers();
    void send_shown();

    /// A version of a file that the sink does not have for certain.
    struct Shown {
        AttemptRef attempt;
        std::string name;
        std::uint64_t number = 0;
        Bytes content;
        Time sent{};
        int times = 0;  ///< how often it was sent
    };

    net::Socket socket_;
    Time heard_{};
    std::uint64_t log_sent_ = 0;    ///< sent so far
    std::uint64_t log_stored_ = 0;  ///< the sink's size, as it last said
    Time log_heard_{};
    std::optional<Shown> shown_;
    std::set<std::string, std::less<>> shown_names_;  ///< at most wire::kLiveFilesMax
    std::uint64_t shown_number_ = 0;
};

}  // namespace nias::service
