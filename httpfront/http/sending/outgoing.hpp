/// An answer on its way to its client: head and body, moved on by as much as the client takes, and never
/// waiting for it. Used by sender; one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "http/answer.hpp"
#include "http/connection.hpp"

namespace nias::httpfront {

/// Status line and header fields. `length`: bytes of the body, where they are known.
[[nodiscard]] std::string head_of(const Answer& answer, std::optional<std::uint64_t> length, bool close);

/// Bytes of the body, where they are known.
[[nodiscard]] std::optional<std::uint64_t> length_of(const Answer& answer);

/// The connection after the answer: it waits for the next request, or ends. A client that is still
/// sending is read for a while, since closing over unread bytes would make its kernel throw our answer away.
enum class After { next_request, close, drain };

class Outgoing {
public:
    enum class Step {
        done,
        waits,  ///< until the client takes more
        again,  ///< it had its turn, and could go on
        broken  ///< the client is gone, or cannot know where the answer ends: the connection must close
    };

    /// Opens the file of the answer and reads its beginning: what fails here is answered in words.
    Outgoing(Answer answer, bool head_only, After after);
    Outgoing(Outgoing&& other) noexcept;
    Outgoing& operator=(Outgoing&&) = delete;
    ~Outgoing();

    /// Moves bytes until the client takes no more, or a turn is over. `moved`: how many.
    [[nodiscard]] Step advance(Connection& connection, std::size_t& moved);
    [[nodiscard]] After after() const { return after_; }
    /// Bytes of memory that the body holds.
    [[nodiscard]] std::size_t memory() const { return out_.capacity() + held_.capacity(); }

private:
    [[nodiscard]] Status open(const FileSlice& slice);
    [[nodiscard]] Status open(const Streamed& streamed);
    [[nodiscard]] Status read_slice(std::string& into);
    [[nodiscard]] Status read_streamed(std::string& into);
    [[nodiscard]] Status refill();

    After after_;
    std::string out_;         ///< ready to be sent, from `sent_` on
    std::size_t sent_ = 0;    ///< bytes of out_
    std::uint64_t left_ = 0;  ///< bytes of the body that were not yet read

    // A slice of a file: the rest is sent without being read, where the channel can.
    std::string path_;
    int file_ = -1;
    std::uint64_t offset_ = 0;

    // A file that is made while it is sent. Its last piece is held back until the end was reached: one that
    // is found damaged at its end, by its checksum, must not look whole.
    Streamed streamed_;
    std::string held_;
    bool ended_ = true;
};

}  // namespace nias::httpfront
