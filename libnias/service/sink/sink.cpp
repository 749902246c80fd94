// The sink's shell: outcomes become durable, then go on to the ventilator, and those of tasks that are gone
// are erased. The bulk channel has a thread of its own, and so has the sweep of blobs. The threads share
// nothing but the stop flag.
#include <nias/sink.hpp>

#include <atomic>
#include <thread>

#include "base/clock.hpp"
#include "base/host/threads.hpp"
#include "base/log.hpp"
#include "core/settle.hpp"
#include "net/socket.hpp"
#include "service/access/gatekeeper.hpp"
#include "service/access/senders.hpp"
#include "service/bulk/server.hpp"
#include "service/data_lock.hpp"
#include "service/dropped_frames.hpp"
#include "service/followed_requests.hpp"
#include "service/in_process.hpp"
#include "service/options.hpp"
#include "service/sink/eraser.hpp"
#include "service/sink/sweeper.hpp"
#include "service/unsent_frames.hpp"
#include "store/results/results.hpp"
#include "wire/codec/codec.hpp"
#include "wire/request_line.hpp"

namespace nias {
inline namespace v1 {
namespace {

constexpr std::size_t kFramesARound = 256;
constexpr auto kTickEvery = std::chrono::milliseconds(1000);

}  // namespace

class [[gnu::visibility("hidden")]] Sink::Impl {
public:
    Impl(SinkOptions options, net::Context context, std::unique_ptr<service::Gatekeeper> gatekeeper,
         net::Socket outcomes, net::Socket intake)
        : options_(std::move(options)),
          context_(std::move(context)),
          gatekeeper_(std::move(gatekeeper)),
          outcomes_(std::move(outcomes)),
          intake_(std::move(intake)) {}

    static Result<std::unique_ptr<Impl>> open(const SinkOptions& options);
    Status run();
    void stop() noexcept {
        stop_.store(true);
        waker_.wake();
    }
    [[nodiscard]] SinkOptions bound() const {
        SinkOptions out = options_;
        out.outcomes = outcomes_.endpoint();
        out.bulk = bulk_->bulk_endpoint();
        out.output = bulk_->output_endpoint();
        return out;
    }

private:
    void read();
    Status settle();
    /// Tells the log of outcomes that are stored, where their tasks name their request.
    void follow_requests();
    Status erase();

    std::optional<ProcessLock> lock_;  ///< on the data directory, let go last; nothing in memory
    SinkOptions options_;
    net::Context context_;
    std::unique_ptr<service::Gatekeeper> gatekeeper_;  ///< nothing without keys
    net::Socket outcomes_;
    net::Socket intake_;
    service::UnsentFrames unsent_;  ///< for intake_
    net::Waker waker_;              ///< wakes both threads once, for the end: neither drains it
    std::atomic<bool> stop_{false};
    std::unique_ptr<service::BulkServer> bulk_;  ///< touched by its thread only while run() runs
    std::optional<store::Results> results_;
    std::optional<service::Eraser> eraser_;  ///< set with `results_`
    service::DroppedFrames dropped_{"outcomes"};
    service::FollowedRequests followed_;
    core::Settle core_;
};

Result<std::unique_ptr<Sink::Impl>> Sink::Impl::open(const SinkOptions& options) {
    if (auto checked = service::check(options); !checked) { return checked.error(); }
    std::optional<ProcessLock> lock;
    std::optional<store::Results> results;
    std::optional<service::Eraser> eraser;
    std::optional<service::BulkServer::Keeps> keeps;
    if (!options.blob_dir.empty()) { keeps = {.folder = options.blob_dir, .logs = false}; }
    if (options.durability == Durability::durable) {
        auto locked = service::lock_data(options.data_dir, "sink");
        if (!locked) { return locked.error(); }
        lock.emplace(std::move(*locked));
        auto opened = store::Results::open(options.data_dir);
        if (!opened) { return opened.error(); }
        results.emplace(std::move(*opened));
        auto erasing = service::Eraser::open(options.data_dir);
        if (!erasing) { return erasing.error(); }
        eraser.emplace(std::move(*erasing));
        keeps = {.folder = options.data_dir, .logs = true};
    }
    const auto access = service::Access::open(options.keys, options.machines);
    if (!access) { return access.error(); }
    net::Context context = options.in_process ? options.in_process->context : access->make_context();
    auto gatekeeper = service::Gatekeeper::open(context, *access);
    if (!gatekeeper) { return gatekeeper.error(); }
    auto outcomes =
        net::Socket::bind(context, net::Kind::pull, options.outcomes,
                          {.hwm = wire::kBatchQueueMax, .name = "outcomes", .also = access->at.outcomes});
    if (!outcomes) { return outcomes.error(); }
    auto intake = net::Socket::connect(context, net::Kind::push, options.intake,
                                       {.hwm = wire::kBatchQueueMax, .routing_id = {}});
    if (!intake) { return intake.error(); }
    auto bulk = service::BulkServer::open(context,
                                          {.bulk = options.bulk,
                                           .bulk_too = access->at.bulk,
                                           .output = options.output,
                                           .output_too = access->at.output},
                                          keeps);
    if (!bulk) { return bulk.error(); }
    if (*gatekeeper) {
        (*gatekeeper)->guard(*outcomes);
        for (const net::Socket* socket : (*bulk)->sockets()) { (*gatekeeper)->guard(*socket); }
    }
    auto impl = std::make_unique<Impl>(options, std::move(context), std::move(*gatekeeper),
                                       std::move(*outcomes), std::move(*intake));
    impl->lock_ = std::move(lock);
    impl->results_ = std::move(results);
    impl->eraser_ = std::move(eraser);
    impl->bulk_ = std::move(*bulk);
    return impl;
}

Status Sink::Impl::run() {
    std::optional<service::Sweeper> sweeper;
    auto started = with_threads("the sink", [&] {
        if (results_ && options_.unused_blobs_kept_s > 0) {
            sweeper.emplace(options_.data_dir, std::chrono::seconds(options_.unused_blobs_kept_s));
        }
        return std::thread([this] { bulk_->run(stop_, waker_); });
    });
    if (!started) { return started.error(); }
    std::thread bulk = *std::move(started);
    Status status;
    while (!stop_.load()) {
        net::Socket* const sockets[] = {&outcomes_};
        const auto readable = net::wait_readable(
            sockets, &waker_, unsent_.empty() ? kTickEvery : service::UnsentFrames::kAskAgain);
        unsent_.retry(intake_);
        if (readable[0]) { read(); }
        dropped_.look(outcomes_, now());
        if (const std::string words = intake_.tend(now()); !words.empty()) { log::warn(words); }
        status = settle();
        if (status) { status = erase(); }
        if (!status) { break; }
    }
    stop();
    bulk.join();
    return status;
}

void Sink::Impl::read() {
    std::span<std::uint8_t> frame;
    for (std::size_t i = 0; i < kFramesARound && !core_.full() && outcomes_.receive(frame); ++i) {
        auto message = wire::decode(frame);
        if (!message) {
            dropped_.add(message.error().message, now());
            continue;
        }
        if (auto* report = std::get_if<wire::OutcomeReport>(&*message)) {
            if (outcomes_.is_guarded()) {
                if (const auto may = service::may_say(outcomes_.sender(), *report); !may) {
                    dropped_.add(may.error().message, now());
                    continue;
                }
            }
            core_.on(std::move(*report));
        } else {
            dropped_.add_misplaced(wire::name_of(*message), now());
        }
    }
}

// A commit that failed for want of space passes nothing on: workers keep their outcomes and repeat.
Status Sink::Impl::settle() {
    if (core_.empty()) { return {}; }
    if (results_) {
        std::vector<store::ReportedOutcomes> reported;
        for (const auto& [outcomes, worker] : core_.to_commit()) { reported.push_back({outcomes, worker}); }
        if (auto stored = results_->add(reported); !stored) {
            core_.failed();
            if (stored.error().code != ErrorCode::overloaded) { return stored; }
            log::error(stored.error().message);
            return {};
        }
    }
    follow_requests();
    for (const wire::Outcomes& outcomes : core_.committed()) {
        if (!unsent_.give(intake_, wire::encode(outcomes))) {
            log::debug("intake: the ventilator does not take outcomes; workers repeat them");
        }
    }
    return {};
}

void Sink::Impl::follow_requests() {
    for (const auto& [run, worker] : core_.to_commit()) {
        const Outcome& shared = run->shared;
        if (shared.request.empty()) { continue; }
        const std::string what = "its outcome is stored: " + std::string(to_string(shared.status)) +
                                 ", worker " + std::string(worker);
        for (const TaskId& id : run->ids) {
            followed_.add(wire::request_line(shared.request, {id, shared.attempt}, what), now());
        }
    }
}

// A disk that has no room to erase is waited for, as for outcomes: the ledger names the tasks again.
Status Sink::Impl::erase() {
    if (!results_) { return {}; }
    const auto erased = eraser_->erase_some(*results_, now());
    if (!erased) {
        if (erased.error().code != ErrorCode::overloaded) { return erased.error(); }
        log::error(erased.error().message);
        return {};
    }
    if (!erased->ids.empty() && !unsent_.give(intake_, wire::encode(*erased))) {
        log::debug("intake: the ventilator does not take what was erased; it is told again");
    }
    return {};
}

Sink::Sink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Sink::Sink(Sink&&) noexcept = default;
Sink& Sink::operator=(Sink&&) noexcept = default;
Sink::~Sink() = default;

Result<Sink> Sink::open(const SinkOptions& options) {
    auto impl = Impl::open(options);
    if (!impl) { return impl.error(); }
    return Sink(std::move(*impl));
}
Status Sink::run() { return impl_->run(); }
void Sink::stop() noexcept { impl_->stop(); }
SinkOptions Sink::bound() const { return impl_->bound(); }

}  // namespace v1
}  // namespace nias
