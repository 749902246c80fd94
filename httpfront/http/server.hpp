/// The HTTP/1.1 server: who may connect, how long each step may take, and which threads do what.
/// One thread owns the connections that wait or are still sending a head, so that slow heads and idle
/// browsers hold no thread. A whole head goes to a lane of threads: short requests, files, and requests with
/// a body have one each. Answers leave through the sender, so that a slow reader holds no thread either.
/// Event streams leave for the hub. So none of them can starve the others (promises.md, Poco).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/answer.hpp"
#include "http/connection.hpp"
#include "http/message.hpp"
#include "http/secure/tls.hpp"

namespace nias::httpfront {

/// `patient`: the client decides how long it takes, so that each has a thread of its own.
enum class Lane { quick, transfer, patient };

/// The questions that the server asks of the site. Called on the server's threads, several at once.
struct Site {
    /// Puts what a trusted proxy says of the browser into the request. On the loop: it must be quick.
    std::function<void(Request&)> believe;
    std::function<Lane(const Request&)> lane;
    std::function<Answer(const Request&, Body&)> answer;
    std::function<void(std::unique_ptr<Connection>, const EventStream&)> stream;
};

struct ServerOptions {
    std::string listen;
    std::uint16_t port = 0;
    std::size_t quick_threads = 8;
    std::size_t file_threads = 8;
    const Tls* tls =
        nullptr;  ///< a connection that begins with a handshake is encrypted; outlives the server
    std::string trusted_proxy;      ///< the address that has no bound of connections; empty: none
    bool plain_everywhere = false;  ///< beside TLS, requests may come unencrypted over any network
};

class Server {
public:
    /// Listens; nobody is answered before run(). `conflict`: the port is in use.
    static Result<std::unique_ptr<Server>> listen(const ServerOptions& options);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    [[nodiscard]] std::uint16_t port() const;
    /// Serves until stop(); requests that run may end within kDrainFor.
    Status run(Site site);
    void stop() noexcept;  ///< any thread

private:
    class Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace nias::httpfront
