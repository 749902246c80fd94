// A worker's shell: one loop thread owns the sockets, the core and the outbox; handlers run on the
// executor's threads, so that beats never wait for user code.
#include <nias/worker.hpp>

#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <variant>

#include "base/clock.hpp"
#include "base/host/threads.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "core/execute/execute.hpp"
#include "net/address.hpp"
#include "net/descriptors.hpp"
#include "net/socket.hpp"
#include "service/access/own_keys.hpp"
#include "service/dropped_frames.hpp"
#include "service/followed_requests.hpp"
#include "service/in_process.hpp"
#include "service/options.hpp"
#include "service/unsent_frames.hpp"
#include "service/worker/call.hpp"
#include "service/worker/drain.hpp"
#include "service/worker/executor.hpp"
#include "service/worker/isolated/attempt.hpp"
#include "service/worker/isolated/zygote.hpp"
#include "service/worker/last_stop.hpp"
#include "service/worker/outbox.hpp"
#include "service/worker/preparer.hpp"
#include "wire/codec/codec.hpp"
#include "wire/limits.hpp"
#include "wire/receivers.hpp"

namespace nias {
inline namespace v1 {
namespace {

constexpr std::size_t kFramesARound = 64;
constexpr auto kLoadEvery = std::chrono::seconds(1);
constexpr auto kFitEvery = std::chrono::seconds(5);
constexpr auto kFitAgain = std::chrono::seconds(1);            // while nothing can be run
constexpr auto kHandlersStopWithin = std::chrono::seconds(3);  // before Goodbye says that nothing runs
constexpr std::size_t kDescriptorsOfAZygote = 4;
constexpr auto kGoodbyeWithin = std::chrono::milliseconds(700);  // the ventilator may be away

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : "worker";
}

/// A minute's load average of this host; 100 is one cpu.
std::uint32_t load_percent() {
    double average = 0;
    if (::getloadavg(&average, 1) != 1) { return 0; }
    return static_cast<std::uint32_t>(std::clamp(average, 0.0, 1e6) * 100);
}

WorkerOptions completed(WorkerOptions options) {
    if (options.name.empty()) { options.name = host_name(); }
    options.window = std::max(options.slots, options.window);
    if (options.cpus == 0) { options.cpus = std::max(1U, std::thread::hardware_concurrency()); }
    struct sysinfo info {};
    if (options.memory_bytes == 0 && ::sysinfo(&info) == 0) {
        options.memory_bytes = std::uint64_t{info.totalram} * info.mem_unit;
    }
    return options;
}

core::ExecuteOptions execute_options(const WorkerOptions& options) {
    core::ExecuteOptions out;
    out.worker = options.name;
    out.incarnation = make_incarnation();
    out.host = host_name();
    out.slots = options.slots;
    out.window = options.window;
    out.ahead = options.window - options.slots;
    out.keeps_outcomes = !options.outbox.empty();
    out.cpus = options.cpus;
    out.memory_bytes = options.memory_bytes;
    out.runtimes = options.runtimes;
    out.home = options.home;
    out.version = NIAS_OWN_VERSION;
    out.labels = options.labels;
    if (options.prepare) { out.prepares = std::min<std::uint32_t>(options.slots, wire::kUpcomingMax); }
    out.was_stopped = service::LastStop(options.outbox).was_in_order();
    return out;
}

}  // namespace

class [[gnu::visibility("hidden")]] Worker::Impl {
public:
    Impl(WorkerOptions options, net::Context context, net::Socket control, net::Socket outcomes,
         service::Outbox outbox)
        : options_(std::move(options)),
          context_(std::move(context)),
          control_(std::move(control)),
          outcomes_(std::move(outcomes)),
          outbox_(std::move(outbox)),
          last_stop_(options_.outbox),
          core_(execute_options(options_)) {}

    static Result<std::unique_ptr<Impl>> open(const WorkerOptions& given);
    /// See Worker::run(). `limits`: time limits are kept here.
    Status run(JobHandler handler, bool limits);
    void stop() noexcept {
        stop_.store(true);
        waker_.wake();
    }

private:
    Result<JobHandler> isolate(JobHandler handler);
    Status work(service::Executor & executor);
    [[nodiscard]] bool is_over(service::Drain & drain) const;
    [[nodiscard]] Status lost_zygote() const;
    [[nodiscard]] std::string why_unfit() const;
    void read_control();
    void drain_notes(service::Executor & executor);
    void look_whether_fit(service::Executor & executor);
    void look_what_is_offered();
    Status apply(service::Executor & executor);
    Status refusal() const;
    Status begin_drain(service::Executor & executor);
    void say_goodbye(service::Executor & executor);

    WorkerOptions options_;
    net::Context context_;
    net::Socket control_;
    net::Socket outcomes_;
    service::UnsentFrames unsent_;  ///< for outcomes_
    service::DroppedFrames dropped_{"control"};
    net::Waker waker_;
    std::atomic<bool> stop_{false};
    service::Outbox outbox_;
    service::LastStop last_stop_;
    core::Execute core_;
    core::ExecuteEffects effects_;
    service::FollowedRequests followed_;
    service::Notes notes_;
    Time load_read_;
    Time fit_asked_;
    Time offers_asked_;
    bool rests_ = false;                           ///< this host can run nothing just now
    bool welcomed_ = false;                        ///< the ventilator has taken this worker in once
    std::unique_ptr<service::Preparer> preparer_;  ///< while run() runs; null: none is wanted
    std::shared_ptr<service::Zygote> zygote_;      ///< while run() isolates its handlers
};

Result<std::unique_ptr<Worker::Impl>> Worker::Impl::open(const WorkerOptions& given) {
    if (auto checked = service::check(given); !checked) { return checked.error(); }
    const WorkerOptions options = completed(given);
    auto outbox = service::Outbox::open(options.outbox);
    if (!outbox) { return outbox.error(); }
    auto keys = service::keys_of(options.keys, Role::worker);
    if (!keys) { return keys.error(); }
    if (auto judged = net::judge(options.bulk, keys->has_value()); !judged) { return judged.error(); }
    net::Context context = service::context_of(options.in_process, std::move(*keys));
    auto control = net::Socket::connect(context, net::Kind::dealer, options.control);
    if (!control) { return control.error(); }
    auto outcomes = net::Socket::connect(context, net::Kind::push, options.outcomes,
                                         {.hwm = wire::kBatchQueueMax, .routing_id = {}});
    if (!outcomes) { return outcomes.error(); }
    auto impl = std::make_unique<Impl>(options, std::move(context), std::move(*control), std::move(*outcomes),
                                       std::move(*outbox));
    const auto unsettled = impl->outbox_.load();
    if (!unsettled.empty()) {
        log::info("outbox: " + std::to_string(unsettled.size()) + " unsettled outcomes are sent again");
    }
    impl->core_.restore(unsettled);
    return impl;
}

Status Worker::Impl::run(JobHandler handler, bool limits) {
    auto isolated = isolate(std::move(handler));
    if (!isolated) { return isolated.error(); }
    auto preparer = service::Preparer::open(options_, context_);
    if (!preparer) { return preparer.error(); }
    preparer_ = std::move(*preparer);
    Status status;
    {
        const auto executor = with_threads("a worker of " + std::to_string(options_.slots) + " slots", [&] {
            return std::make_unique<service::Executor>(options_, *std::move(isolated), limits, context_,
                                                       waker_);
        });
        status = executor ? work(**executor) : Status(executor.error());
    }
    preparer_.reset();
    zygote_.reset();
    return status;
}

// Before the executor has threads. In a Pipeline no part has one yet when its zygote is forked.
Result<Worker::JobHandler> Worker::Impl::isolate(JobHandler handler) {
    if (options_.isolation == Isolation::threads) { return handler; }
    if (auto room = net::has_room(options_.slots + kDescriptorsOfAZygote, "a worker of isolated handlers");
        !room) {
        return room.error();
    }
    zygote_ = options_.in_process ? options_.in_process->zygote : nullptr;
    if (!zygote_) {
        auto started = service::Zygote::start(handler);
        if (!started) { return started.error(); }
        zygote_ = *std::move(started);
    }
    return service::isolated(zygote_, std::chrono::milliseconds(options_.grace_ms));
}

Status Worker::Impl::work(service::Executor& executor) {
    core_.clock(unix_ms_now());
    core_.start(now(), effects_);
    service::Drain drain({.whole = std::chrono::seconds(options_.drain_timeout_s),
                          .settling = std::chrono::seconds(options_.settle_timeout_s)});
    Status status;
    while (status) {
        if (auto applied = apply(executor); !applied) {
            status = applied;
            break;
        }
        if (!core_.refusal().empty()) {
            status = refusal();
            break;
        }
        if ((stop_.load() || !lost_zygote()) && !drain.has_begun()) {
            drain.begin(now());
            status = begin_drain(executor);
        }
        if (is_over(drain)) { break; }
        net::Socket* const sockets[] = {&control_};
        auto patience = std::chrono::ceil<std::chrono::milliseconds>(core_.patience(now()));
        if (executor.has_waiting()) { patience = std::min(patience, service::Executor::kAskAgain); }
        if (!unsent_.empty()) { patience = std::min(patience, service::UnsentFrames::kAskAgain); }
        const auto readable = net::wait_readable(sockets, &waker_, patience);
        waker_.drain();
        unsent_.retry(outcomes_);
        if (readable[0]) { read_control(); }
        dropped_.look(control_, now());
        for (net::Socket* const socket : {&control_, &outcomes_}) {
            if (const std::string words = socket->tend(now()); !words.empty()) { log::warn(words); }
        }
        drain_notes(executor);
        if (now() - load_read_ >= kLoadEvery) {
            core_.load(load_percent());
            core_.clock(unix_ms_now());
            load_read_ = now();
        }
        core_.tick(now(), effects_);
    }
    executor.stop_all();
    if (status) { say_goodbye(executor); }
    return status ? lost_zygote() : status;
}

// Nothing can be run without it, and to fork another one would be to fork the threads' locks.
Status Worker::Impl::lost_zygote() const {
    if (!zygote_ || !zygote_->is_gone()) { return {}; }
    return Error{ErrorCode::unavailable, zygote_->why_not()};
}

std::string Worker::Impl::why_unfit() const {
    if (zygote_) {
        if (std::string words = zygote_->why_not(); !words.empty()) { return words; }
    }
    return options_.unfit ? options_.unfit() : std::string();
}

bool Worker::Impl::is_over(service::Drain& drain) const {
    switch (drain.look(now(), core_.drained(), core_.held(), core_.unsettled())) {
        case service::Drain::End::not_yet: return false;
        case service::Drain::End::done: return true;
        case service::Drain::End::out_of_time:
            log::warn("drain: its time is over: " + std::to_string(core_.held()) +
                      " tasks did not end, and " + std::to_string(core_.unsettled()) +
                      " outcomes were not settled; they are left to " +
                      (options_.outbox.empty() ? "another worker" : "another worker and the next start"));
            return true;
        case service::Drain::End::nobody_settles:
            log::warn("drain: " + std::to_string(core_.unsettled()) + " outcomes were not settled within " +
                      std::to_string(options_.settle_timeout_s) + " s, the ventilator or the sink is gone: " +
                      (options_.outbox.empty() ? "these tasks run again elsewhere"
                                               : "they are kept in the outbox and sent at the next start"));
            return true;
    }
    return true;
}

// All but the last of these refusals last until a person acts: nothing is gained by a start anew.
Status Worker::Impl::refusal() const {
    const auto code = [](wire::WorkerRefusal refusal) {
        switch (refusal) {
            case wire::WorkerRefusal::revoked:
            case wire::WorkerRefusal::denied: return ErrorCode::denied;
            case wire::WorkerRefusal::name_taken:
            case wire::WorkerRefusal::version: return ErrorCode::conflict;
            case wire::WorkerRefusal::other: return ErrorCode::unavailable;
        }
        return ErrorCode::unavailable;
    };
    return Error{code(core_.refusal_code()), "the ventilator refused this worker: " + core_.refusal()};
}

// The note comes first: what is cut short from here on is cut short by the stop, also where nobody hears it.
Status Worker::Impl::begin_drain(service::Executor& executor) {
    if (auto noted = last_stop_.note(); !noted) {
        log::warn(noted.error().message + ": attempts that this stop cuts short may count as lost");
    }
    core_.drain(executor.recall(), now(), effects_);
    return apply(executor);
}

void Worker::Impl::say_goodbye(service::Executor& executor) {
    net::Socket* const sockets[] = {&control_};
    const auto patience = kHandlersStopWithin + std::chrono::milliseconds(zygote_ ? options_.grace_ms : 0);
    for (const Time until = now() + patience; !executor.is_idle() && now() < until;) {
        static_cast<void>(net::wait_readable({}, &waker_, std::chrono::milliseconds(20)));
        waker_.drain();
    }
    core_.leave("it was stopped", now(), effects_);
    for (const Time until = now() + kGoodbyeWithin; now() < until;) {
        if (auto applied = apply(executor); !applied) { log::warn(applied.error().message); }
        if (core_.has_left()) { return; }
        if (net::wait_readable(sockets, nullptr, std::chrono::milliseconds(50)).at(0)) { read_control(); }
        core_.tick(now(), effects_);
    }
    log::info("goodbye: the ventilator did not answer");
}

void Worker::Impl::read_control() {
    std::span<std::uint8_t> frame;
    for (std::size_t i = 0; i < kFramesARound && control_.receive(frame); ++i) {
        auto message = wire::decode(frame);
        if (!message) {
            dropped_.add(message.error().message, now());
            continue;
        }
        std::visit(
            [&](auto& body) {
                using Body = std::decay_t<decltype(body)>;
                if constexpr (std::is_same_v<Body, wire::Tasks>) {
                    core_.on(std::move(body), now(), effects_);
                } else if constexpr (wire::AtWorker::has<Body>) {
                    core_.on(body, now(), effects_);
                } else {
                    dropped_.add_misplaced(wire::name_of(*message), now());
                }
            },
            *message);
    }
}

void Worker::Impl::drain_notes(service::Executor& executor) {
    const Time time = now();
    executor.drain(notes_, time);
    for (const AttemptRef& attempt : notes_.started) { core_.started(attempt, time, effects_); }
    look_whether_fit(executor);
    look_what_is_offered();
    if (!notes_.finished.empty()) { core_.finished(notes_.finished, time, effects_); }
    if (preparer_) { preparer_->over(notes_.finished); }
}

void Worker::Impl::look_what_is_offered() {
    const Time time = now();
    if (!options_.offers || time - offers_asked_ < kFitEvery) { return; }
    offers_asked_ = time;
    auto offered = options_.offers();
    if (offered.size() > wire::kRuntimesMax || offered == options_.runtimes) { return; }
    options_.runtimes = std::move(offered);
    core_.offer(options_.runtimes, time, effects_);
}

// Before what has ended is told: a task that could not be run for want of what the host lacks is declined.
void Worker::Impl::look_whether_fit(service::Executor& executor) {
    if (!options_.unfit && !zygote_) { return; }
    const auto& ended = notes_.finished.runs();
    const bool failed = std::any_of(ended.begin(), ended.end(), [](const wire::Run<Outcome>& run) {
        return run.shared.status == OutcomeStatus::could_not_run;
    });
    const Time time = now();
    if (!failed && time - fit_asked_ < (rests_ ? kFitAgain : kFitEvery)) { return; }
    fit_asked_ = time;
    const std::string why = why_unfit();
    if (why.empty() && !rests_) { return; }
    if (why.empty()) { log::info("this machine can run tasks again, and asks for them"); }
    if (!why.empty() && !rests_) { log::warn("this machine rests, and asks for no tasks: " + why); }
    rests_ = !why.empty();
    core_.rest(why, rests_ ? executor.recall() : std::vector<AttemptRef>(), effects_);
}

// Outcomes are in the outbox before any message of the step leaves.
Status Worker::Impl::apply(service::Executor& executor) {
    for (const Outcome& outcome : effects_.keep) {
        if (auto kept = outbox_.keep(outcome); !kept) { return kept; }
    }
    for (const std::string& notice : effects_.notices) { log::info(notice); }
    for (const std::string& line : effects_.followed) { followed_.add(line, now()); }
    if (effects_.welcomed) {
        if (!std::exchange(welcomed_, true) && options_.in_process) { options_.in_process->arrivals->add(); }
        if (auto forgotten = last_stop_.forget(); !forgotten) { return forgotten; }
    }
    for (const wire::Message& message : effects_.sends) {
        if (!control_.send(wire::encode(message))) {
            log::debug("control: a message was dropped: the ventilator is not there; it is repeated");
        }
    }
    for (const core::SendReport& report : effects_.reports) {
        if (!unsent_.give(outcomes_, wire::encode_report(report.worker, report.outcomes))) {
            log::debug("outcomes: the sink is not there; they are repeated");
        }
    }
    for (const AttemptRef& attempt : effects_.forget) { outbox_.forget(attempt); }
    if (preparer_) { preparer_->tell(effects_, core_); }
    // Run first: what is stopped or recalled may have come in the same step.
    if (!effects_.run.empty()) { executor.run(std::move(effects_.run)); }
    for (const AttemptRef& attempt : effects_.stop) { executor.stop(attempt); }
    const std::vector<AttemptRef> asked = std::move(effects_.recall);
    effects_.clear();
    if (!asked.empty()) {
        const auto [taken, begun] = executor.recall(asked);
        core_.recalled(taken, begun, effects_);
    }
    return {};
}

Worker::Worker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Worker::Worker(Worker&&) noexcept = default;
Worker& Worker::operator=(Worker&&) noexcept = default;
Worker::~Worker() = default;

Result<Worker> Worker::open(const WorkerOptions& options) {
    auto impl = Impl::open(options);
    if (!impl) { return impl.error(); }
    return Worker(std::move(*impl));
}

Status Worker::run(Handler handler) {
    if (!handler) { return service::no_handler("Worker::run"); }
    return impl_->run(service::as_job(std::move(handler)), true);
}
Status Worker::run_jobs(JobHandler handler) {
    if (!handler) { return service::no_handler("Worker::run_jobs"); }
    return impl_->run(std::move(handler), false);
}
void Worker::stop() noexcept { impl_->stop(); }

}  // namespace v1
}  // namespace nias
