// The ventilator's loop: what it reads, and when a round ends.
#include <algorithm>
#include <span>
#include <variant>

#include "base/log.hpp"
#include "service/access/senders.hpp"
#include "service/data_lock.hpp"
#include "service/in_process.hpp"
#include "service/options.hpp"
#include "service/ventilator/impl.hpp"
#include "wire/codec/codec.hpp"
#include "wire/limits.hpp"
#include "wire/receivers.hpp"

namespace nias {
inline namespace v1 {
namespace {

constexpr std::size_t kFramesARound = 256;  // frames of one socket at once: none starves another
constexpr auto kTickEvery = std::chrono::milliseconds(50);
constexpr auto kSilenceMin = std::chrono::seconds(2);  // a machine may be busy for so long

}  // namespace

bool Ventilator::Impl::round_is_full() const {
    return effects_.events.size() >= (journal_ ? kEventsADurableRound : kEventsAMemoryRound) ||
           round_bytes_ >= kBytesARound;
}

Result<std::unique_ptr<Ventilator::Impl>> Ventilator::Impl::open(const VentilatorOptions& options) {
    if (auto checked = service::check(options); !checked) { return checked.error(); }
    std::optional<ProcessLock> lock;
    std::optional<store::Ledger> ledger;
    if (options.durability == Durability::durable) {
        auto locked = service::lock_data(options.data_dir, "ventilator");
        if (!locked) { return locked.error(); }
        lock.emplace(std::move(*locked));
        auto opened = store::Ledger::open(options.data_dir);
        if (!opened) { return opened.error(); }
        ledger.emplace(std::move(*opened));
    }
    const auto access = service::Access::open(options.keys, options.machines);
    if (!access) { return access.error(); }
    Network network{options.in_process ? options.in_process->context : access->make_context(), nullptr};
    auto gatekeeper = service::Gatekeeper::open(network.context, *access);
    if (!gatekeeper) { return gatekeeper.error(); }
    network.gatekeeper = std::move(*gatekeeper);
    // A line that was cut for longer than a worker is trusted is looked for anew, so that the worker is back
    // within seconds of its mending and keeps its lease.
    const auto silence_max =
        std::max<std::chrono::milliseconds>(std::chrono::milliseconds(options.suspect_ms), kSilenceMin);
    const auto bind = [&](net::Kind kind, int queue_max, const std::string& name, const std::string& at,
                          const std::string& also) {
        return net::Socket::bind(
            network.context, kind, at,
            {.hwm = queue_max, .routing_id = {}, .name = name, .also = also, .silence_max = silence_max});
    };
    auto intake = bind(net::Kind::pull, wire::kBatchQueueMax, "intake", options.intake, access->at.intake);
    if (!intake) { return intake.error(); }
    auto control =
        bind(net::Kind::router, wire::kControlQueueMax, "control", options.control, access->at.control);
    if (!control) { return control.error(); }
    auto events = bind(net::Kind::xpub, wire::kEventQueueMax, "events", options.events, access->at.events);
    if (!events) { return events.error(); }
    auto impl = std::make_unique<Impl>(options, std::move(network), std::move(*intake), std::move(*control),
                                       std::move(*events));
    impl->lock_ = std::move(lock);
    impl->watch_keys();
    if (!ledger) { return impl; }
    if (auto recovered = impl->recover(std::move(*ledger)); !recovered) { return recovered.error(); }
    return impl;
}

Status Ventilator::Impl::run() {
    while (!stop_.load() && failure_) {
        net::Socket* const all[] = {&intake_, &control_, &events_};
        const bool reads = !round_is_full();  // a full round waits for the journal
        const auto readable =
            net::wait_readable(reads ? std::span<net::Socket* const>(all) : std::span<net::Socket* const>(),
                               &waker_, kTickEvery);
        waker_.drain();
        if (reads && readable[2]) { welcome_listeners(); }
        look_at_journal();
        follow_keys();
        if (reads && readable[0]) { read_intake(); }
        if (reads && readable[1]) { read_control(); }
        look_around();
        if (!writing_ && failure_) { end_round(); }
    }
    return failure_ ? finish() : failure_;
}

void Ventilator::Impl::watch_keys() {
    if (!network_.gatekeeper) { return; }
    for (const net::Socket* socket : {&intake_, &control_, &events_}) { network_.gatekeeper->guard(*socket); }
    network_.gatekeeper->tell(&waker_);
}

// Before anything else is read: a name may be connected again, with another key.
void Ventilator::Impl::follow_keys() {
    if (!network_.gatekeeper) { return; }
    for (const Peer& peer : network_.gatekeeper->drain_revoked()) {
        if (peer.role == Role::worker) { core_.revoke(peer.name, when(), effects_); }
    }
}

void Ventilator::Impl::look_around() {
    const Time time = now();
    if (time - ticked_ < kTickEvery) { return; }
    ticked_ = time;
    // While a full round waits for the journal nothing is read: without ticks the core takes that for its own
    // standstill, and not for its workers' silence.
    if (!round_is_full()) { core_.tick(when(), effects_); }
    if (journal_) { forget_what_is_due(); }
    intake_dropped_.look(intake_, time);
    control_dropped_.look(control_, time);
}

// Keeps and tells what was decided before the loop ends.
Status Ventilator::Impl::finish() {
    for (int round = 0; round < 2 && failure_; ++round) {  // the one that is being written, and the last
        if (writing_) { fail(journal_->wait()); }
        look_at_journal();
        if (failure_ && round == 0) { end_round(); }
    }
    return failure_;
}

void Ventilator::Impl::fail(Status status) {
    if (failure_ && !status) { failure_ = std::move(status); }
}

// A client that has just begun to listen is told so by a batch without events: from there on none is missed
// for want of a subscription.
void Ventilator::Impl::welcome_listeners() {
    std::string topic;
    while (events_.receive_subscription(topic)) {
        if (topic.size() < 2) { continue; }  // everything: nobody in particular
        if (!events_.send(topic, wire::encode_events(epoch_, sequence_ + 1, {}))) {
            log::debug("events: a welcome was not sent");
        }
    }
}

/// Whether the sender of what was read last from the intake may say this; if not, it is dropped.
template <typename Message>
bool Ventilator::Impl::may_take(const Message& message) {
    if (!intake_.is_guarded()) { return true; }
    const auto may = service::may_say(intake_.sender(), message);
    if (!may) { intake_dropped_.add(may.error().message, now()); }
    return may.ok();
}

void Ventilator::Impl::read_intake() {
    std::span<std::uint8_t> frame;
    for (std::size_t i = 0; i < kFramesARound && !round_is_full() && intake_.receive(frame); ++i) {
        round_bytes_ += frame.size();
        auto message = wire::decode(frame);
        if (!message) {
            intake_dropped_.add(message.error().message, now());
            answer_damaged(frame);
            continue;
        }
        if (auto* submit = std::get_if<wire::Submit>(&*message)) {
            on_submit(std::move(*submit));
        } else if (auto* outcomes = std::get_if<wire::Outcomes>(&*message)) {
            if (may_take(*outcomes)) { core_.on(std::move(*outcomes), when(), effects_); }
        } else if (auto* cancel = std::get_if<wire::Cancel>(&*message)) {
            core_.on(*cancel, when(), effects_);
        } else if (auto* erased = std::get_if<wire::Erased>(&*message)) {
            if (may_take(*erased)) { on_erased(*erased); }
        } else {
            intake_dropped_.add_misplaced(wire::name_of(*message), now());
        }
    }
}

// One task that cannot be read keeps no other out, and its submitter hears why.
void Ventilator::Impl::answer_damaged(std::span<const std::uint8_t> frame) {
    auto salvaged = wire::salvage_submit(frame);
    if (!salvaged) { return; }
    for (const auto& [ids, words] : salvaged->refused) {
        core_.refuse(salvaged->submit.client, ids, wire::EventCode::invalid,
                     "the task cannot be read: " + words, when(), effects_);
    }
    if (!salvaged->submit.tasks.empty()) { on_submit(std::move(salvaged->submit)); }
}

template <typename Message, typename Refusal>
bool Ventilator::Impl::may_say(const std::string& peer, const Message& message, Refusal refusal) {
    if (!control_.is_guarded()) { return true; }
    const auto may = service::may_say(control_.sender(), message);
    if (may) { return true; }
    control_dropped_.add(may.error().message, now());
    if (!control_.send(peer, wire::encode(refusal(may.error().message)))) {
        log::debug("control: a refusal was not sent");
    }
    return false;
}

void Ventilator::Impl::on_hello(const std::string& peer, const wire::Hello& hello) {
    const std::string address = control_.sender_address();
    std::string refused;
    const auto refusal = [&](std::string why) {
        refused = why;
        return wire::Refused{std::move(why), wire::WorkerRefusal::denied};
    };
    if (may_say(peer, hello, refusal)) {
        core_.on(peer, hello, when(), effects_, address);
    } else {
        core_.refused(hello.worker, address, refused, when(), effects_);
    }
}

void Ventilator::Impl::read_control() {
    std::string peer;
    std::span<std::uint8_t> frame;
    for (std::size_t i = 0; i < kFramesARound && !round_is_full() && control_.receive(peer, frame); ++i) {
        round_bytes_ += frame.size();
        auto message = wire::decode(frame);
        if (!message) {
            control_dropped_.add(message.error().message, now());
            continue;
        }
        std::visit(
            [&](auto& body) {
                using Body = std::decay_t<decltype(body)>;
                if constexpr (std::is_same_v<Body, wire::Hello>) {
                    on_hello(peer, body);
                    return;
                }
                if constexpr (std::is_same_v<Body, wire::Order>) {
                    const auto answer = [&](std::string why) {
                        return wire::Ordered{body.worker, false, std::move(why)};
                    };
                    if (!may_say(peer, body, answer)) { return; }
                }
                if constexpr (std::is_same_v<Body, wire::Forget>) {
                    const auto answer = [&](std::string why) {
                        return wire::Forgotten{.number = body.number,
                                               .done = {},
                                               .living = {},
                                               .unknown = {},
                                               .denied = std::move(why)};
                    };
                    if (may_say(peer, body, answer)) { on_forget(peer, body); }
                } else if constexpr (std::is_same_v<Body, wire::Sync>) {
                    asked_.emplace_back(peer, std::move(body));
                } else if constexpr (std::is_same_v<Body, wire::QueryTasks>) {
                    on_query_tasks(peer, body);
                } else if constexpr (wire::AtControl::has<Body>) {
                    core_.on(peer, body, when(), effects_);
                } else {
                    control_dropped_.add_misplaced(wire::name_of(*message), now());
                }
            },
            *message);
    }
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
