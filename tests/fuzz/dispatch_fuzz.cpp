// The ventilator's brain under any conversation, restarts included: its invariants, the promises A1 to A3
// against a ledger beside it, and that all it says can be decoded.
#include <algorithm>
#include <map>
#include <memory>

#include "core/dispatch/dispatch.hpp"
#include "input.hpp"
#include "support/unrolled.hpp"

namespace nias::fuzz {
namespace {

struct Row {
    Task task;
    std::string client;
    TaskState state = TaskState::queued;
    std::string worker;
    std::string reason;
    std::size_t order = 0;
};

class Ventilator {
public:
    explicit Ventilator(Input input) : in_(input) {
        options_.max_queued = 6;
        options_.max_queued_per_owner = 5;
        options_.recent_ended_max = 2;
        options_.resources = {{"seats", 3}};
        options_.short_lane.percent = 50;
        options_.starve_after = std::chrono::seconds(2);
        restart();
    }
    void run() {
        for (int step = 0; step < 2'000 && !in_.empty(); ++step) {
            core::Effects out;
            input(out);
            if (in_.flag()) { core_->assign(when_, out); }
            core_->check_invariants();
            take(out);
        }
        core::Effects out;
        core_->assign(when_, out);
        core_->check_invariants();
        take(out);
    }

private:
    void restart() {
        core_ = std::make_unique<core::Dispatch>(options_);
        std::vector<const Row*> living;
        for (const auto& [id, row] : rows_) {
            if (!has_ended(row.state)) { living.push_back(&row); }
        }
        std::sort(living.begin(), living.end(),
                  [](const Row* a, const Row* b) { return a->order < b->order; });
        for (const Row* row : living) {
            core_->recover({row->task, row->client, row->state, row->worker, row->reason}, when_);
        }
    }
    /// As the shell does: the ledger answers for what the core has forgotten.
    void submit(wire::Submit submit, core::Effects& out) {
        wire::Submit fresh{submit.client, {}};
        for (const Task& task : submit.tasks) {
            if (!rows_.contains(task.id) || core_->knows(task.id)) { fresh.tasks.push_back(task); }
        }
        core_->on(fresh, when_, out);
    }
    wire::Hello hello() {
        wire::Hello hello;
        hello.version_min = in_.below(16) == 0 ? 2 : 1;
        hello.worker = in_.below(16) == 0 ? std::string() : in_.name('w');
        hello.incarnation = in_.below(4);
        hello.slots = in_.small_number();
        hello.cpus = in_.small_number();
        hello.gpus = in_.small_number();
        hello.memory_bytes = in_.number();
        if (in_.flag()) { hello.runtimes.push_back(in_.name('r')); }
        hello.held = in_.refs();
        return hello;
    }
    /// One byte for incarnation and count of tasks, so that the inputs that are kept read as they always did.
    wire::Beat beat() {
        const std::uint8_t both = in_.byte();
        wire::Beat beat;
        beat.incarnation = both % 4;
        beat.received = both / 32;
        beat.digest = in_.number();
        beat.held = in_.small_number();
        beat.draining = in_.below(8) == 0;
        beat.welcome = in_.below(8);
        return beat;
    }
    void input(core::Effects& out) {
        const std::string peer = in_.name('p');
        switch (in_.below(13)) {
            case 0: {
                std::vector<Task> tasks(1 + in_.below(3));
                for (Task& task : tasks) { task = in_.task(); }
                return submit({in_.name('c'), std::move(tasks)}, out);
            }
            case 1: return core_->on(wire::Cancel{{in_.id()}}, when_, out);
            case 2: return core_->on(wire::Outcomes{in_.name('w'), in_.outcomes()}, when_, out);
            case 3: return core_->on(peer, hello(), when_, out);
            case 4:
                return core_->on(peer, wire::Credit{in_.below(4), in_.number(), in_.number()}, when_, out);
            case 5: return core_->on(peer, wire::Started{in_.refs()}, when_, out);
            case 6:
                return core_->on(peer,
                                 wire::Declined{in_.ref(), std::string(20 * std::size_t{in_.byte()}, 'd'),
                                                std::uint32_t{in_.byte()} / 64U},
                                 when_, out);
            case 7: return core_->on(peer, beat(), when_, out);
            case 8: {
                const wire::Sync sync{{in_.id(), in_.id()}};
                core_->on(peer, wire::Query{sync.ids.front()}, when_, out);
                return core_->on(peer, sync, when_, out);
            }
            case 9:
            case 10: when_.now += std::chrono::milliseconds(100 * in_.byte()); return core_->tick(when_, out);
            case 11: return frame(peer, out);
            default: return restart();
        }
    }
    void frame(const std::string& peer, core::Effects& out) {
        auto message = wire::decode(in_.frame());
        if (!message) { return; }
        if (auto* given = std::get_if<wire::Submit>(&*message)) { return submit(std::move(*given), out); }
        std::visit(
            [&](auto& body) {
                if constexpr (requires { core_->on(peer, body, when_, out); }) {
                    core_->on(peer, body, when_, out);
                } else if constexpr (requires { core_->on(std::move(body), when_, out); }) {
                    core_->on(std::move(body), when_, out);
                }
            },
            *message);
    }

    // ---- what a step asked for ----
    void take(const core::Effects& out) {
        test::for_each_entry(out.journal, [this](const auto& entry) { write(entry); });
        for (const core::Send& send : out.sends) { check_speakable(send.message); }
        for (const core::SendTasks& send : out.tasks) {
            NIAS_CHECK(!send.tasks.empty() && send.tasks.size() <= send.sent_total,
                       "the total counts what is sent");
            for (const wire::TaskParts& parts : send.tasks) { given(parts.task()); }
            check_speakable(test::copy_of(send));
        }
        test::for_each_event(out.events, [this](const std::string&, const wire::Event& event) {
            wire::Events told;
            told.events.push_back(event);
            check_speakable(told);
            if (event.kind == wire::EventKind::accepted) {
                NIAS_CHECK(rows_.contains(event.id), "accepted means kept");
            }
            if (event.kind != wire::EventKind::ended) { return; }
            NIAS_CHECK(rows_.at(event.id).state == event.state, "an end is told as it is in the ledger");
        });
    }
    void write(const test::JournalAdd& add) {
        NIAS_CHECK(!rows_.contains(add.task.id), "a task is added once");
        rows_[add.task.id] = {add.task, add.client, TaskState::queued, {}, {}, rows_.size()};
    }
    void write(const core::JournalState& state) {
        if (state.soft && in_.flag()) { return; }  // the shell may leave it out
        Row& row = rows_.at(state.id);
        NIAS_CHECK(!has_ended(row.state) && !has_ended(state.state), "what has ended stays so");
        NIAS_CHECK(row.task.attempt <= state.attempt, "attempts only rise");
        row.state = state.state;
        row.task.attempt = state.attempt;
        row.worker = state.worker;
        row.reason = state.reason;
    }
    void write(const test::JournalEnd& end) {
        Row& row = rows_.at(end.id);
        NIAS_CHECK(!has_ended(row.state) && has_ended(end.state), "a task ends once");
        NIAS_CHECK(row.task.attempt <= end.attempt, "attempts only rise");
        NIAS_CHECK(end.outcome.id == end.id && end.outcome.attempt == end.attempt,
                   "a task ends by its current attempt");
        row.state = end.state;
        row.task.attempt = end.attempt;
    }
    void given(const Task& task) {
        Attempt& last = given_[task.id];
        NIAS_CHECK(task.attempt > last, "no attempt is given out twice");
        NIAS_CHECK(task.attempt <= rows_.at(task.id).task.attempt, "an attempt is durable before it leaves");
        last = task.attempt;
    }

    Input in_;
    core::DispatchOptions options_;
    core::When when_{Time{} + std::chrono::hours(1), 1'700'000'000'000};
    std::unique_ptr<core::Dispatch> core_;
    std::map<TaskId, Row> rows_;
    std::map<TaskId, Attempt> given_;
};

}  // namespace
}  // namespace nias::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    nias::fuzz::Ventilator(nias::fuzz::Input(data, size)).run();
    return 0;
}
