#include "http/server.hpp"

#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <list>
#include <mutex>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "http/lane.hpp"
#include "http/seats.hpp"
#include "http/sending/every_answer.hpp"
#include "http/sending/sender.hpp"
#include "http/waker.hpp"
#include "options.hpp"

namespace nias::httpfront {
namespace {

constexpr int kBacklog = 256;
constexpr int kAcceptsARound = 32;
constexpr std::size_t kHearBytes = 16384;
constexpr std::chrono::milliseconds kTick{500};  // how late a deadline may be seen

using ConnectionPtr = std::unique_ptr<Connection>;

std::string make_request_id() {
    std::string made;
    for (std::uint64_t rest = make_incarnation(); rest > 0; rest >>= 4U) {
        made.push_back("0123456789abcdef"[rest & 15U]);
    }
    return made;
}

/// The answer of the server itself where no request was read, or none could be: also that is logged by an id.
Answer refusal(const Problem& problem, const std::string& peer, const Request* request) {
    const std::string id = request == nullptr ? make_request_id() : request->id;
    log::debug("refused with " + std::to_string(problem.status) + " " + problem.code + " from " + peer +
               ", request " + id);
    Answer answer = problem_answer(problem);
    add_common_headers(answer, id, request);
    return answer;
}

/// A line for each request: at `info` what changed something or failed here, else at `debug`.
void log_request(const Request& request, int status) {
    const std::string line = request.method + " " + request.path + " " + std::to_string(status) + " from " +
                             request.client + ", request " + request.id;
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (reads && status < 500) { return log::debug(line); }
    log::info(line);
}

}  // namespace

class Server::Impl {
public:
    Impl(const ServerOptions& options, const Poco::Net::ServerSocket& socket)
        : options_(options), socket_(socket) {}

    [[nodiscard]] std::uint16_t port() const { return socket_.address().port(); }

    Status run(Site site) {
        site_ = std::move(site);
        Sender sender([this](ConnectionPtr connection) { give_back(std::move(connection)); });
        WorkLane quick("quick", {.threads = options_.quick_threads, .waiting = kWaitingMax});
        WorkLane files("files", {.threads = options_.file_threads, .waiting = kWaitingMax});
        WorkLane patient("patient", {.threads = 1, .threads_most = kPatientMax, .waiting = kWaitingMax});
        quick_ = &quick;
        files_ = &files;
        patient_ = &patient;
        sender_ = &sender;
        while (!stopping_.load()) { round(); }
        socket_.close();
        waiting_.clear();
        const bool ended = quick.wait_idle(kDrainFor) && files.wait_idle(kDrainFor) &&
                           patient.wait_idle(kDrainFor) && sender.wait_idle(kDrainFor);
        if (!ended) {
            log::warn("requests that still ran after " + std::to_string(kDrainFor.count()) +
                      " s are cut off");
        }
        hurry_.store(true);
        return {};
    }

    void stop() noexcept {
        stopping_.store(true);
        waker_.wake();
    }

private:
    void round() {
        std::vector<pollfd> entries{{waker_.descriptor(), POLLIN, 0}, {socket_.impl()->sockfd(), POLLIN, 0}};
        for (const auto& connection : waiting_) {
            const bool shakes = connection->step == Connection::Step::handshake;
            entries.push_back(
                {connection->descriptor(), shakes ? connection->waits_for() : short{POLLIN}, 0});
        }
        if (::poll(entries.data(), entries.size(), static_cast<int>(kTick.count())) < 0 && errno != EINTR) {
            return;
        }
        waker_.drain();
        const Time at = now();
        std::size_t index = 2;
        for (auto it = waiting_.begin(); it != waiting_.end();) {
            const auto here = it++;
            if (entries[index++].revents != 0) {
                go_on(here);
            } else if (at >= (*here)->deadline) {
                expire(here);
            }
        }
        if ((entries[1].revents & POLLIN) != 0) { accept(); }
        take_back();
    }

    void accept() {
        for (int i = 0; i < kAcceptsARound; ++i) {
            pollfd entry{socket_.impl()->sockfd(), POLLIN, 0};
            if (::poll(&entry, 1, 0) <= 0) { return; }
            try {
                auto connection = std::make_unique<Connection>(socket_.acceptConnection(), hurry_);
                const bool passes_on = connection->peer() == options_.trusted_proxy;
                const std::string seat = passes_on ? std::string() : connection->peer();
                const auto full = seats_.full_for(seat);
                if (full && !make_room(*full, connection->peer())) {
                    turn_away(*connection, *full);
                    continue;
                }
                connection->sit(seats_.give(seat));
                waiting_.push_back(std::move(connection));
            } catch (const Poco::Exception& gone) {
                log::debug("a connection was not accepted: " + gone.displayText());
                if (gone.code() == EMFILE || gone.code() == ENFILE) {
                    (void)make_room(Seats::Full::everywhere, "");
                }  // makes room for the next try
                return;
            }
        }
    }

    // Closes a connection that asks for nothing: any, or one from the address that has too many.
    bool make_room(Seats::Full full, const std::string& peer) {
        const auto idle = std::find_if(waiting_.begin(), waiting_.end(), [&](const ConnectionPtr& c) {
            return c->buffer.empty() && (full == Seats::Full::everywhere || c->peer() == peer);
        });
        if (idle == waiting_.end()) { return false; }
        waiting_.erase(idle);
        return true;
    }

    // The loop must not wait: what does not fit into the socket's buffer is not sent.
    static void turn_away(Connection& connection, Seats::Full full) {
        const bool one = full == Seats::Full::for_the_address;
        const Answer answer = refusal({.status = 503,
                                       .code = "too_many_connections",
                                       .detail = one ? "too many connections from " + connection.peer() +
                                                           " are open: close some of them"
                                                     : "too many connections are open: try again soon",
                                       .headers = {{"Retry-After", "5"}}},
                                      connection.peer(), nullptr);
        const auto& body = std::get<std::string>(answer.body);
        (void)connection.send_now(head_of(answer, body.size(), true) + body);
    }

    void drop(std::list<ConnectionPtr>::iterator where) { waiting_.erase(where); }

    // Something came from a connection that has no thread.
    void go_on(std::list<ConnectionPtr>::iterator where) {
        Connection& connection = **where;
        if (connection.step == Connection::Step::first_byte) {
            char first = 0;
            const ssize_t got = ::recv(connection.descriptor(), &first, 1, MSG_PEEK);
            if (got < 0 && errno == EAGAIN) { return; }
            if (got <= 0) { return drop(where); }
            const bool encrypted = options_.tls != nullptr && first == kTlsFirstByte;
            if (encrypted) { connection.use(options_.tls->begin(connection.socket())); }
            connection.step = encrypted ? Connection::Step::handshake : Connection::Step::request;
            connection.deadline = now() + kHeadWithin;
        }
        if (connection.step == Connection::Step::handshake) {
            const auto shaken = connection.shake();
            if (shaken == Channel::Shake::more) { return; }
            if (shaken == Channel::Shake::failed) { return drop(where); }
            connection.step = Connection::Step::request;
            connection.deadline = now() + kHeadWithin;
        }
        hear(where);
    }

    // Bytes came while a head is awaited. All of them are taken: a channel that reads ahead is not polled for
    // those that it holds.
    void hear(std::list<ConnectionPtr>::iterator where) {
        std::array<char, kHearBytes> piece{};
        while (true) {
            const auto got = (*where)->receive_now(piece);
            if (!got) { return; }
            if (*got == 0) { return drop(where); }
            if ((*where)->buffer.empty()) { (*where)->deadline = now() + kHeadWithin; }
            (*where)->buffer.append(piece.data(), *got);
            if (!waits_on(where) || !(*where)->pending()) { return; }
        }
    }

    // False: the connection has left, with its request or a refusal. True: more of a head is awaited.
    bool waits_on(std::list<ConnectionPtr>::iterator where) {
        switch (scan_head((*where)->buffer, (*where)->seen)) {
            case Scan::more: return true;
            case Scan::bad_line_end:
                refuse(where, {.status = 400,
                               .code = "bad_request",
                               .detail = "a line of the request does not end in CR LF"});
                return false;
            case Scan::too_large:
                refuse(where, {.status = 431,
                               .code = "head_too_large",
                               .detail = "the request's header is larger than 32 KiB"});
                return false;
            case Scan::complete: break;
        }
        read_head(where);
        return false;
    }

    void read_head(std::list<ConnectionPtr>::iterator where) {
        Connection& connection = **where;
        auto parsed = parse_head(std::string_view(connection.buffer).substr(0, connection.seen));
        connection.buffer.erase(0, connection.seen);
        connection.seen = 0;
        if (const auto* problem = std::get_if<Problem>(&parsed)) { return refuse(where, *problem); }
        auto& request = std::get<Request>(parsed);
        request.peer = request.client = connection.peer();
        request.secure = connection.secure();
        request.exposed =
            options_.tls && !options_.plain_everywhere && !request.secure && !connection.local();
        request.id = make_request_id();
        site_.believe(request);
        hand_over(where, std::move(request));
    }

    void expire(std::list<ConnectionPtr>::iterator where) {
        if ((*where)->buffer.empty()) { return drop(where); }  // nothing was asked: nothing to answer
        refuse(
            where,
            {.status = 408, .code = "too_slow", .detail = "the request's header did not come within 10 s"});
    }

    void refuse(std::list<ConnectionPtr>::iterator where, const Problem& problem) {
        ConnectionPtr connection = std::move(*where);
        waiting_.erase(where);
        Answer answer = refusal(problem, connection->peer(), nullptr);
        sender_->send(std::move(connection), Outgoing(std::move(answer), false, After::drain));
    }

    void hand_over(std::list<ConnectionPtr>::iterator where, Request request) {
        const Lane kind = request.has_body() ? Lane::patient : site_.lane(request);
        WorkLane* lane = kind == Lane::patient ? patient_ : kind == Lane::transfer ? files_ : quick_;
        // std::function wants what can be copied.
        const auto connection = std::make_shared<ConnectionPtr>(std::move(*where));
        waiting_.erase(where);
        const auto shared_request = std::make_shared<const Request>(std::move(request));
        std::function<void()> work = [this, connection, shared_request] {
            serve(std::move(*connection), *shared_request);
        };
        if (lane->add(work)) { return; }
        const Problem overloaded{.status = 503,
                                 .code = "overloaded",
                                 .detail = "too many requests wait: try again soon",
                                 .headers = {{"Retry-After", "5"}}};
        Answer answer = refusal(overloaded, (*connection)->peer(), shared_request.get());
        sender_->send(std::move(*connection), Outgoing(std::move(answer), false, After::drain));
    }

    Answer answer_safely(const Request& request, Body& body) {
        try {
            return site_.answer(request, body);
        } catch (const std::exception& broken) {
            log::error(request.method + " " + request.path + ": " + broken.what());
            return problem_answer({.status = 500,
                                   .code = "internal",
                                   .detail = "the server failed at this request; its log says why"});
        }
    }

    // On a lane's thread.
    void serve(ConnectionPtr connection, const Request& request) {
        Body body(*connection, request);
        Answer answer = answer_safely(request, body);
        add_common_headers(answer, request.id, &request);
        log_request(request, answer.status);
        const bool head_only = request.method == "HEAD";
        if (auto* stream = std::get_if<EventStream>(&answer.body); stream != nullptr && !head_only) {
            const std::string head = head_of(answer, std::nullopt, true);
            // Nothing was sent before it, so that it fits into the socket's buffer.
            if (connection->send_now(head) == head.size()) { site_.stream(std::move(connection), *stream); }
            return;
        }
        const bool whole = body.finish(kSmallBodyMax);
        const bool close = !request.keep_alive || stopping_.load();
        const After after = !whole ? After::drain : close ? After::close : After::next_request;
        sender_->send(std::move(connection), Outgoing(std::move(answer), head_only, after));
    }

    void give_back(ConnectionPtr connection) {
        connection->deadline = now() + (connection->buffer.empty() ? kIdleFor : kHeadWithin);
        {
            const std::lock_guard lock(mutex_);
            back_.push_back(std::move(connection));
        }
        waker_.wake();
    }

    void take_back() {
        std::vector<ConnectionPtr> back;
        {
            const std::lock_guard lock(mutex_);
            back.swap(back_);
        }
        for (ConnectionPtr& connection : back) {
            waiting_.push_back(std::move(connection));
            // The next request may have come together with the last one.
            const auto here = std::prev(waiting_.end());
            const bool waits = (*here)->buffer.empty() || waits_on(here);
            if (waits && (*here)->pending()) { hear(here); }
        }
    }

    ServerOptions options_;
    Poco::Net::ServerSocket socket_;
    Waker waker_;
    Site site_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> hurry_{false};
    Seats seats_{{.all = kConnectionsMax, .of_an_address = kConnectionsOfAddressMax}};
    std::list<ConnectionPtr> waiting_;  // the loop's own
    std::mutex mutex_;
    std::vector<ConnectionPtr> back_;  // under mutex_; at most kConnectionsMax
    WorkLane* quick_ = nullptr;        // short requests
    WorkLane* files_ = nullptr;        // requests whose answer is a file
    WorkLane* patient_ = nullptr;      // bodies, and waits: a thread each
    Sender* sender_ = nullptr;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
std::uint16_t Server::port() const { return impl_->port(); }
Status Server::run(Site site) { return impl_->run(std::move(site)); }
void Server::stop() noexcept { impl_->stop(); }

Result<std::unique_ptr<Server>> Server::listen(const ServerOptions& options) {
    const std::string port = std::to_string(options.port);
    try {
        Poco::Net::ServerSocket socket;
        // Never a shared port: a second front must be told, not given half of the browsers.
        socket.bind(Poco::Net::SocketAddress(options.listen, options.port), true, false);
        socket.listen(kBacklog);
        socket.setBlocking(false);
        return std::unique_ptr<Server>(new Server(std::make_unique<Impl>(options, socket)));
    } catch (const Poco::Exception& failed) {
        if (failed.code() == EADDRINUSE) {
            return Error{ErrorCode::conflict,
                         "port " + port + " on " + options.listen +
                             " is in use: stop what uses it, or choose another with --port"};
        }
        return Error{ErrorCode::unavailable, "port " + port + " on " + options.listen +
                                                 " cannot be listened on: " + failed.displayText()};
    }
}

}  // namespace nias::httpfront
