/// The ventilator's shell: sockets and ledger around core::Dispatch. One thread; nothing is decided here.
/// A round: a batch of frames → core → one transaction → only then sends and publications leave.
/// Private to service/ventilator: ventilator.cpp is the loop, ledger.cpp keeps, forget.cpp forgets, out.cpp
/// sends.
#pragma once

#include <nias/ventilator.hpp>

#include <atomic>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/host/process_lock.hpp"
#include "base/ids.hpp"
#include "core/dispatch/book/ended_tasks.hpp"
#include "core/dispatch/dispatch.hpp"
#include "net/socket.hpp"
#include "service/access/gatekeeper.hpp"
#include "service/dropped_frames.hpp"
#include "service/followed_requests.hpp"
#include "service/ventilator/journal.hpp"
#include "store/forgotten/forgotten.hpp"
#include "store/ledger/ledger.hpp"
#include "wire/limits.hpp"

namespace nias {
inline namespace v1 {

// A round is what is committed together; a sync is shared by many tasks. The next one is read while it is
// written, and the core remembers what ended in both: the ledger cannot be asked for it yet.
inline constexpr std::size_t kEventsADurableRound = 2048;
inline constexpr std::size_t kEventsAMemoryRound = 1024;  // it stays within the processor's cache
inline constexpr std::size_t kBytesARound = 16U << 20U;   // bytes of frames read at once
inline constexpr std::size_t kRecentEnded = 32768;
static_assert(kRecentEnded >= 2 * (kEventsADurableRound + wire::kBatchItemsMax));
static_assert(core::EndedTasks::kBytesMax >= 3 * (kBytesARound + wire::kFrameBytesMax));

class [[gnu::visibility("hidden")]] Ventilator::Impl {
public:
    /// A context and who guards it.
    struct Network {
        net::Context context;
        std::unique_ptr<service::Gatekeeper> gatekeeper;
    };
    Impl(VentilatorOptions options, Network network, net::Socket intake, net::Socket control,
         net::Socket events)
        : options_(std::move(options)),
          network_(std::move(network)),
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
                .max_queued_per_owner = options.max_queued_per_owner,
                .beat = std::chrono::milliseconds(options.beat_ms),
                .suspect = std::chrono::milliseconds(options.suspect_ms),
                .lease = std::chrono::milliseconds(options.lease_ms),
                .lease_max = std::chrono::seconds(options.lease_max_s),
                .usage_half_life = std::chrono::seconds(options.usage_half_life_s),
                .resources = options.resources,
                .short_lane = {.percent = options.short_lane_percent,
                               .long_after_ms = 1000 * std::uint64_t{options.long_after_s}},
                .first_runtime_only = options.first_runtime_only,
                .starve_after = std::chrono::seconds(options.starve_after_s),
                .journals = options.durability == Durability::durable,
                .first_welcome = make_incarnation(),
                .recent_ended_max = kRecentEnded};
    }
    static core::When when() { return {.now = now(), .unix_ms = unix_ms_now()}; }

    Status recover(store::Ledger ledger);
    [[nodiscard]] bool round_is_full() const;
    void welcome_listeners();
    void read_intake();
    void read_control();
    template <typename Message>
    bool may_take(const Message& message);
    /// Whether the peer may say this; if not, it is told why.
    template <typename Message, typename Refusal>
    bool may_say(const std::string& peer, const Message& message, Refusal refusal);
    void on_hello(const std::string& peer, const wire::Hello& hello);
    void look_around();
    void watch_keys();
    void follow_keys();
    void fail(Status status);
    Status finish();

    // ledger.cpp: what is kept and looked up.
    static wire::Event event_of(store::TaskRecord & record);
    Result<std::optional<store::TaskRecord>> read_committed(const TaskId& id);
    Result<std::optional<store::TaskRecord>> look_up(const TaskId& id);
    void on_submit(wire::Submit submit);
    void answer_damaged(std::span<const std::uint8_t> frame);
    void on_sync(const std::string& peer, wire::Sync sync);
    void on_query_tasks(const std::string& peer, const wire::QueryTasks& query);
    [[nodiscard]] service::Journal::Batch drain_journal();

    // forget.cpp: ended tasks that are not wanted any more.
    Status open_forgotten();
    [[nodiscard]] bool is_gone(const TaskId& id);
    void on_forget(const std::string& peer, const wire::Forget& forget);
    void on_erased(const wire::Erased& erased);
    void forget_what_is_due();

    // out.cpp: what leaves, once it is durable.
    struct Frame {
        net::Socket& socket;
        std::string to;  ///< peer or topic
        Bytes bytes;
    };
    void end_round();
    void look_at_journal();
    void encode_all();
    void tell_of_workers();
    void publish_all();
    void publish(const std::string& topic, std::span<const wire::Standing* const> standing,
                 std::span<const wire::Run<wire::Event>* const> ended);
    void send_all();

    std::optional<ProcessLock> lock_;  ///< on the data directory, let go last; nothing in memory
    VentilatorOptions options_;
    Network network_;
    net::Socket intake_;
    net::Socket control_;
    net::Socket events_;
    service::FollowedRequests followed_;
    service::DroppedFrames intake_dropped_{"intake"};
    service::DroppedFrames control_dropped_{"control"};
    net::Waker waker_;
    std::atomic<bool> stop_{false};
    core::Dispatch core_;
    std::size_t round_bytes_ = 0;  ///< bytes of frames read since the last round
    core::Effects effects_;        ///< effects of the frames read since the last round
    std::vector<std::pair<std::string, wire::Sync>> asked_;  ///< questions of this round, with their peers
    std::vector<Frame> held_;                  ///< frames of the last round; they leave once it is durable
    std::optional<service::Journal> journal_;  ///< null: Durability::memory
    std::optional<store::LedgerReader> committed_;  ///< for tasks that the core has forgotten
    bool looks_up_ = false;                         ///< committed_ is in the middle of a round's look-ups
    TaskId newest_;         ///< the largest id that was ever accepted: a larger one is not in the ledger
    bool writing_ = false;  ///< the journal of the last round
    std::optional<store::ForgottenReader> forgotten_;  ///< set where there is a ledger
    service::Journal::Forgets forgets_;                ///< steps decided since the last round
    bool has_gone_ = false;                            ///< the ledger may name tasks that are gone
    std::int64_t next_due_ = 0;                        ///< not later than the next step; 0: none waits
    Time looked_for_due_{};
    Time ticked_{};
    /// A state that the ledger need not know if it does not last.
    struct Noted {
        Time at;
        TaskId id;
        TaskState state;
        Attempt attempt;
        std::int64_t unix_ms;
    };
    std::deque<Noted> soft_;  ///< those of the last kSoftAfter
    std::uint64_t epoch_ = make_incarnation();
    std::uint64_t sequence_ = 0;
    Status failure_;
};

}  // namespace v1
}  // namespace nias
