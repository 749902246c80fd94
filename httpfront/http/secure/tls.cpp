#include "http/secure/tls.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/SecureStreamSocketImpl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "http/secure/certificate.hpp"

namespace nias::httpfront {
namespace {

using Poco::Net::Context;
using Poco::Net::SecureStreamSocket;

constexpr auto kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2; those of 1.3 are all good

constexpr std::size_t kReadAheadBytes = 64U << 10U;  // freed while it is idle

/// Poco makes the server's side of TLS in its own accept alone. This gives it a connection that was accepted
/// plain, because its first byte decided.
class AcceptedImpl final : public Poco::Net::SecureStreamSocketImpl {
public:
    AcceptedImpl(Poco::Net::StreamSocketImpl* plain, const Context::Ptr& context)
        : SecureStreamSocketImpl(plain, context) {
        acceptSSL();
    }

protected:
    ~AcceptedImpl() = default;
};

class AcceptedSocket final : public SecureStreamSocket {
public:
    AcceptedSocket(const Poco::Net::StreamSocket& plain, const Context::Ptr& context)
        : SecureStreamSocket(
              Poco::makeAuto<AcceptedImpl>(static_cast<Poco::Net::StreamSocketImpl*>(plain.impl()), context)
                  .duplicate()) {}
};

class TlsChannel final : public Channel {
public:
    TlsChannel(const Poco::Net::StreamSocket& plain, const Context::Ptr& context) : socket_(plain, context) {}

    ~TlsChannel() override {
        if (!broken_) { end_sending(); }
        ERR_clear_error();
    }

    Shake shake() override {
        const auto done = attempt([this] { return socket_.completeHandshake(); });
        return !done ? Shake::more : *done > 0 ? Shake::done : Shake::failed;
    }
    // A record holds 16 KiB at most. As many as have come are taken at once, so that what follows (hashing,
    // writing) has large pieces.
    std::optional<std::size_t> receive_now(std::span<char> into) override {
        full_ = false;
        const std::optional<std::size_t> first = receive_record(into);
        if (!first || *first == 0) { return first; }
        std::size_t got = *first;
        while (got < into.size()) {
            const auto more = receive_record(into.subspan(got));
            if (!more || *more == 0) { break; }  // an end is told by the next call again
            got += *more;
        }
        full_ = got == into.size();
        return got;
    }
    std::optional<std::size_t> send_now(std::string_view data) override {
        return attempt([&] {
            return socket_.sendBytes(data.data(), static_cast<int>(std::min(data.size(), kSendMax)));
        });
    }
    std::optional<std::size_t> send_file_now(int, std::uint64_t, std::size_t) override { return 0; }
    [[nodiscard]] bool can_send_files() const override { return false; }
    // What OpenSSL has read ahead and not yet decrypted is told by nobody: it may be there while each call
    // got as much as it asked for.
    [[nodiscard]] bool pending() const override { return !broken_ && (full_ || socket_.available() > 0); }
    [[nodiscard]] short waits_for() const override { return waits_for_; }
    [[nodiscard]] bool secure() const override { return true; }
    void end_sending() override {
        (void)attempt([this] {
            socket_.shutdown();  // tells the peer's TLS
            ::shutdown(socket_.impl()->sockfd(), SHUT_WR);
            return 0;
        });
    }

private:
    static constexpr std::size_t kSendMax = 1U << 20U;

    std::optional<std::size_t> receive_record(std::span<char> into) {
        return attempt([&] { return socket_.receiveBytes(into.data(), static_cast<int>(into.size())); });
    }

    // An error that another connection left on this thread's queue would be taken for one of this connection.
    template <typename Operation>
    std::optional<std::size_t> attempt(const Operation& operation) {
        if (broken_) { return 0; }
        ERR_clear_error();
        try {
            const int count = operation();
            if (count > 0) { return static_cast<std::size_t>(count); }
            if (count == 0) { return 0; }
            waits_for_ = count == SecureStreamSocket::ERR_SSL_WANT_WRITE ? POLLOUT : POLLIN;
            return std::nullopt;
        } catch (const Poco::Exception&) {  // a peer may break its end at any time: it is closed then
            broken_ = true;
            return 0;
        }
    }

    AcceptedSocket socket_;
    short waits_for_ = POLLIN;
    bool broken_ = false;
    bool full_ = false;  // the last call got as much as it asked for
};

Error refused(const std::string& file, const std::string& what) {
    return Error{ErrorCode::invalid, file + " " + what};
}

std::string openssl_reason() {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason == nullptr ? "no reason is known" : reason;
}

Status check_readable(const std::string& path, bool secret) {
    std::FILE* file = std::fopen(path.c_str(), "rbe");
    struct stat info {};
    if (file == nullptr || ::fstat(::fileno(file), &info) != 0) {
        const std::string why = std::strerror(errno);
        if (file != nullptr) { std::fclose(file); }
        return refused(path, "cannot be read: " + why);
    }
    std::fclose(file);
    if (secret && (info.st_mode & S_IRWXO) != 0) {
        return refused(path, "is a secret key that every user of this machine can open: chmod o= " + path);
    }
    return {};
}

}  // namespace

Result<Tls::Loaded> Tls::load(const TlsFiles& files) {
    if (auto readable = check_readable(files.certificate, false); !readable) { return readable.error(); }
    if (auto readable = check_readable(files.key, true); !readable) { return readable.error(); }
    Loaded loaded;
    try {
        Context::Params params;
        params.verificationMode = Context::VERIFY_NONE;
        params.cipherList = kCiphers;
        loaded.context = Poco::makeAuto<Context>(Context::TLS_SERVER_USE, params);
        loaded.context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    } catch (const Poco::Exception& failed) {
        return Error{ErrorCode::internal, "TLS cannot be set up: " + failed.displayText()};
    }
    SSL_CTX* context = loaded.context->sslContext();
    // A write may end early and go on from another buffer; an idle connection holds no buffers.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    // One call of the system for several records, where it would be two for each.
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, kReadAheadBytes);
    // A client that ends its side without a word of TLS still reads its answer. Where a request ends is told
    // by its lengths, so that one cut short is never taken for whole.
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    // A daemon has nobody to ask for a password.
    SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
        return refused(files.certificate, "is no certificate in PEM form (" + openssl_reason() + ")");
    }
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
        if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
            ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH) {
            return refused(files.key, "does not fit the certificate " + files.certificate +
                                          ": give the key that it was made with");
        }
        return refused(files.key,
                       "is no secret key in PEM form without a password (" + openssl_reason() + ")");
    }
    loaded.fingerprint = fingerprint_of(SSL_CTX_get0_certificate(context));
    return loaded;
}

Result<std::unique_ptr<Tls>> Tls::open(TlsFiles files) {
    auto loaded = load(files);
    if (!loaded) { return loaded.error(); }
    return std::unique_ptr<Tls>(new Tls(std::move(files), std::move(*loaded)));
}

Status Tls::reload() {
    auto loaded = load(files_);
    if (!loaded) { return loaded.error(); }
    const std::lock_guard lock(mutex_);
    loaded_ = std::move(*loaded);
    return {};
}

std::string Tls::fingerprint() const {
    const std::lock_guard lock(mutex_);
    return loaded_.fingerprint;
}

std::unique_ptr<Channel> Tls::begin(const Poco::Net::StreamSocket& socket) const {
    Context::Ptr context;
    {
        const std::lock_guard lock(mutex_);
        context = loaded_.context;
    }
    return std::make_unique<TlsChannel>(socket, context);
}

}  // namespace nias::httpfront
