/// Dispatch with a clock in the test's hand: feed it, take the effects that are expected; what is left at the
/// end of a test, or a broken invariant after any step, fails it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/digest.hpp"
#include "core/dispatch/dispatch.hpp"
#include "support/unrolled.hpp"
#include "unit/core/dispatch/records.hpp"
#include "wire/codec/codec.hpp"

namespace nias::core {

using std::chrono::milliseconds;
using std::chrono::seconds;
using wire::EventKind;

class DispatchLab : public testing::Test {
protected:
    struct Given {
        std::string peer;
        wire::Tasks tasks;
    };

    void SetUp() override { open(); }
    void TearDown() override { nothing_left(); }

    void open() { core_ = std::make_unique<Dispatch>(options_); }
    void restart(std::vector<Recovered> recovered) {
        open();
        step([&](Effects&) {
            for (Recovered& task : recovered) { core_->recover(std::move(task), when_); }
        });
    }

    // ---- feed ----
    template <typename Input>
    void step(Input input) {
        Effects out;
        input(out);
        core_->check_invariants();
        test::for_each_entry(out.journal, [this](const auto& entry) { journal_.emplace_back(entry); });
        for (const JournalOrder& order : out.journal.orders()) { orders_.push_back(order); }
        for (auto& send : out.sends) { sends_.push_back(std::move(send)); }
        for (const auto& batch : out.tasks) {
            given_.push_back({batch.peer, test::copy_of(batch)});
            sent_[batch.peer] = batch.sent_total;
        }
        test::for_each_event(out.events, [this](const std::string& client, const wire::Event& event) {
            events_.push_back({client, event});
        });
        for (auto& change : out.workers) { workers_.push_back(std::move(change)); }
        for (auto& notice : out.notices) { notices_.push_back(std::move(notice)); }
        for (auto& line : out.followed) { followed_.push_back(std::move(line)); }
    }
    void submit(std::vector<Task> tasks, const std::string& client = "c1") {
        step([&](Effects& out) { core_->on(wire::Submit{client, std::move(tasks)}, when_, out); });
    }
    void cancel(unsigned n) {
        step([&](Effects& out) { core_->on(wire::Cancel{{id_of(n)}}, when_, out); });
    }
    void outcomes(const std::string& worker, std::vector<Outcome> all) {
        step([&](Effects& out) { core_->on(wire::Outcomes{worker, std::move(all)}, when_, out); });
    }
    template <typename Message>
    void from(const std::string& peer, Message message) {
        if constexpr (std::is_same_v<Message, wire::Hello>) { sent_[peer] = 0; }
        if constexpr (std::is_same_v<Message, wire::Beat>) { message.received = sent_[peer] - lost_; }
        step([&](Effects& out) { core_->on(peer, message, when_, out); });
    }
    void assign() {
        step([&](Effects& out) { core_->assign(when_, out); });
    }
    /// Time goes by in beats, so that every deadline is met when it is due.
    void pass(Duration time) {
        const Time until = when_.now + time;
        while (when_.now < until) {
            when_.now = std::min(until, when_.now + milliseconds(500));
            when_.unix_ms += 500;
            step([&](Effects& out) { core_->tick(when_, out); });
        }
    }

    // ---- workers ----
    static wire::Hello hello_of(const std::string& worker, std::uint64_t incarnation = 1) {
        wire::Hello hello;
        hello.worker = worker;
        hello.incarnation = incarnation;
        hello.slots = 4;
        hello.cpus = 4;
        hello.memory_bytes = 8'000;
        hello.runtimes = {"python"};
        hello.home = "home of " + worker;  // a restart has the same: what was before it is dead
        return hello;
    }
    static std::string peer_of(const std::string& worker) { return "peer-" + worker; }
    void credit(const std::string& worker, std::uint64_t number, std::uint64_t total,
                std::uint64_t incarnation = 1) {
        from(peer_of(worker), wire::Credit{incarnation, number, total});
    }
    /// Connected, welcomed, and granting `total`.
    void join(const wire::Hello& hello, std::uint64_t total) {
        from(peer_of(hello.worker), hello);
        EXPECT_THAT(take<wire::Welcome>(peer_of(hello.worker)).drop, testing::IsEmpty());
        from(peer_of(hello.worker), wire::Credit{hello.incarnation, 1, total});
    }
    void join(const std::string& worker, std::uint64_t total = 4) { join(hello_of(worker), total); }
    wire::Beat beat_of(std::initializer_list<AttemptRef> held, bool draining = false,
                       std::uint64_t incarnation = 1) {
        return {incarnation, attempts_digest(std::vector<AttemptRef>(held)),
                static_cast<std::uint32_t>(held.size()), draining, 0};
    }
    /// The first Beat of a worker that holds nothing, after this Welcome.
    static wire::Beat answer_to(const wire::Welcome& welcome) {
        return {welcome.incarnation, attempts_digest({}), 0, false, welcome.number};
    }
    /// Accepted, given to this worker (which has joined) and begun; the effects are taken.
    void run(const std::string& worker, Task task) {
        const unsigned n = task.id.bytes[15];
        submit({std::move(task)});
        assign();
        const Given given = take_given(worker);
        ASSERT_EQ(given.tasks.tasks.size(), 1U);
        from(peer_of(worker), wire::Started{{ref_of(n, given.tasks.tasks[0].attempt)}});
        forget_effects();
    }

    // ---- take ----
    template <typename Entry>
    Entry take_journal(unsigned n) {
        if (journal_.empty() || !std::holds_alternative<Entry>(journal_.front())) {
            ADD_FAILURE() << "the next journal entry is not of the expected kind";
            return {};
        }
        Entry entry = std::get<Entry>(std::move(journal_.front()));
        journal_.pop_front();
        if constexpr (std::is_same_v<Entry, test::JournalAdd>) {
            EXPECT_EQ(entry.task.id, id_of(n));
        } else {
            EXPECT_EQ(entry.id, id_of(n));
        }
        return entry;
    }
    template <typename Message>
    Message take(const std::string& peer) {
        if (sends_.empty() || !std::holds_alternative<Message>(sends_.front().message)) {
            ADD_FAILURE() << "the next message is not of the expected kind";
            return {};
        }
        EXPECT_EQ(sends_.front().peer, peer);
        Message message = std::get<Message>(std::move(sends_.front().message));
        sends_.pop_front();
        return message;
    }
    [[nodiscard]] bool has_given() const { return !given_.empty(); }
    Given take_any_given() {
        if (given_.empty()) {
            ADD_FAILURE() << "no task was given out";
            return {};
        }
        Given given = std::move(given_.front());
        given_.pop_front();
        return given;
    }
    Given take_given(const std::string& worker) {
        Given given = take_any_given();
        EXPECT_EQ(given.peer, peer_of(worker));
        return given;
    }
    wire::Event take_event(unsigned n, EventKind kind, TaskState state, const std::string& client = "c1") {
        if (events_.empty()) {
            ADD_FAILURE() << "no event was published";
            return {};
        }
        const auto [told, event] = std::move(events_.front());
        events_.pop_front();
        EXPECT_EQ(event.id, id_of(n));
        EXPECT_EQ(event.kind, kind);
        EXPECT_EQ(to_string(event.state), to_string(state));
        EXPECT_EQ(told, client);
        return event;
    }
    /// A task that was given back: durable with the number that it has then, and told. Of an attempt that its
    /// worker may come back with, that is its own number; else the next one.
    JournalState take_requeued(unsigned n, Attempt attempt) {
        JournalState entry = take_journal<JournalState>(n);
        EXPECT_EQ(entry.state, TaskState::queued);
        EXPECT_EQ(entry.attempt, attempt);
        EXPECT_FALSE(entry.soft) << "a raised attempt is durable before anything leaves";
        EXPECT_EQ(take_event(n, EventKind::state, TaskState::queued).attempt, attempt);
        return entry;
    }
    /// The one end of a task: durable, told, and the same in both.
    wire::Event take_end(unsigned n, TaskState state) {
        const test::JournalEnd entry = take_journal<test::JournalEnd>(n);
        EXPECT_EQ(to_string(entry.state), to_string(state));
        wire::Event event = take_event(n, EventKind::ended, state);
        EXPECT_EQ(event.outcome, entry.outcome);
        EXPECT_EQ(event.attempt, entry.attempt);
        EXPECT_EQ(event.text, entry.reason);
        return event;
    }
    /// Numbers of the tasks in the next batch for this worker.
    std::vector<unsigned> take_numbers(const std::string& worker) {
        std::vector<unsigned> numbers;
        for (const Task& task : take_given(worker).tasks.tasks) {
            numbers.push_back(task.id.bytes[14] * 256U + task.id.bytes[15]);
        }
        return numbers;
    }
    /// Not asked about by nothing_left(): they are for people.
    std::vector<std::string> take_notices() { return std::exchange(notices_, {}); }
    std::vector<std::string> take_followed() { return std::exchange(followed_, {}); }
    std::vector<wire::WorkerEvent> take_changes() { return std::exchange(workers_, {}); }
    std::vector<JournalOrder> take_orders() { return std::exchange(orders_, {}); }
    void forget_effects() {
        journal_.clear();
        sends_.clear();
        given_.clear();
        events_.clear();
    }
    /// Drops what tests of assignment do not ask about: what is noted and told of each task.
    void forget_notes() {
        journal_.clear();
        events_.clear();
    }
    void forget_sends() { sends_.clear(); }
    void nothing_left() {
        EXPECT_EQ(journal_.size(), 0U) << "a journal entry was not expected";
        EXPECT_EQ(sends_.size(), 0U) << "a message was not expected: "
                                     << (sends_.empty() ? "" : wire::name_of(sends_.front().message));
        EXPECT_EQ(given_.size(), 0U) << "tasks were given out and not expected";
        EXPECT_EQ(events_.size(), 0U) << "an event was not expected";
        forget_effects();
    }

    DispatchOptions options_;
    When when_{Time{} + seconds(1'000), 1'700'000'000'000};
    std::unique_ptr<Dispatch> core_;
    std::uint64_t lost_ = 0;  ///< tasks that were sent and never reached their worker, as its Beats say

private:
    std::map<std::string, std::uint64_t> sent_;  ///< tasks, to each peer since its Hello
    std::deque<std::variant<test::JournalAdd, JournalState, test::JournalEnd>> journal_;
    std::vector<JournalOrder> orders_;
    std::deque<Send> sends_;
    std::deque<Given> given_;
    std::deque<std::pair<std::string, wire::Event>> events_;  ///< and the client that is told
    std::vector<std::string> notices_;
    std::vector<std::string> followed_;  ///< lines about tasks that name their request
    std::vector<wire::WorkerEvent> workers_;
};

}  // namespace nias::core
