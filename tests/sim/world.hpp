/// The simulated world: virtual clock, lossy links, daemons and a submitter's program that crash.
/// Real Dispatch, Execute, Settle and Submit cores; everything else comes from the seed.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "checkers.hpp"
#include "core/dispatch/dispatch.hpp"
#include "core/execute/execute.hpp"
#include "core/settle.hpp"
#include "core/submit/submit.hpp"
#include "random.hpp"
#include "support/unrolled.hpp"

namespace nias::sim {

struct Weather {  ///< how bad this run is (P7); drawn from the seed
    double loss = 0;
    double twice = 0;
    double crash_in_step = 0;  ///< chance that a daemon crashes around a commit
    double round_goes_on = 0;  ///< the ventilator reads another message before it commits
    bool ordered = true;       ///< control links keep order
    std::int64_t delay_ms = 1;
    std::int64_t faults_until_ms = 0;
};

[[nodiscard]] Weather weather_of(Random& random);

/// Whether wall clocks are set while the run goes on. The safety argument has none (A10): both runs are the
/// same.
enum class WallClocks { steady, jump };

/// Whether commits may take long: then a daemon stands still while beats and leases go on, and may be killed
/// in the middle. A run apart, so that seeds that were kept stay what they are.
enum class Disks { fast, slow };

struct WorkerNode {
    core::ExecuteOptions options;
    std::unique_ptr<core::Execute> core;
    std::map<AttemptRef, Outcome> outbox;
    std::deque<Task> handed;  ///< by the core, beyond the slots: begin without asking
    std::map<AttemptRef, Task> running;
    bool durable = true;
    bool draining = false;
    bool gone = false;             ///< for good: its machine is broken
    bool is_clone = false;         ///< a second machine with the key of another
    std::uint64_t refusable = 0;   ///< the incarnation whose refusal is in order
    bool hears = true;             ///< the ventilator
    bool speaks = true;            ///< to the ventilator
    bool reports = true;           ///< to the sink
    std::uint64_t life = 0;        ///< raised by each crash: what was planned for the old life is void
    std::uint64_t connection = 0;  ///< raised by each reconnection: another routing id
    [[nodiscard]] std::string peer() const {
        return options.worker + (is_clone ? "'#" : "#") + std::to_string(life) + "." +
               std::to_string(connection);
    }
};

struct Wish {  ///< a task as the program that submits it sees it
    Task task;
    bool submitted = false;  ///< handed to the submit core, which has not given it back
    bool accepted = false;
    bool cancel = false;
    bool is_late = false;                  ///< submitted after its group was cancelled
    bool ended = false;                    ///< its end was told by the submit core
    core::LastReport shown;                ///< what a watcher of the stream makes of the reports
    wire::Event last_shown;                ///< the last that such a watcher tells
    core::ReportPlace shown_at;            ///< its place
    core::ReportPlace newest;              ///< the last place that came, in whatever order
    std::optional<wire::Event> heard_end;  ///< the first end that came on any way
};

class World {
public:
    World(std::uint64_t seed, WallClocks clocks, Disks disks = Disks::fast);
    /// Runs to the end; throws Broken.
    void run();
    [[nodiscard]] std::string summary() const;
    /// The summary and where chance stands: two runs that differ anywhere differ here.
    [[nodiscard]] std::string trace() const;

private:
    struct Planned {
        std::int64_t at = 0;
        std::uint64_t order = 0;
        std::function<void()> act;
        bool operator>(const Planned& other) const {
            return at != other.at ? at > other.at : order > other.order;
        }
    };

    // world.cpp: clock, network.
    [[nodiscard]] Time now() const {
        return Time{} + std::chrono::hours(1) + std::chrono::milliseconds(clock_);
    }
    [[nodiscard]] core::When when() const { return {now(), clock_ + clock_error_}; }
    void after(std::int64_t ms, std::function<void()> act);
    void every(std::int64_t ms, std::function<void()> act);
    void carry(const std::string& link, bool keeps_order, std::function<void()> deliver);
    void make_wishes(std::int64_t count);
    void resume_workers();
    [[nodiscard]] bool faulty() const { return clock_ < weather_.faults_until_ms; }
    [[nodiscard]] bool settled() const;
    [[nodiscard]] std::string unfinished() const;

    // submitter.cpp: the program that submits, and one that watches.
    void start_submitter();
    void submitter_tick();
    void submit(Wish& wish);
    void stray_copies();
    void send_submit(wire::Submit submit);
    void send_sync(const wire::Sync& sync);
    void tell_front(const wire::Events& events, bool on_stream);
    void watch(const wire::Event& event, const core::ReportPlace& place);
    void heed(const core::SubmitEffects& effects);
    void heed_end(Wish& wish, const wire::Event& end);
    [[nodiscard]] Wish& wish_named(const TaskId& id);

    // scheduling.cpp: counted resources, short lanes, and one large task among many small ones.
    void draw_scheduling();
    void begin_crowd();
    void crowd();
    void look_at_what_runs(const WorkerNode& node);

    // faults.cpp
    void plan_faults();
    void fault();
    void fail_a_link(WorkerNode& node);
    void cut(bool& link, std::int64_t for_ms);
    void stall(const std::string& link, std::int64_t for_ms);
    void set_a_clock();
    [[nodiscard]] std::int64_t commit_takes_ms(std::int64_t slow_until);

    // machines.cpp: keys that are revoked, and machines with a copy of another's key.
    void plan_machines();
    void revoke(std::size_t index);
    void start_clone(std::size_t of, std::int64_t for_ms);
    void clone_in_calm();
    void heed_refusal(std::size_t index);

    // claims.cpp: workers that come back with an attempt after a later one was given out.
    void draw_claims();
    void plan_claims();
    void lose_from_sight(std::size_t index);
    void come_back();
    void restart_in_claim(const Row& row);

    // groups.cpp: a group that is cancelled as a whole.
    void draw_group();
    void plan_group();
    void cancel_group();
    void note_cancelled(const TaskId& group);
    void look_for_its_end(const Wish& wish);

    // daemons.cpp: the shells.
    void start_ventilator();
    void crash_ventilator(std::int64_t down_ms);
    void ventilator(const std::function<void(core::Dispatch&, core::Effects&)>& input);
    void end_round();
    void finish_round(core::Effects effects);
    void commit_slowly(core::Effects effects, std::int64_t takes_ms);
    [[nodiscard]] static bool commits(const core::Effects& effects);
    void commit(const core::Effects& effects);
    void write(const test::JournalAdd& add);
    void write(const core::JournalState& state);
    void write(const test::JournalEnd& end);
    void deliver(const core::Effects& effects);
    void publish(const core::EventBatch& batch);
    void to_worker(const core::Send& send);
    void take_submit(const wire::Submit& submit);
    void sink_tick();
    void to_sink(const wire::OutcomeReport& report);
    void settle_round();
    void start_worker(std::size_t index);
    void crash_worker(std::size_t index, std::int64_t down_ms);
    void worker(std::size_t index, const std::function<void(core::Execute&, core::ExecuteEffects&)>& input);
    void obey(std::size_t index, core::ExecuteEffects& effects);
    void drain_worker(std::size_t index, std::int64_t limit_ms);
    void stop_worker(std::size_t index);
    void run_task(std::size_t index, const Task& task);
    void give_back(std::size_t index, const std::vector<AttemptRef>& asked);
    void begin_programs(std::size_t index);
    void begin_program(std::size_t index, const Task& task);
    void note_held_back(const core::Dispatch& core, const wire::Declined& declined);
    void finish(std::size_t index, const AttemptRef& attempt, OutcomeStatus status);
    void from_worker(std::size_t index, wire::Message message);

    WallClocks clocks_;
    Random random_;
    Random clock_random_;         ///< apart, so that both kinds of run draw the same
    Random welcome_random_;       ///< apart, so that seeds that were kept stay what they are
    double soft_left_out_ = 0.4;  ///< share of the journal's soft entries
    Random scheduling_random_;    ///< apart too: half of all seeds, and none of those, have what it draws
    Disks disks_;
    Random disk_random_;     ///< apart, as the runs with slow disks are
    Random front_random_;    ///< apart, for what the submitter's program does by itself
    Random machine_random_;  ///< apart, for keys that are revoked or copied
    Random claim_random_;    ///< apart, for workers that come back late to a ventilator that restarts
    Random group_random_;    ///< apart, for a group that is cancelled
    std::int64_t clock_error_ = 0;
    Weather weather_;
    Checkers checkers_;
    std::int64_t clock_ = 0;
    std::uint64_t order_ = 0;
    std::priority_queue<Planned, std::vector<Planned>, std::greater<>> plan_;
    std::map<std::string, std::int64_t> link_busy_until_;

    core::DispatchOptions dispatch_options_;
    std::unique_ptr<core::Dispatch> dispatch_;  ///< null: the ventilator is down
    std::uint64_t ventilator_life_ = 0;         ///< raised by each start
    core::Effects round_;                       ///< effects of the frames read since the last commit
    std::uint64_t published_ = 0;               ///< events, in this life of the ventilator
    Rows rows_;                                 ///< the ledger as committed
    std::uint64_t crashes_ = 0;
    std::size_t pauses_ = 0;  ///< pauses of workers that failed task after task
    bool sink_up_ = true;
    std::int64_t ledger_full_until_ = 0;  ///< no commit succeeds before
    std::int64_t results_full_until_ = 0;
    std::int64_t ledger_slow_until_ = 0;
    std::int64_t results_slow_until_ = 0;
    std::unique_ptr<core::Effects> committing_;  ///< what the ventilator tells once it is on its disk
    bool stands_still_ = false;                  ///< meanwhile; otherwise it reads on, and tells nothing
    std::int64_t ventilator_stands_until_ = 0;
    std::int64_t sink_stands_until_ = 0;
    std::uint64_t sink_life_ = 0;  ///< raised by each crash
    std::uint64_t slow_commits_ = 0;
    bool front_hears_ = true;
    bool front_speaks_ = true;
    bool sink_speaks_ = true;  ///< to the ventilator
    std::unique_ptr<core::Submit> submit_;
    core::Settle settle_;
    std::deque<WorkerNode> workers_;   ///< the clones last
    std::size_t machines_ = 0;         ///< those that are no clones
    std::vector<std::size_t> unseen_;  ///< workers that were cut off until a claim is possible
    bool has_claims_ = false;          ///< this run has such workers
    bool awaits_clone_ = false;        ///< one comes once all is calm
    std::uint64_t calm_clone_ = 0;     ///< its place in `workers_`; 0: there is none yet
    std::vector<Wish> wishes_;
    TaskId group_{};  ///< the group that some of the wishes are of; all zero: there is none
    bool group_is_cancelled_ = false;
    bool has_crowd_ = false;
    std::size_t large_ = 0;  ///< among the wishes, the one that the crowd must not starve; 0: none yet
    std::int64_t large_ends_by_ = 0;
    std::unordered_map<TaskId, std::size_t> wish_of_;
};

}  // namespace nias::sim
