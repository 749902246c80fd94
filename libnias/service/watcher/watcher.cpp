// Listens to the two public streams on a thread of its own. Streams lose what they cannot hold; of followed
// tasks the ventilator is asked, so that their last state is told all the same.
#include <nias/watcher.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <variant>

#include "base/clock.hpp"
#include "base/host/threads.hpp"
#include "base/log.hpp"
#include "core/submit/last_report.hpp"
#include "net/socket.hpp"
#include "service/access/own_keys.hpp"
#include "service/callback_guard.hpp"
#include "service/dropped_frames.hpp"
#include "service/in_process.hpp"
#include "service/options.hpp"
#include "wire/codec/codec.hpp"

namespace nias {
inline namespace v1 {
namespace {

constexpr std::size_t kFramesARound = 256;
constexpr std::size_t kFollowedMax = 65536;
constexpr const char* kOutputKinds[] = {"l", "p", "f"};  // log, progress, shown files
constexpr std::size_t kSyncIds = 256;                    // asked about in one round
constexpr std::size_t kLivesKept = 64;
constexpr auto kRound = std::chrono::milliseconds(1000);

}  // namespace

class [[gnu::visibility("hidden")]] Watcher::Impl {
public:
    struct Sockets {
        std::optional<net::Socket> events, control, output;
    };
    Impl(WatcherOptions options, net::Context context, Sockets sockets, WatcherCallbacks callbacks)
        : options_(std::move(options)),
          context_(std::move(context)),
          sockets_(std::move(sockets)),
          callbacks_(std::move(callbacks)),
          thread_([this] { run(); }) {}
    ~Impl() {
        stop_.store(true);
        waker_.wake();
        thread_.join();
    }

    Status follow(const TaskId& id);
    [[nodiscard]] Status status() const { return guard_.status(); }

private:
    /// A task that somebody asked for by name.
    struct Followed {
        core::LastReport last;  ///< what was told
        Time heard{};
        bool leaving = false;  ///< ended, and given one round more for the rest of its log
    };

    void run();
    void drain_fresh();
    void ask();
    void listen(net::Socket & socket, bool with_topic);
    void receive(const wire::Events& events, bool is_answer);
    [[nodiscard]] std::uint64_t life_of(std::uint64_t epoch);
    void on(wire::Event & event, const core::ReportPlace& place);
    void tell(wire::Event & event);
    void forget(const TaskId& id);

    WatcherOptions options_;
    net::Context context_;
    Sockets sockets_;  // touched by thread_ only, once it runs, as all to the next blank line
    WatcherCallbacks callbacks_;
    std::unordered_map<TaskId, Followed> followed_;
    std::deque<std::pair<Time, TaskId>> turns_;  ///< one a followed task: when to look whether it is silent
    std::deque<std::uint64_t> epochs_;           ///< the ventilator's, as they were first heard
    std::uint64_t lives_forgotten_ = 0;          ///< epochs that have left `epochs_`

    std::mutex mutex_;                  // guards the next two
    std::unordered_set<TaskId> named_;  ///< followed, or to be
    std::vector<TaskId> fresh_;         ///< to be followed
    service::DroppedFrames dropped_{"watcher"};
    service::CallbackGuard guard_{"watcher"};
    net::Waker waker_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

Status Watcher::Impl::follow(const TaskId& id) {
    if (options_.control.empty()) {
        return Error{ErrorCode::invalid,
                     "a watcher without the ventilator's control address follows no task"};
    }
    {
        const std::lock_guard lock(mutex_);
        if (named_.contains(id)) { return {}; }
        if (named_.size() >= kFollowedMax) {
            return Error{ErrorCode::overloaded,
                         std::to_string(kFollowedMax) + " tasks are followed: wait until some have ended"};
        }
        named_.insert(id);
        fresh_.push_back(id);
    }
    waker_.wake();
    return {};
}

void Watcher::Impl::run() {
    std::vector<net::Socket*> sockets;
    for (auto* socket : {&sockets_.events, &sockets_.control, &sockets_.output}) {
        if (*socket) { sockets.push_back(&**socket); }
    }
    while (!stop_.load()) {
        drain_fresh();
        ask();
        const auto rest = std::chrono::ceil<std::chrono::milliseconds>(
            turns_.empty() ? kRound : std::min<Time::duration>(kRound, turns_.front().first - now()));
        (void)net::wait_readable(sockets, &waker_, std::max(rest, std::chrono::milliseconds(0)));
        waker_.drain();
        for (net::Socket* const socket : sockets) {
            if (const std::string words = socket->tend(now()); !words.empty()) { log::warn(words); }
        }
        if (sockets_.events) { listen(*sockets_.events, true); }
        if (sockets_.control) { listen(*sockets_.control, false); }
        if (sockets_.output) { listen(*sockets_.output, true); }
    }
}

void Watcher::Impl::drain_fresh() {
    std::vector<TaskId> fresh;
    {
        const std::lock_guard lock(mutex_);
        fresh.swap(fresh_);
    }
    for (const TaskId& id : fresh) {
        if (!followed_.try_emplace(id).second) { continue; }
        turns_.emplace_front(Time{}, id);  // where it stands is asked at once
        if (!options_.everything && sockets_.output) {
            for (const char* kind : kOutputKinds) { sockets_.output->subscribe(kind + to_string(id)); }
        }
    }
}

// Every turn is ask_after behind the one before, so the queue stays in order.
void Watcher::Impl::ask() {
    const Time time = now();
    wire::Sync sync;
    while (!turns_.empty() && turns_.front().first <= time && sync.ids.size() < kSyncIds) {
        const TaskId id = turns_.front().second;
        turns_.pop_front();
        Followed& task = followed_[id];
        if (task.last.has_ended()) {
            if (task.leaving) {
                forget(id);
                continue;
            }
            task.leaving = true;
        } else if (time - task.heard >= options_.ask_after) {
            sync.ids.push_back(id);
        }
        turns_.emplace_back(time + options_.ask_after, id);
    }
    if (!sync.ids.empty() && !sockets_.control->send(wire::encode(sync))) {
        log::debug("watcher: the ventilator is not there; asked again later");
    }
}

void Watcher::Impl::forget(const TaskId& id) {
    if (!options_.everything && sockets_.output) {
        for (const char* kind : kOutputKinds) { sockets_.output->unsubscribe(kind + to_string(id)); }
    }
    followed_.erase(id);
    const std::lock_guard lock(mutex_);
    named_.erase(id);
}

void Watcher::Impl::listen(net::Socket& socket, bool with_topic) {
    std::string topic;
    std::span<std::uint8_t> frame;
    for (std::size_t i = 0; i < kFramesARound && !stop_.load(); ++i) {
        if (with_topic ? !socket.receive(topic, frame) : !socket.receive(frame)) { return; }
        auto message = wire::decode(frame);
        if (!message) {
            dropped_.add(message.error().message, now());
            continue;
        }
        if (auto* events = std::get_if<wire::Events>(&*message)) { receive(*events, !with_topic); }
        if (const auto* chunk = std::get_if<wire::LogChunk>(&*message); chunk && callbacks_.on_log) {
            guard_.call("on_log", [&] {
                callbacks_.on_log(chunk->attempt, chunk->offset,
                                  {reinterpret_cast<const char*>(chunk->data.data()), chunk->data.size()});
            });
        }
        if (const auto* progress = std::get_if<wire::Progress>(&*message);
            progress && callbacks_.on_progress) {
            guard_.call("on_progress", [&] {
                callbacks_.on_progress(progress->attempt, progress->fraction, progress->text);
            });
        }
        if (const auto* file = std::get_if<wire::LiveFile>(&*message); file && callbacks_.on_file) {
            guard_.call("on_file", [&] { callbacks_.on_file(file->attempt, file->name, file->size_bytes); });
        }
    }
}

// Events of the stream are numbered one by one. All of an answer has the number of the last event that was
// published before it.
void Watcher::Impl::receive(const wire::Events& events, bool is_answer) {
    core::ReportPlace place{life_of(events.epoch), events.first_seq};
    const auto receive_one = [&](wire::Event event) {
        on(event, place);
        place.number += is_answer ? 0 : 1;
    };
    for (const wire::Standing& standing : events.standing) {
        for (const TaskId& id : standing.ids) { receive_one(standing.event_of(id)); }
    }
    for (const wire::Event& event : events.events) { receive_one(event); }
}

/// Numbers the lives of the ventilator as they are first heard of, from 1.
std::uint64_t Watcher::Impl::life_of(std::uint64_t epoch) {
    const auto found = std::find(epochs_.rbegin(), epochs_.rend(), epoch);
    if (found != epochs_.rend()) {
        return lives_forgotten_ + static_cast<std::uint64_t>(epochs_.rend() - found);
    }
    epochs_.push_back(epoch);
    if (epochs_.size() > kLivesKept) {
        epochs_.pop_front();
        ++lives_forgotten_;
    }
    return lives_forgotten_ + epochs_.size();
}

void Watcher::Impl::on(wire::Event& event, const core::ReportPlace& place) {
    const auto found = followed_.find(event.id);
    const bool rejected = event.kind == wire::EventKind::rejected;
    if (found == followed_.end()) {
        if (options_.everything && !rejected) { tell(event); }
        return;
    }
    Followed& task = found->second;
    task.heard = now();
    switch (task.last.hear(event, place)) {
        case core::LastReport::News::nothing:
        case core::LastReport::News::refused: return;  // not submitted yet, as far as is known
        case core::LastReport::News::gone:
            event.state = task.last.state();
            event.attempt = task.last.attempt();
            break;
        case core::LastReport::News::accepted:
        case core::LastReport::News::moved:
        case core::LastReport::News::ended: break;
    }
    tell(event);
}

void Watcher::Impl::tell(wire::Event& event) {
    if (!callbacks_.on_state) { return; }
    guard_.call("on_state", [&] {
        callbacks_.on_state({.id = event.id,
                             .state = event.state,
                             .attempt = event.attempt,
                             .unix_ms = event.unix_ms,
                             .text = std::move(event.text),
                             .outcome = std::move(event.outcome),
                             .group = event.group});
    });
}

Watcher::Watcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Watcher::Watcher(Watcher&&) noexcept = default;
Watcher& Watcher::operator=(Watcher&&) noexcept = default;
Watcher::~Watcher() = default;

Result<Watcher> Watcher::open(const WatcherOptions& options, WatcherCallbacks callbacks) {
    if (auto checked = service::check(options); !checked) { return checked.error(); }
    auto keys = service::keys_of(options.keys, Role::watcher);
    if (!keys) { return keys.error(); }
    net::Context context = service::context_of(options.in_process, std::move(*keys));
    Impl::Sockets sockets;
    const net::SocketOptions listens{.hwm = wire::kEventReadAheadMax, .routing_id = {}};
    if (!options.events.empty()) {
        auto events = net::Socket::connect(context, net::Kind::sub, options.events, listens);
        if (!events) { return events.error(); }
        events->subscribe("t");
        sockets.events.emplace(std::move(*events));
    }
    if (!options.control.empty()) {
        auto control = net::Socket::connect(context, net::Kind::dealer, options.control);
        if (!control) { return control.error(); }
        sockets.control.emplace(std::move(*control));
    }
    if (!options.output.empty()) {
        auto output = net::Socket::connect(context, net::Kind::sub, options.output, listens);
        if (!output) { return output.error(); }
        if (options.everything) {
            for (const char* kind : kOutputKinds) { output->subscribe(kind); }
        }
        sockets.output.emplace(std::move(*output));
    }
    auto impl = with_threads("a watcher", [&] {
        return std::make_unique<Impl>(options, std::move(context), std::move(sockets), std::move(callbacks));
    });
    if (!impl) { return impl.error(); }
    return Watcher(*std::move(impl));
}
Status Watcher::follow(const TaskId& id) { return impl_->follow(id); }
Status Watcher::status() const { return impl_->status(); }

}  // namespace v1
}  // namespace nias
