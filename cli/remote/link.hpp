/// Asks a server elsewhere over HTTPS, and in clear only on this machine. Whom it trusts is known before a
/// token or anything else is said. Used by remote_jobs, upload and the verb login. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <nias/result.hpp>

#include "base/clock.hpp"
#include "cli/remote/login.hpp"

namespace nias::cli {

/// Names of header fields, in small letters, and their values.
using Fields = std::map<std::string, std::string>;

struct Asked {
    std::string method = "GET";
    std::string path{};
    Fields fields{};
    std::string body{};
};

struct Answered {
    int status = 0;
    Fields fields;
    std::string body;  ///< at most kAnswerBytesMax
};

inline constexpr std::size_t kAnswerBytesMax = 64U << 20U;

/// Rests between tries, longer each time, until the time is over.
class Patience {
public:
    explicit Patience(std::chrono::milliseconds whole);
    /// False, without a rest: the time is over.
    [[nodiscard]] bool rest();

private:
    Time deadline_;
    std::chrono::milliseconds rest_;
};

/// How long a server may be away in the middle of a command.
inline constexpr std::chrono::seconds kServerAway{60};

class Link {
public:
    /// `invalid`: the URL is none of a server, or would carry a token in clear.
    static Result<Link> open(const Login& login);
    Link(Link&&) noexcept;
    Link& operator=(Link&&) noexcept;
    ~Link();

    /// One try. `unavailable`: no answer. `conflict`: whoever answered is not trusted; the sentence says whom
    /// it showed. Any status is an answer.
    [[nodiscard]] Result<Answered> ask_once(const Asked& asked);
    /// Repeats what got no answer, or that the server is busy, for kServerAway: only for what may be asked
    /// twice. A refusal is an Error with the server's own sentence.
    [[nodiscard]] Result<Answered> ask(const Asked& asked);
    /// Writes a whole file into `path`, in parts where the line is cut. `progress` is told of bytes that are
    /// there, and all.
    [[nodiscard]] Status fetch(const std::string& from, const std::string& path,
                               const std::function<void(std::uint64_t, std::uint64_t)>& progress);
    /// The SHA-256 fingerprint of the certificate that the server shows, whoever made it; empty without TLS.
    [[nodiscard]] Result<std::string> shown_fingerprint();

private:
    struct Impl;
    explicit Link(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// The refusal of a server, as an Error with its sentence.
[[nodiscard]] Error error_of(const Answered& answered);

}  // namespace nias::cli
