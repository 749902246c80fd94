/// The submitter's brain: a task is sent until the ventilator has answered for it, and asked about until it
/// has ended. Pure: (input, now) → what to send and what to tell. Owned by service/submitter, which locks it;
/// driven by tests and tests/sim.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/clock_types.hpp"
#include "core/containers/chain.hpp"
#include "core/containers/slab_map.hpp"
#include "core/containers/unanswered.hpp"
#include "core/first_repeat.hpp"
#include "core/submit/last_report.hpp"
#include "wire/messages.hpp"

namespace nias::core {

struct SubmitOptions {
    Duration repeat_after = std::chrono::seconds(1);  ///< an unanswered frame is sent again after it
    /// Until the ventilator has answered for a task once, the first frame is sent again after this, then
    /// after twice as long each time, up to `repeat_after`: what was lost at the start costs milliseconds.
    Duration first_repeat = kFirstRepeat;
    bool tells_accepted = true;  ///< false: nobody asks when a task is accepted
};

/// The news of a step about tasks. Its pointers hold until the Events that were read, or these effects,
/// change.
struct SubmitEffects {
    enum class Kind : std::uint8_t {
        accepted,  ///< the ventilator has it
        ended,     ///< `run` and `place` hold the event of its end
        refused,   ///< `event` holds the ventilator's words
        gone,      ///< `event` is its end as made here: the ventilator forgot it
        unknown,   ///< a watched task that the ventilator does not know
        given_up,  ///< the task was not accepted by its deadline
    };
    struct Told {
        TaskId id;
        Kind kind = Kind::accepted;
        const wire::Run<wire::Event>* run = nullptr;
        std::size_t place = 0;  ///< place in `run`
        const wire::Event* event = nullptr;
    };
    std::vector<Told> told;
    std::deque<wire::Event> made;  ///< events that no Run holds; a deque keeps their addresses

    void clear() {
        told.clear();
        made.clear();
    }
};

class Submit {
public:
    static constexpr std::size_t kSubmitTasks = 256;                   ///< tasks in one Submit
    static constexpr std::size_t kSyncIds = 256;                       ///< ids in one Sync
    static constexpr std::size_t kCancelsMax = 65536;                  ///< cancellations that wait to be sent
    static constexpr Duration kRound = std::chrono::milliseconds(50);  ///< longest time between two ticks
    /// How long fewer tasks than a batch wait for others: many times a round trip and a commit.
    static constexpr Duration kHeldBack = std::chrono::milliseconds(20);
    /// How long tasks wait at most until events are known to arrive here.
    static constexpr Duration kJoinedWithin = std::chrono::milliseconds(500);

    Submit(const SubmitOptions& options, Time now)
        : options_(options), opened_(now), probe_wait_(options.first_repeat) {}
    Submit(const Submit&) = delete;  // its parts point at each other
    Submit& operator=(const Submit&) = delete;

    // Wishes of the caller.

    enum class Added : std::uint8_t {
        lives,    ///< the same task is here already: nothing changed
        differs,  ///< another task of this id is here: nothing changed
        waits,    ///< sent with the next tick, or held back
        presses,  ///< as `waits`; the shell should tick at once
    };
    Added add(const Task& task);
    /// Asks about a task that somebody else submitted, at once and until it has ended.
    void watch(const TaskId& id);
    /// Gives a task up if it is unanswered at `when`. The earlier of two deadlines counts.
    void give_up_at(const TaskId& id, Time when);
    /// No more is sent, asked or told of this task.
    void forget(const TaskId& id);
    /// Cancels one task. False where kCancelsMax cancellations wait already.
    [[nodiscard]] bool cancel(const TaskId& id);
    /// Cancels the tasks of a group that live at the ventilator, and again every repeat_after until
    /// forget_group(): one that was under way meanwhile is reached then. False: kGroupsMax are being
    /// cancelled.
    [[nodiscard]] bool cancel_group(const TaskId& group);
    /// Cancels the tasks of a group that live at the ventilator when this is sent. False: as cancel_group().
    [[nodiscard]] bool cancel_group_once(const TaskId& group);
    void forget_group(const TaskId& group) { groups_.erase(group); }

    // Messages for the shell to send. The shell calls each of them until it returns false.

    /// The next Submit that is due. The runs stay the core's until its next step.
    [[nodiscard]] bool next_submit(Time now, std::vector<const wire::Run<Task>*>& runs);
    [[nodiscard]] bool next_cancel(Time now, wire::Cancel& cancel);
    [[nodiscard]] bool next_sync(Time now, wire::Sync& sync);
    /// How long the shell may wait before it asks again for what is due.
    [[nodiscard]] Duration patience() const;

    // Reports that the shell has heard.

    /// The shell has read something from the stream of events, so that is connected.
    void heard(Time now) {
        joined_ = true;
        heard_ = now;
    }
    /// Reports about tasks, from the stream or in answer to a Sync.
    void on(wire::Events& events, SubmitEffects& out);
    /// Gives up what is past its deadline.
    void tick(Time now, SubmitEffects& out);

    [[nodiscard]] bool lives(const TaskId& id) const { return live_.contains(id); }
    /// Whether the ventilator has neither accepted nor refused it.
    [[nodiscard]] bool is_unanswered(const TaskId& id) const {
        const Live* live = live_.find(id);
        return live != nullptr && live->batch != nullptr;
    }
    [[nodiscard]] std::size_t unanswered() const { return unanswered_; }  ///< tasks
    /// Tasks whose end is not known, those that are only watched included.
    [[nodiscard]] std::size_t unfinished() const { return live_.size(); }
    /// When the stream of events last brought something; nothing: not yet.
    [[nodiscard]] std::optional<Time> heard_at() const {
        return joined_ ? std::optional<Time>(heard_) : std::nullopt;
    }
    void check_invariants() const;

private:
    /// Tasks that leave together until each is answered.
    using Batch = Unanswered<Task>;
    /// A task that has not ended, as far as is known here.
    struct Live {
        TaskId id;
        Batch* batch = nullptr;   ///< the batch that it leaves in; null once it is accepted, or only watched
        std::uint32_t place = 0;  ///< place in its batch
        LastReport last;
        std::uint32_t digest = 0;  ///< digest_of() the task; 0: it is only watched
        /// While it is unanswered, its deadline, or zero where it has none. Later, when it was last sent or
        /// asked about.
        Time time{};
        Live* prev = nullptr;  ///< links of asked_
        Live* next = nullptr;

        [[nodiscard]] const TaskId& key() const { return id; }
        void set_key(const TaskId& of) { id = of; }
    };

    template <typename IsDue>
    bool gather(Batch::List& from, IsDue is_due, Time now, std::vector<const wire::Run<Task>*>& runs);
    [[nodiscard]] bool is_held_back(Time now) const;
    [[nodiscard]] bool next_repeat(Time now, std::vector<const wire::Run<Task>*>& runs);
    void note_answer();
    void put(Live& live, const Task& task);
    [[nodiscard]] static std::size_t digest_of_shared(const Task& task);
    void leave_batch(Live& live);
    void erase(Live& live);
    void on(const wire::Standing& standing, SubmitEffects& out);
    void on(const wire::Run<wire::Event>& run, SubmitEffects& out);
    void stands(const TaskId& id, TaskState state, Attempt attempt, SubmitEffects& out);
    void ended(const wire::Run<wire::Event>& run, std::size_t place, SubmitEffects& out);
    void rejected(wire::Event event, SubmitEffects& out);

    SubmitOptions options_;
    SlabMap<TaskId, Live> live_;
    Batch::List fresh_;              ///< never sent; the last one is being filled
    Batch::List sent_;               ///< unanswered, the one sent first in front
    bool shares_ = false;            ///< whether the last of fresh_ may have more than one task
    std::size_t shared_digest_ = 0;  ///< digest_of_shared() the tasks of that one
    std::size_t fresh_tasks_ = 0;
    std::size_t unanswered_ = 0;  ///< tasks of fresh_ and sent_
    Chain<Live> asked_;           ///< tasks without a batch, the one asked about first in front
    std::set<std::pair<Time, TaskId>> deadlines_;  ///< deadlines of unanswered tasks
    std::deque<TaskId> cancels_;                   ///< tasks whose first Cancel was not sent yet
    /// Living tasks whose cancellation was sent, with the time when it is sent again.
    std::deque<std::pair<Time, TaskId>> cancelled_;
    std::unordered_set<TaskId> cancelling_;  ///< the living tasks of cancelled_
    std::map<TaskId, Time> groups_;          ///< groups being cancelled: when each is asked next
    std::deque<TaskId> groups_once_;         ///< groups to be cancelled by the next Cancel alone
    Time opened_;
    bool joined_ = false;    ///< events reach us; before that an answer may be missed
    Time submitted_{};       ///< time when fresh tasks were last sent
    bool answered_ = false;  ///< the ventilator has answered for a task
    Duration probe_wait_;    ///< until it has: the next early repeat comes this long after `probed_`
    Time probed_{};          ///< time when the first frame in sent_ was sent, or was last sent again early
    Time overtaken_{};       ///< what was sent before this is sent again at once
    Time synced_{};
    Time heard_{};  ///< time of the last event
};

}  // namespace nias::core
