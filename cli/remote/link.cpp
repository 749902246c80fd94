#include "cli/remote/link.hpp"

#include <Poco/Crypto/X509Certificate.h>
#include <Poco/Event.h>
#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/String.h>
#include <Poco/URI.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/numbers.hpp"

namespace nias::cli {
namespace {

namespace net = Poco::Net;

const Poco::Timespan kConnectWithin(10, 0);
const Poco::Timespan kSilentAtMost(90, 0);  // longer than a server waits with its answer
constexpr std::chrono::milliseconds kFirstRest(100);
constexpr std::chrono::milliseconds kLongestRest(15'000);
constexpr int kChainMax = 9;

/// "AB:CD:…" of any case, with colons or without, as capital digits alone.
std::string digits_of(const std::string& fingerprint) {
    std::string out;
    for (const char c : fingerprint) {
        if (c != ':') { out.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c)))); }
    }
    return out;
}

std::string with_colons(const Poco::DigestEngine::Digest& digest) {
    const std::string digits = digits_of(Poco::DigestEngine::digestToHex(digest));
    std::string out;
    for (std::size_t at = 0; at < digits.size(); at += 2) {
        out += (at > 0 ? ":" : "") + digits.substr(at, 2);
    }
    return out;
}

bool is_loopback(const std::string& host) {
    if (host == "localhost") { return true; }
    net::IPAddress address;
    return net::IPAddress::tryParse(host, address) && address.isLoopback();
}

Fields fields_of(const net::HTTPResponse& response) {
    Fields fields;
    for (const auto& [name, value] : response) { fields[Poco::toLower(name)] = value; }
    return fields;
}

/// Somebody answered who is not trusted.
class Untrusted : public std::runtime_error {
    using runtime_error::runtime_error;
};

}  // namespace

Patience::Patience(std::chrono::milliseconds whole) : deadline_(now() + whole), rest_(kFirstRest) {}

bool Patience::rest() {
    if (now() + rest_ > deadline_) { return false; }
    Poco::Event never;
    (void)never.tryWait(static_cast<long>(rest_.count()));
    rest_ = std::min(2 * rest_, kLongestRest);
    return true;
}

struct Link::Impl {
    Login login;
    std::string host;
    std::uint16_t port = 0;
    net::Context::Ptr context;  ///< null: in clear

    [[nodiscard]] Error silent(const std::string& why) const {
        return {ErrorCode::unavailable, login.server + " does not answer: " + why};
    }
    [[nodiscard]] std::unique_ptr<net::HTTPClientSession> connect(const net::Context::Ptr& trust,
                                                                  std::string* shown) const;
    /// Throws what Poco throws.
    std::istream& send(net::HTTPClientSession& session, const Asked& asked,
                       net::HTTPResponse& response) const;
    [[nodiscard]] Result<Answered> ask_once(const Asked& asked) const;
    template <typename Work>
    [[nodiscard]] auto guarded(Work work) const -> decltype(work());
};

/// A connection on which nothing was said yet.
std::unique_ptr<net::HTTPClientSession> Link::Impl::connect(const net::Context::Ptr& trust,
                                                            std::string* shown) const {
    std::unique_ptr<net::HTTPClientSession> session;
    if (!trust) {
        session = std::make_unique<net::HTTPClientSession>(host, port);
    } else {
        net::SecureStreamSocket socket(trust);
        socket.setPeerHostName(host);
        socket.connect(net::SocketAddress(host, port), kConnectWithin);
        socket.setReceiveTimeout(kSilentAtMost);
        socket.completeHandshake();
        const std::string fingerprint = with_colons(socket.peerCertificate().fingerprint("SHA256"));
        if (shown != nullptr) {
            *shown = fingerprint;
        } else if (!login.fingerprint.empty() && digits_of(fingerprint) != digits_of(login.fingerprint)) {
            throw Untrusted(login.server + " shows a certificate with the fingerprint " + fingerprint +
                            ", which is not the one that was named: ask its administrator whether it was "
                            "exchanged, and run «nias login " +
                            login.server + "» again if so");
        }
        // The library's own class for HTTPS takes no socket that is connected, and would speak before it is
        // known to whom.
        session = std::make_unique<net::HTTPClientSession>(socket);
    }
    session->setTimeout(kSilentAtMost);
    return session;
}

std::istream& Link::Impl::send(net::HTTPClientSession& session, const Asked& asked,
                               net::HTTPResponse& response) const {
    net::HTTPRequest request(asked.method, asked.path, net::HTTPMessage::HTTP_1_1);
    request.setHost(host, port);
    request.setKeepAlive(false);
    request.set("User-Agent", "nias");
    request.set("Accept-Language", "en");
    if (!login.token.empty()) { request.set("Authorization", "Bearer " + login.token); }
    for (const auto& [name, value] : asked.fields) { request.set(name, value); }
    const bool brings = !asked.body.empty() || asked.method == "POST" || asked.method == "PATCH";
    if (brings) { request.setContentLength64(static_cast<Poco::Int64>(asked.body.size())); }
    std::ostream& out = session.sendRequest(request);
    out.write(asked.body.data(), static_cast<std::streamsize>(asked.body.size()));
    out.flush();
    return session.receiveResponse(response);
}

/// Calls what may throw, and tells it as an Error.
template <typename Work>
auto Link::Impl::guarded(Work work) const -> decltype(work()) {
    try {
        return work();
    } catch (const Untrusted& untrusted) {
        return Error{ErrorCode::conflict, untrusted.what()};
    } catch (const net::SSLException& problem) {
        // A line that is cut shows itself as one of these too, and only OpenSSL's words tell the two apart.
        const std::string words = problem.displayText();
        if (words.find("certificate") == std::string::npos) { return silent(words); }
        return Error{ErrorCode::conflict, login.server + " shows a certificate that is not trusted (" +
                                              words + "): «nias login " + login.server +
                                              "» asks you whether to trust it"};
    } catch (const Poco::Exception& problem) {
        return silent(problem.displayText());
    } catch (const std::exception& problem) { return silent(problem.what()); }
}

Result<Answered> Link::Impl::ask_once(const Asked& asked) const {
    return guarded([&]() -> Result<Answered> {
        const auto session = connect(context, nullptr);
        net::HTTPResponse response;
        std::istream& in = send(*session, asked, response);
        Answered answered{.status = response.getStatus(), .fields = fields_of(response), .body = {}};
        std::array<char, 65536> piece{};
        while (in.read(piece.data(), piece.size()), in.gcount() > 0) {
            answered.body.append(piece.data(), static_cast<std::size_t>(in.gcount()));
            if (answered.body.size() > kAnswerBytesMax) { return silent("its answer is too long"); }
        }
        const auto length = whole_number<std::uint64_t>(response.get("Content-Length", ""));
        if (length && asked.method != "HEAD" && answered.body.size() < *length) {
            return silent("its answer was cut off");
        }
        return answered;
    });
}

Link::Link(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Link::Link(Link&&) noexcept = default;
Link& Link::operator=(Link&&) noexcept = default;
Link::~Link() = default;

Result<Link> Link::open(const Login& login) {
    const auto no_server = [&] {
        return Error{ErrorCode::invalid,
                     login.server + " is no address of a server: it looks like https://lab.example:8080"};
    };
    auto impl = std::make_unique<Impl>();
    impl->login = login;
    try {
        const Poco::URI uri(login.server);
        const bool tls = uri.getScheme() == "https";
        if ((!tls && uri.getScheme() != "http") || uri.getHost().empty() || !uri.getPathEtc().empty()) {
            return no_server();
        }
        impl->host = uri.getHost();
        impl->port = uri.getPort();
        if (!tls && !is_loopback(impl->host)) {
            return Error{
                ErrorCode::invalid,
                login.server + " would be asked in clear, and others could read the token: use https://"};
        }
        ::signal(SIGPIPE, SIG_IGN);  // a server that goes away is an Error, not the end of the command
        if (tls) {
            net::initializeSSL();
            const auto mode =
                login.fingerprint.empty() ? net::Context::VERIFY_STRICT : net::Context::VERIFY_NONE;
            impl->context = Poco::makeAuto<net::Context>(net::Context::TLS_CLIENT_USE, login.ca_file, mode,
                                                         kChainMax, login.ca_file.empty());
            impl->context->requireMinimumProtocol(net::Context::PROTO_TLSV1_2);
        }
    } catch (const Poco::SyntaxException&) { return no_server(); } catch (const Poco::Exception& problem) {
        return Error{ErrorCode::invalid, problem.displayText()};
    }
    if (!login.fingerprint.empty()) {
        const std::string digits = digits_of(login.fingerprint);
        if (digits.size() != 64 || digits.find_first_not_of("0123456789ABCDEF") != std::string::npos) {
            return Error{ErrorCode::invalid,
                         "a fingerprint is 64 hexadecimal digits (SHA-256), with colons or without"};
        }
    }
    return Link(std::move(impl));
}

Result<Answered> Link::ask_once(const Asked& asked) { return impl_->ask_once(asked); }

Result<Answered> Link::ask(const Asked& asked) {
    Patience patience(kServerAway);
    while (true) {
        auto answered = impl_->ask_once(asked);
        const bool busy = answered && (answered->status == 503 || answered->status == 429);
        const bool silent = !answered && answered.error().code == ErrorCode::unavailable;
        if ((busy || silent) && patience.rest()) { continue; }
        if (answered && answered->status >= 400) { return error_of(*answered); }
        return answered;
    }
}

Status Link::fetch(const std::string& from, const std::string& path,
                   const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    std::uint64_t done = 0;
    std::uint64_t total = 1;
    std::string tag;
    /// A part; true once all is there.
    const auto part = [&]() -> Result<bool> {
        const auto session = impl_->connect(impl_->context, nullptr);
        Asked asked{.path = from};
        if (done > 0) {
            asked.fields = {{"Range", "bytes=" + std::to_string(done) + "-"}, {"If-Range", tag}};
        }
        net::HTTPResponse response;
        std::istream& in = impl_->send(*session, asked, response);
        if (response.getStatus() >= 400) {
            std::string body(4096, '\0');
            in.read(body.data(), static_cast<std::streamsize>(body.size()));
            body.resize(static_cast<std::size_t>(in.gcount()));
            return error_of({response.getStatus(), fields_of(response), body});
        }
        if (response.getStatus() != 206) { done = 0; }
        const auto length = whole_number<std::uint64_t>(response.get("Content-Length", ""));
        if (!length) { return impl_->silent("it does not say how long the file is"); }
        tag = response.get("ETag", "");
        total = done + *length;
        file.seekp(static_cast<std::streamoff>(done));
        std::array<char, 65536> piece{};
        while (done < total && (in.read(piece.data(), piece.size()), in.gcount() > 0)) {
            file.write(piece.data(), in.gcount());
            done += static_cast<std::uint64_t>(in.gcount());
            progress(done, total);
        }
        return done >= total;
    };
    Patience patience(kServerAway);
    while (true) {
        const std::uint64_t before = done;
        const auto whole = impl_->guarded(part);
        if (!file) { return Error{ErrorCode::unavailable, path + " cannot be written: is the disk full?"}; }
        if (whole && *whole) {
            file.close();
            return file ? Status() : Error{ErrorCode::unavailable, path + " cannot be written"};
        }
        if (!whole && whole.error().code != ErrorCode::unavailable &&
            whole.error().code != ErrorCode::overloaded) {
            return whole.error();
        }
        if (done > before) { patience = Patience(kServerAway); }
        if (!patience.rest()) {
            return whole ? impl_->silent("it breaks off again and again") : whole.error();
        }
    }
}

Result<std::string> Link::shown_fingerprint() {
    return impl_->guarded([&]() -> Result<std::string> {
        std::string shown;
        if (impl_->context) {
            const auto anybody =
                Poco::makeAuto<net::Context>(net::Context::TLS_CLIENT_USE, "", net::Context::VERIFY_NONE);
            (void)impl_->connect(anybody, &shown);
        }
        return shown;
    });
}

Error error_of(const Answered& answered) {
    const auto json = nlohmann::json::parse(answered.body, nullptr, false);
    std::string detail = "the server answered with " + std::to_string(answered.status);
    if (json.is_object() && json.contains("detail") && json["detail"].is_string()) {
        detail = json["detail"].get<std::string>();
    }
    switch (answered.status) {
        case 401:
        case 403: return {ErrorCode::denied, detail};
        case 404: return {ErrorCode::not_found, detail};
        case 409: return {ErrorCode::conflict, detail};
        case 429: return {ErrorCode::overloaded, detail};
        case 503: return {ErrorCode::overloaded, detail};
        case 507: return {ErrorCode::unavailable, detail};
        default: break;
    }
    return {answered.status >= 500 ? ErrorCode::internal : ErrorCode::invalid, detail};
}

}  // namespace nias::cli
