#include "notices/webhook.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/URI.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/clock.hpp"
#include "base/numbers.hpp"

namespace nias::httpfront {
namespace {

namespace net = Poco::Net;

constexpr std::size_t kHeadMax = 4096;  // bytes of an answer that are read for its first line

Error failed(const std::string& words) { return {ErrorCode::unavailable, words}; }

Poco::Timespan left_until(Time deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - now()).count();
    if (left <= 0) {
        throw Poco::TimeoutException("no answer within " + std::to_string(kWebhookWithin.count()) + " s");
    }
    return {static_cast<Poco::Timespan::TimeDiff>(left)};
}

/// An address of the host that may be called. It alone is connected to: a name that is asked for again could
/// mean another one then.
Result<net::IPAddress> address_of(const std::string& host, const std::vector<Network>& allowed) {
    net::IPAddress literal;
    const bool is_address = net::IPAddress::tryParse(host, literal);
    const auto addresses =
        is_address ? std::vector<net::IPAddress>{literal} : net::DNS::hostByName(host).addresses();
    const auto good = std::find_if(addresses.begin(), addresses.end(),
                                   [&](const net::IPAddress& one) { return may_be_called(one, allowed); });
    if (good != addresses.end()) { return *good; }
    return Error{ErrorCode::invalid, host +
                                         " is an address that this server does not call: the administrator "
                                         "can allow its network with --notice-network"};
}

/// Waits for the socket until the deadline, however slowly its peer speaks.
void await(const net::StreamSocket& socket, int mode, Time deadline) {
    if (!socket.poll(left_until(deadline), mode)) { (void)left_until(Time::min()); }
}

net::StreamSocket connect(const Poco::URI& uri, const net::IPAddress& address, Time deadline) {
    const net::SocketAddress there(address, uri.getPort());
    if (uri.getScheme() == "http") {
        net::StreamSocket socket;
        socket.connect(there, left_until(deadline));
        socket.setBlocking(false);
        return socket;
    }
    const auto context =
        Poco::makeAuto<net::Context>(net::Context::TLS_CLIENT_USE, "", net::Context::VERIFY_STRICT, 9, true);
    net::StreamSocket plain;
    plain.connect(there, left_until(deadline));
    plain.setBlocking(false);
    net::SecureStreamSocket socket = net::SecureStreamSocket::attach(plain, uri.getHost(), context);
    socket.setLazyHandshake(true);
    while (true) {
        const int said = socket.completeHandshake();
        if (said == net::SecureStreamSocket::ERR_SSL_WANT_READ) {
            await(socket, net::Socket::SELECT_READ, deadline);
        } else if (said == net::SecureStreamSocket::ERR_SSL_WANT_WRITE) {
            await(socket, net::Socket::SELECT_WRITE, deadline);
        } else {
            break;
        }
    }
    socket.verifyPeerCertificate(uri.getHost());  // the library leaves it out where nothing blocks
    return socket;
}

void send(net::StreamSocket& socket, const std::string& text, Time deadline) {
    std::size_t sent = 0;
    while (sent < text.size()) {
        const int count = socket.sendBytes(text.data() + sent, static_cast<int>(text.size() - sent));
        if (count > 0) {
            sent += static_cast<std::size_t>(count);
        } else {
            await(socket, net::Socket::SELECT_WRITE, deadline);
        }
    }
}

/// The first line of the answer. What follows is of no interest, and is not read.
std::string first_line(net::StreamSocket& socket, Time deadline) {
    std::string head;
    std::array<char, 512> piece{};
    while (head.find('\n') == std::string::npos && head.size() < kHeadMax) {
        const int count = socket.receiveBytes(piece.data(), static_cast<int>(piece.size()));
        if (count > 0) {
            head.append(piece.data(), static_cast<std::size_t>(count));
        } else if (count == 0) {
            throw net::NetException("it closed the connection without an answer");
        } else {
            await(socket, net::Socket::SELECT_READ, deadline);
        }
    }
    return head.substr(0, head.find_first_of("\r\n"));
}

std::string request_of(const WebhookCall& call, const Poco::URI& uri) {
    const std::string path = uri.getPathAndQuery().empty() ? "/" : uri.getPathAndQuery();
    const std::string seconds = std::to_string(call.unix_seconds);
    return "POST " + path + " HTTP/1.1\r\nHost: " + uri.getAuthority() +
           "\r\nUser-Agent: NIAS\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(call.body.size()) +
           "\r\nX-NIAS-Event: job.ended\r\nX-NIAS-Delivery: " + call.delivery +
           "\r\nX-NIAS-Timestamp: " + seconds +
           "\r\nX-NIAS-Signature: " + signature_of(call.secret, call.unix_seconds, call.body) + "\r\n\r\n" +
           call.body;
}

}  // namespace

std::string signature_of(std::string_view secret, std::int64_t unix_seconds, std::string_view body) {
    crypto_auth_hmacsha256_state state;
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<const unsigned char*>(text.data());
    };
    const std::string head = std::to_string(unix_seconds) + ".";
    crypto_auth_hmacsha256_init(&state, bytes(secret), secret.size());
    crypto_auth_hmacsha256_update(&state, bytes(head), head.size());
    crypto_auth_hmacsha256_update(&state, bytes(body), body.size());
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> digest{};
    crypto_auth_hmacsha256_final(&state, digest.data());
    std::array<char, 2 * crypto_auth_hmacsha256_BYTES + 1> hex{};
    sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
    return std::string("sha256=") + hex.data();
}

Status call_webhook(const WebhookCall& call, const std::vector<Network>& allowed) {
    try {
        const Time deadline = now() + kWebhookWithin;
        const Poco::URI uri(call.url);
        const auto address = address_of(uri.getHost(), allowed);
        if (!address) { return address.error(); }
        net::StreamSocket socket = connect(uri, *address, deadline);
        send(socket, request_of(call, uri), deadline);
        const std::string line = first_line(socket, deadline);
        const auto status = line.starts_with("HTTP/1.") && line.size() >= 12
                                ? whole_number<int>(std::string_view(line).substr(9, 3))
                                : std::nullopt;
        if (!status) { return failed("what answered is no web server"); }
        if (*status >= 200 && *status < 300) { return {}; }
        return failed("it answered with " + std::to_string(*status));
    } catch (const Poco::Exception& problem) {
        return failed(problem.displayText());
    } catch (const std::exception& problem) { return failed(problem.what()); }
}

}  // namespace nias::httpfront
