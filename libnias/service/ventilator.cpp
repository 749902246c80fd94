// The ventilator's shell: sockets and ledger around core::Dispatch. One thread; nothing is decided here.
// A round: a batch of frames → core → one transaction → only then sends and publications leave.
#include <nias/ventilator.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <span>
#include <unordered_map>
#include <variant>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "core/dispatch.hpp"
#include "net/socket.hpp"
#include "service/dropped_frames.hpp"
#include "store/ledger.hpp"
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
// A state for people is written once it has lasted.
constexpr auto kSoftAfter = std::chrono::milliseconds(200);
constexpr int kQueueMax = 4096;  // messages a peer

store::TaskChange change_of(const core::JournalState& state) {
    return {.id = state.id,
            .state = state.state,
            .attempt = state.attempt,
            .worker = state.worker,
            .reason = state.reason,
            .unix_ms = state.unix_ms};
}

/// Neighbours mostly stand alike.
void add_to(std::vector<wire::Accepted>& accepted, const wire::Event& event) {
    const bool alike = !accepted.empty() && accepted.back().state == event.state &&
                       accepted.back().attempt == event.attempt && accepted.back().unix_ms == event.unix_ms &&
                       accepted.back().text == event.text;
    if (!alike) { accepted.push_back({event.state, event.attempt, event.unix_ms, event.text, {}}); }
    accepted.back().ids.push_back(event.id);
}

}  // namespace

class [[gnu::visibility("hidden")]] Ventilator::Impl {
public:
    Impl(VentilatorOptions options, net::Context context, net::Socket intake, net::Socket control,
         net::Socket events)
        : options_(std::move(options)),
          context_(std::move(context)),
          intake_(std::move(intake)),
          control_(std::move(control)),
          events_(std::move(events)),
          core_(dispatch_options(options_)) {}

    static Result<std::unique_ptr<Impl>> open(const VentilatorOptions& options);
    Status run();
    void stop() noexcept {
        stop_.store(true);
        waker_.wake();
    }
    [[nodiscard]] VentilatorOptions bound() const {
        VentilatorOptions out = options_;
        out.intake = intake_.endpoint();
        out.control = control_.endpoint();
        out.events = events_.endpoint();
        return out;
    }

private:
    static core::DispatchOptions dispatch_options(const VentilatorOptions& options) {
        return {.max_queued = options.max_queued,
                .beat = std::chrono::milliseconds(options.beat_ms),
                .suspect = std::chrono::milliseconds(options.suspect_ms),
                .lease = std::chrono::milliseconds(options.lease_ms),
                .usage_half_life = std::chrono::seconds(options.usage_half_life_s),
                .journals = options.durability == Durability::durable,
                .first_welcome = make_incarnation()};
    }
    static core::When when() { return {.now = now(), .unix_ms = unix_ms_now()}; }

    Status recover();
    [[nodiscard]] bool round_is_full() const {
        return effects_.events.size() >= (ledger_ ? kEventsADurableRound : kEventsAMemoryRound);
    }
    void welcome_listeners();
    Status read_intake();
    void read_control();
    Status on_submit(wire::Submit submit);
    Status on_sync(const std::string& peer, wire::Sync sync);
    void note_soft(const core::JournalState& state);
    Status commit();
    Status journal(core::JournalAdd && add);
    Status journal(core::JournalEnd && end);
    void send_all();
    void publish_all();
    void publish(std::span<const core::Publish> of_one_client);

    VentilatorOptions options_;
    net::Context context_;
    net::Socket intake_;
    net::Socket control_;
    net::Socket events_;
    service::DroppedFrames intake_dropped_{"intake"};
    service::DroppedFrames control_dropped_{"control"};
    net::Waker waker_;
    std::atomic<bool> stop_{false};
    std::optional<store::Ledger> ledger_;
    core::Dispatch core_;
    core::Effects effects_;
    std::unordered_map<TaskId, core::JournalState> soft_;  ///< at most one a living task
    std::deque<std::pair<Time, TaskId>> soft_order_;       ///< at most one an entry of the last kSoftAfter
    std::uint64_t epoch_ = make_incarnation();
    std::uint64_t sequence_ = 0;
    Status failure_;
};

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

Status Ventilator::Impl::recover() {
    if (!ledger_) { return {}; }
    auto alive = ledger_->alive();
    if (!alive) { return alive.error(); }
    std::vector<core::Recovered> tasks;
    tasks.reserve(alive->size());
    for (auto& record : *alive) {
        tasks.push_back({.task = std::move(record.task),
                         .client = std::move(record.client),
                         .state = record.state,
                         .worker = std::move(record.worker),
                         .reason = std::move(record.reason)});
    }
    if (!tasks.empty()) {
        log::info("ledger: " + std::to_string(tasks.size()) + " living tasks taken up again");
    }
    core_.recover(std::move(tasks), when());
    return {};
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
                              std::is_same_v<Body, wire::Beat> || std::is_same_v<Body, wire::Query>) {
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

// The core forgets ended tasks after a while; the ledger does not. A repeat of an old id is told its end.
Status Ventilator::Impl::on_submit(wire::Submit submit) {
    if (ledger_) {
        // One transaction for what is looked up and for what is added: each of its own takes the file's
        // locks.
        if (auto begun = ledger_->begin(); !begun) { return begun; }
        std::vector<Task> fresh;
        fresh.reserve(submit.tasks.size());
        for (Task& task : submit.tasks) {
            if (!core_.knows(task.id)) {
                auto record = ledger_->find(task.id);
                if (!record) { return record.error(); }
                if (*record && has_ended((*record)->state)) {
                    effects_.events.push_back({submit.client,
                                               {.id = task.id,
                                                .kind = wire::EventKind::ended,
                                                .state = (*record)->state,
                                                .attempt = (*record)->task.attempt,
                                                .unix_ms = (*record)->ended_unix_ms,
                                                .text = (*record)->reason,
                                                .outcome = (*record)->outcome}});
                    continue;
                }
            }
            fresh.push_back(std::move(task));
        }
        submit.tasks = std::move(fresh);
    }
    if (!submit.tasks.empty()) { core_.on(std::move(submit), when(), effects_); }
    return {};
}

Status Ventilator::Impl::on_sync(const std::string& peer, wire::Sync sync) {
    if (ledger_) {
        wire::Events answer{.epoch = epoch_, .first_seq = 0, .events = {}, .accepted = {}};
        std::vector<TaskId> rest;
        for (const TaskId& id : sync.ids) {
            if (core_.knows(id)) {
                rest.push_back(id);
                continue;
            }
            auto record = ledger_->find(id);
            if (!record) { return record.error(); }
            if (!*record) {
                rest.push_back(id);
                continue;
            }
            answer.events.push_back(
                {.id = id,
                 .kind = has_ended((*record)->state) ? wire::EventKind::ended : wire::EventKind::state,
                 .state = (*record)->state,
                 .attempt = (*record)->task.attempt,
                 .unix_ms = (*record)->ended_unix_ms,
                 .text = (*record)->reason,
                 .outcome = (*record)->outcome});
            if (answer.events.size() >= 16) {  // outcomes may carry 64 KiB each
                effects_.sends.push_back({peer, std::move(answer)});
                answer = {.epoch = epoch_, .first_seq = 0, .events = {}, .accepted = {}};
            }
        }
        if (!answer.events.empty()) { effects_.sends.push_back({peer, std::move(answer)}); }
        sync.ids = std::move(rest);
    }
    if (!sync.ids.empty()) { core_.on(peer, sync, when(), effects_); }
    return {};
}

Status Ventilator::Impl::journal(core::JournalAdd&& add) {
    store::TaskRecord record;
    record.task = std::move(add.task);
    record.client = std::move(add.client);
    record.submitted_unix_ms = add.unix_ms;
    return ledger_->add(record);
}

Status Ventilator::Impl::journal(core::JournalEnd&& end) {
    return ledger_->end({.id = end.id,
                         .state = end.state,
                         .attempt = end.attempt,
                         .worker = std::move(end.worker),
                         .reason = std::move(end.reason),
                         .unix_ms = end.unix_ms},
                        std::move(end.outcome));
}

// Most tasks of a busy pipeline end before anybody could look: where they stood meanwhile is never written.
void Ventilator::Impl::note_soft(const core::JournalState& state) {
    const auto [place, is_new] = soft_.insert_or_assign(state.id, state);
    if (is_new) { soft_order_.emplace_back(now(), place->first); }
}

Status Ventilator::Impl::commit() {
    if (!ledger_) { return {}; }
    for (core::Journal& entry : effects_.journal) {
        if (const auto* state = std::get_if<core::JournalState>(&entry); state && state->soft) {
            note_soft(*state);
            continue;
        }
        if (auto begun = ledger_->begin(); !begun) { return begun; }
        Status written;
        if (auto* add = std::get_if<core::JournalAdd>(&entry)) { written = journal(std::move(*add)); }
        if (const auto* state = std::get_if<core::JournalState>(&entry)) {
            soft_.erase(state->id);
            written = ledger_->change(change_of(*state));
        }
        if (auto* end = std::get_if<core::JournalEnd>(&entry)) {
            soft_.erase(end->id);
            written = journal(std::move(*end));
        }
        if (!written) { return written; }
    }
    for (const Time time = now();
         !soft_order_.empty() && (time - soft_order_.front().first >= kSoftAfter || stop_.load());
         soft_order_.pop_front()) {
        const auto place = soft_.find(soft_order_.front().second);
        if (place == soft_.end()) { continue; }  // it has ended, or was written
        if (auto begun = ledger_->begin(); !begun) { return begun; }
        if (auto written = ledger_->change(change_of(place->second)); !written) { return written; }
        soft_.erase(place);
    }
    return ledger_->commit();
}

void Ventilator::Impl::send_all() {
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
