#include "service/watch.hpp"

#include <atomic>
#include <thread>
#include <variant>

#include "base/log.hpp"
#include "net/socket.hpp"
#include "wire/codec.hpp"

namespace nias::service {
namespace {

constexpr int kQueueMax = 10'000;  // messages that may wait for the callbacks; more are lost
constexpr std::size_t kFramesARound = 256;

}  // namespace

class Watch::Impl {
public:
    Impl(net::Context context, std::vector<net::Socket> sockets, WatchCallbacks callbacks)
        : context_(std::move(context)),
          sockets_(std::move(sockets)),
          callbacks_(std::move(callbacks)),
          thread_([this] { run(); }) {}
    ~Impl() {
        stop_.store(true);
        waker_.wake();
        thread_.join();
    }

private:
    void run() {
        std::vector<net::Socket*> sockets;
        for (net::Socket& socket : sockets_) { sockets.push_back(&socket); }
        std::string topic;
        Bytes frame;
        while (!stop_.load()) {
            (void)net::wait_readable(sockets, &waker_, std::chrono::milliseconds(1000));
            waker_.drain();
            for (net::Socket* socket : sockets) {
                for (std::size_t i = 0; i < kFramesARound && socket->receive(topic, frame); ++i) {
                    take(frame);
                }
            }
        }
    }
    void take(const Bytes& frame) {
        const auto message = wire::decode(frame);
        if (!message) { return log::warn("watch: a frame was dropped: " + message.error().message); }
        if (const auto* events = std::get_if<wire::Events>(&*message)) {
            for (const wire::Accepted& alike : events->accepted) {
                for (const TaskId& id : alike.ids) {
                    if (callbacks_.on_state) { callbacks_.on_state(id, alike.state, alike.attempt); }
                }
            }
            for (const wire::Event& event : events->events) {
                if (callbacks_.on_state && event.kind != wire::EventKind::rejected) {
                    callbacks_.on_state(event.id, event.state, event.attempt);
                }
            }
        }
        if (const auto* chunk = std::get_if<wire::LogChunk>(&*message);
            chunk != nullptr && callbacks_.on_log) {
            callbacks_.on_log(chunk->attempt, chunk->offset,
                              {reinterpret_cast<const char*>(chunk->data.data()), chunk->data.size()});
        }
        if (const auto* progress = std::get_if<wire::Progress>(&*message);
            progress != nullptr && callbacks_.on_progress) {
            callbacks_.on_progress(progress->attempt, progress->fraction, progress->text);
        }
    }

    net::Context context_;
    std::vector<net::Socket> sockets_;  // touched by thread_ only, once it runs
    WatchCallbacks callbacks_;
    net::Waker waker_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

Watch::Watch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Watch::Watch(Watch&&) noexcept = default;
Watch& Watch::operator=(Watch&&) noexcept = default;
Watch::~Watch() = default;

Result<Watch> Watch::open(const WatchOptions& options, WatchCallbacks callbacks) {
    net::Context context;
    std::vector<net::Socket> sockets;
    const std::pair<const std::string&, std::vector<std::string_view>> streams[] = {
        {options.events, {"t"}}, {options.output, {"l", "p"}}};
    for (const auto& [endpoint, topics] : streams) {
        if (endpoint.empty()) { continue; }
        auto socket =
            net::Socket::connect(context, net::Kind::sub, endpoint, {.hwm = kQueueMax, .routing_id = {}});
        if (!socket) { return socket.error(); }
        for (const std::string_view topic : topics) { socket->subscribe(topic); }
        sockets.push_back(std::move(*socket));
    }
    return Watch(std::make_unique<Impl>(std::move(context), std::move(sockets), std::move(callbacks)));
}

}  // namespace nias::service
