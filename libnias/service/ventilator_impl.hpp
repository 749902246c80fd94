/// The ventilator's shell: sockets and ledger around core::Dispatch. One thread; nothing is decided here.
/// A round: a batch of frames → core → one transaction → only then sends and publications leave.
/// Private to ventilator.cpp (the loop and the sockets) and ventilator_ledger.cpp (what is kept).
#pragma once

#include <nias/ventilator.hpp>

#include <atomic>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "core/dispatch.hpp"
#include "net/socket.hpp"
#include "service/dropped_frames.hpp"
#include "store/ledger.hpp"

namespace nias {
inline namespace v1 {

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
    [[nodiscard]] bool round_is_full() const;
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

}  // namespace v1
}  // namespace nias
