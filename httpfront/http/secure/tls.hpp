/// HTTPS: a certificate with its key, and the encrypted channels that they begin. TLS 1.2 and later; Poco's
/// NetSSL over OpenSSL. Used by main (open, reload) and server (begin); any thread.
#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/StreamSocket.h>

#include <memory>
#include <mutex>
#include <string>

#include <nias/result.hpp>

#include "http/channel.hpp"

namespace nias::httpfront {

/// PEM files. The certificate may be followed by those of its issuers.
struct TlsFiles {
    std::string certificate;
    std::string key;
};

class Tls {
public:
    /// `invalid`: a file cannot be read, holds something else, the key has a password, is open to every user
    /// of the machine, or does not fit the certificate.
    static Result<std::unique_ptr<Tls>> open(TlsFiles files);
    Tls(const Tls&) = delete;
    Tls& operator=(const Tls&) = delete;
    ~Tls() = default;

    /// Reads the files again. After an error connections begin with what was read before.
    [[nodiscard]] Status reload();
    /// SHA-256 of the certificate that connections begin with: «AB:CD:…», as browsers show it.
    [[nodiscard]] std::string fingerprint() const;
    /// The server's side of TLS on a connection that was accepted. Nothing has been read from it.
    [[nodiscard]] std::unique_ptr<Channel> begin(const Poco::Net::StreamSocket& socket) const;

private:
    struct Loaded {
        Poco::Net::Context::Ptr context;
        std::string fingerprint;
    };
    Tls(TlsFiles files, Loaded loaded) : files_(std::move(files)), loaded_(std::move(loaded)) {}
    static Result<Loaded> load(const TlsFiles& files);

    TlsFiles files_;
    mutable std::mutex mutex_;
    Loaded loaded_;  // under mutex_
};

/// The first byte of a connection tells: TLS begins with a record of the handshake, HTTP with a letter.
inline constexpr char kTlsFirstByte = 0x16;

}  // namespace nias::httpfront
