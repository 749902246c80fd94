// The ventilator's loop: what it reads, and what leaves after the commit.
#include <algorithm>
#include <variant>

#include "base/log.hpp"
#include "service/ventilator_impl.hpp"
#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "wire/weight.hpp"

namespace nias {
inline namespace v1 {
namespace {

constexpr std::size_t kFramesARound = 256;  // of each socket, so that neither starves the other
// Past this a round is committed: a sync is shared by many tasks.
constexpr std::size_t kEventsADurableRound = 8192;
constexpr std::size_t kEventsAMemoryRound = 512;  // without one, a round stays within the processor's cache
constexpr auto kTickEvery = std::chrono::milliseconds(50);
constexpr int kQueueMax = 4096;  // messages a peer

/// Neighbours mostly stand alike.
void add_to(std::vector<wire::Accepted>& accepted, const wire::Event& event) {
    const bool alike = !accepted.empty() && accepted.back().state == event.state &&
                       accepted.back().attempt == event.attempt && accepted.back().unix_ms == event.unix_ms &&
                       accepted.back().text == event.text;
    if (!alike) { accepted.push_back({event.state, event.attempt, event.unix_ms, event.text, {}}); }
    accepted.back().ids.push_back(event.id);
}

}  // namespace

bool Ventilator::Impl::round_is_full() const {
    return effects_.events.size() >= (ledger_ ? kEventsADurableRound : kEventsAMemoryRound);
}

Result<std::unique_ptr<Ventilator::Impl>> Ventilator::Impl::open(const VentilatorOptions& options) {
    std::optional<store::Ledger> ledger;
    if (options.durability == Durability::durable) {
        auto opened = store::Ledger::open(options.data_dir);
        if (!opened) { return opened.error(); }
        ledger.emplace(std::move(*opened));
    }
    net::Context context;
    auto intake =
        net::Socket::bind(context, net::Kind::pull, options.intake, {.hwm = kQueueMax, .routing_id = {}});
    if (!intake) { return intake.error(); }
    auto control =
        net::Socket::bind(context, net::Kind::router, options.control, {.hwm = kQueueMax, .routing_id = {}});
    if (!control) { return control.error(); }
    auto events =
        net::Socket::bind(context, net::Kind::xpub, options.events, {.hwm = kQueueMax, .routing_id = {}});
    if (!events) { return events.error(); }
    auto impl = std::make_unique<Impl>(options, std::move(context), std::move(*intake), std::move(*control),
                                       std::move(*events));
    impl->ledger_ = std::move(ledger);
    if (auto recovered = impl->recover(); !recovered) { return recovered.error(); }
    return impl;
}

Status Ventilator::Impl::run() {
    Time ticked{};
    while (!stop_.load()) {
        net::Socket* const sockets[] = {&intake_, &control_, &events_};
        const auto readable = net::wait_readable(sockets, &waker_, kTickEvery);
        waker_.drain();
        if (readable[2]) { welcome_listeners(); }
        if (auto read = read_intake(); !read) { return read; }
        read_control();
        if (!failure_) { return failure_; }
        if (now() - ticked >= kTickEvery) {
            core_.tick(when(), effects_);
            ticked = now();
            intake_dropped_.look(intake_, ticked);
            control_dropped_.look(control_, ticked);
        }
        core_.assign(when(), effects_);
        if (auto committed = commit(); !committed) { return committed; }
        send_all();
        publish_all();
        effects_.clear();
    }
    return commit();
}

// Who has just begun to listen is told so by a batch of no events: from there on none is missed for want of
// a subscription.
void Ventilator::Impl::welcome_listeners() {
    std::string topic;
    while (events_.receive_subscription(topic)) {
        if (topic.size() < 2) { continue; }  // everything: nobody in particular
        if (!events_.send(topic, wire::encode_events(epoch_, sequence_ + 1, {}))) {
            log::debug("events: a welcome was not sent");
        }
    }
}

Status Ventilator::Impl::read_intake() {
    Bytes frame;
    for (std::size_t i = 0; i < kFramesARound && !round_is_full() && intake_.receive(frame); ++i) {
        auto message = wire::decode(frame);
        if (!message) {
            intake_dropped_.add(message.error().message, now());
            continue;
        }
        if (auto* submit = std::get_if<wire::Submit>(&*message)) {
            if (auto taken = on_submit(std::move(*submit)); !taken) { return taken; }
        } else if (auto* outcomes = std::get_if<wire::Outcomes>(&*message)) {
            core_.on(std::move(*outcomes), when(), effects_);
        } else if (auto* cancel = std::get_if<wire::Cancel>(&*message)) {
            core_.on(*cancel, when(), effects_);
        } else {
            intake_dropped_.add_misplaced(wire::name_of(*message), now());
        }
    }
    return {};
}

void Ventilator::Impl::read_control() {
    std::string peer;
    Bytes frame;
    for (std::size_t i = 0; i < kFramesARound && !round_is_full() && control_.receive(peer, frame); ++i) {
        auto message = wire::decode(frame);
        if (!message) {
            control_dropped_.add(message.error().message, now());
            continue;
        }
        std::visit(
            [&](auto& body) {
                using Body = std::decay_t<decltype(body)>;
                if constexpr (std::is_same_v<Body, wire::Hello> || std::is_same_v<Body, wire::Credit> ||
                              std::is_same_v<Body, wire::Started> || std::is_same_v<Body, wire::Declined> ||
                              std::is_same_v<Body, wire::Retracted> || std::is_same_v<Body, wire::Beat> ||
                              std::is_same_v<Body, wire::Query> || std::is_same_v<Body, wire::QueryWorkers> ||
                              std::is_same_v<Body, wire::Resume>) {
                    core_.on(peer, body, when(), effects_);
                } else if constexpr (std::is_same_v<Body, wire::Sync>) {
                    if (auto done = on_sync(peer, std::move(body)); !done) { failure_ = done; }
                } else {
                    control_dropped_.add_misplaced(wire::name_of(*message), now());
                }
            },
            *message);
    }
}

void Ventilator::Impl::send_all() {
    for (const std::string& notice : effects_.notices) { log::warn(notice); }
    for (const core::Send& send : effects_.sends) {
        if (!control_.send(send.peer, wire::encode(send.message))) {
            log::debug("control: a message to a worker was dropped: the worker is gone or slow");
        }
    }
    for (const core::SendTasks& send : effects_.tasks) {
        if (!control_.send(send.peer, wire::encode_tasks(send.incarnation, send.sent_total, send.tasks))) {
            log::debug("control: tasks were dropped: the worker is gone or slow");
        }
    }
}

void Ventilator::Impl::publish_all() {
    auto& all = effects_.events;
    const auto by_client = [](const core::Publish& a, const core::Publish& b) { return a.client < b.client; };
    if (!std::is_sorted(all.begin(), all.end(), by_client)) {
        std::stable_sort(all.begin(), all.end(), by_client);
    }
    for (auto first = all.begin(); first != all.end();) {
        const auto last = std::find_if(
            first, all.end(), [&](const core::Publish& other) { return other.client != first->client; });
        publish(std::span(first, last));
        first = last;
    }
}

void Ventilator::Impl::publish(std::span<const core::Publish> of_one_client) {
    const std::string topic = "t" + of_one_client.front().client;
    std::vector<const wire::Event*> batch;
    std::vector<wire::Accepted> accepted;
    batch.reserve(std::min(of_one_client.size(), wire::kBatchItemsMax));
    std::size_t bytes = 0;
    std::size_t items = 0;
    const auto flush = [&] {
        if (!events_.send(topic, wire::encode_events(epoch_, sequence_ + 1, batch, accepted))) {
            log::debug("events: a batch was not published");
        }
        sequence_ += items;
        batch.clear();
        accepted.clear();
        bytes = items = 0;
    };
    for (const core::Publish& publication : of_one_client) {
        const wire::Event& event = publication.event;
        if (event.kind == wire::EventKind::accepted) {  // it is its task's first: it may pass those of others
            add_to(accepted, event);
            bytes += sizeof(TaskId);
        } else {
            batch.push_back(&event);
            bytes += wire::weight(event);
        }
        if (bytes > wire::kBatchBytesTarget || ++items >= wire::kBatchItemsMax) { flush(); }
    }
    if (items > 0) { flush(); }
}

Ventilator::Ventilator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ventilator::Ventilator(Ventilator&&) noexcept = default;
Ventilator& Ventilator::operator=(Ventilator&&) noexcept = default;
Ventilator::~Ventilator() = default;

Result<Ventilator> Ventilator::open(const VentilatorOptions& options) {
    auto impl = Impl::open(options);
    if (!impl) { return impl.error(); }
    return Ventilator(std::move(*impl));
}
Status Ventilator::run() { return impl_->run(); }
void Ventilator::stop() noexcept { impl_->stop(); }
VentilatorOptions Ventilator::bound() const { return impl_->bound(); }

}  // namespace v1
}  // namespace nias
