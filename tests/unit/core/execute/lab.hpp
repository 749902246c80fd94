/// Execute with a clock in the test's hand: feed it, take what a step asks for; what is left at the end of a
/// test, or a broken invariant after any step, fails it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/digest.hpp"
#include "core/execute/execute.hpp"
#include "support/unrolled.hpp"
#include "unit/core/dispatch/records.hpp"
#include "wire/codec/codec.hpp"

namespace nias::core {

using std::chrono::seconds;

class ExecuteLab : public testing::Test {
protected:
    void SetUp() override {
        options_.worker = "w1";
        options_.incarnation = 5;
        options_.slots = 2;
        options_.window = 4;
        options_.runtimes = {"python"};
    }
    void TearDown() override { nothing_left(); }

    // ---- feed ----
    template <typename Input>
    void step(Input input) {
        ExecuteEffects out;
        input(out);
        core_->check_invariants();
        for (auto& message : out.sends) { sends_.push_back(std::move(message)); }
        for (const auto& report : out.reports) { reports_.push_back(test::copy_of(report)); }
        for (const Task& task : out.run) { run_.push_back(task); }
        append(stop_, out.stop);
        append(recall_, out.recall);
        if (out.upcoming) { upcoming_.push_back(std::move(*out.upcoming)); }
        append(keep_, out.keep);
        append(forget_, out.forget);
        append(notices_, out.notices);
        append(followed_, out.followed);
    }
    void make() { core_ = std::make_unique<Execute>(options_); }
    template <typename Message>
    void on(Message message) {
        step([&](ExecuteEffects& out) { core_->on(std::move(message), now_, out); });
    }
    void tick() {
        step([&](ExecuteEffects& out) { core_->tick(now_, out); });
    }
    void pass(Duration time) {
        now_ += time;
        tick();
    }
    void finish(Outcome outcome) {
        step([&](ExecuteEffects& out) { core_->finished({std::move(outcome)}, now_, out); });
    }
    void recalled(const std::vector<AttemptRef>& taken, const std::vector<AttemptRef>& begun) {
        step([&](ExecuteEffects& out) { core_->recalled(taken, begun, out); });
    }
    void drain(const std::vector<AttemptRef>& recalled = {}) {
        step([&](ExecuteEffects& out) { core_->drain(recalled, now_, out); });
    }
    wire::Hello start() {
        make();
        step([&](ExecuteEffects& out) { core_->start(now_, out); });
        return take<wire::Hello>();
    }
    /// Welcomed, with its first credit told.
    void join() {
        EXPECT_THAT(start().held, testing::IsEmpty());
        welcome();
        tick();
        EXPECT_EQ(take<wire::Credit>(), (wire::Credit{5, 1, options_.window}));
        expect_beat({});
    }
    void welcome(std::vector<AttemptRef> drop = {}) {
        on(wire::Welcome{1, 5, 1'000, 15'000, std::move(drop), 70 + ++welcomes_});
    }
    void give(std::vector<Task> tasks, std::uint64_t total) { on(wire::Tasks{5, total, std::move(tasks)}); }

    // ---- take ----
    template <typename Message>
    Message take() {
        if (sends_.empty() || !std::holds_alternative<Message>(sends_.front())) {
            ADD_FAILURE() << "the next message is not of the expected kind: "
                          << (sends_.empty() ? "none" : wire::name_of(sends_.front()));
            return {};
        }
        Message message = std::get<Message>(std::move(sends_.front()));
        sends_.pop_front();
        return message;
    }
    [[nodiscard]] bool says_anything() const { return !sends_.empty(); }
    std::vector<Outcome> take_report() {
        if (reports_.empty()) {
            ADD_FAILURE() << "nothing was reported";
            return {};
        }
        EXPECT_EQ(reports_.front().worker, "w1");
        const auto outcomes = std::move(reports_.front().outcomes);
        reports_.pop_front();
        return {outcomes.begin(), outcomes.end()};
    }
    /// Gives back how many tasks it says to have received.
    std::uint64_t expect_beat(const std::vector<AttemptRef>& held, bool draining = false) {
        const auto beat = take<wire::Beat>();
        EXPECT_EQ(beat, (wire::Beat{5, attempts_digest(held), static_cast<std::uint32_t>(held.size()),
                                    draining, 70 + welcomes_, 0, beat.received}));
        return beat.received;
    }
    std::vector<unsigned> take_run() {
        std::vector<unsigned> numbers;
        for (const Task& task : std::exchange(run_, {})) { numbers.push_back(task.id.bytes[15]); }
        return numbers;
    }
    std::vector<AttemptRef> take_stop() { return std::exchange(stop_, {}); }
    std::vector<AttemptRef> take_recall() { return std::exchange(recall_, {}); }
    /// Numbers of the tasks that are to be made ready, by the latest news; nothing: there were none.
    std::optional<std::vector<unsigned>> take_upcoming() {
        const auto all = std::exchange(upcoming_, {});
        if (all.empty()) { return std::nullopt; }
        std::vector<unsigned> numbers;
        for (const Task& task : all.back()) { numbers.push_back(task.id.bytes[15]); }
        return numbers;
    }
    std::vector<Outcome> take_keep() { return std::exchange(keep_, {}); }
    std::vector<AttemptRef> take_forget() { return std::exchange(forget_, {}); }
    /// Not asked about by nothing_left(): they are for people.
    std::vector<std::string> take_notices() { return std::exchange(notices_, {}); }
    std::vector<std::string> take_followed() { return std::exchange(followed_, {}); }
    void forget_effects() {
        sends_.clear();
        reports_.clear();
        run_.clear();
        stop_.clear();
        recall_.clear();
        upcoming_.clear();
        keep_.clear();
        forget_.clear();
    }
    void nothing_left() {
        EXPECT_THAT(sends_, testing::IsEmpty()) << (sends_.empty() ? "" : wire::name_of(sends_.front()));
        EXPECT_THAT(reports_, testing::IsEmpty());
        EXPECT_THAT(run_, testing::IsEmpty());
        EXPECT_THAT(stop_, testing::IsEmpty());
        EXPECT_THAT(recall_, testing::IsEmpty());
        EXPECT_THAT(upcoming_, testing::IsEmpty());
        EXPECT_THAT(keep_, testing::IsEmpty());
        EXPECT_THAT(forget_, testing::IsEmpty());
        forget_effects();
    }

    ExecuteOptions options_;
    Time now_ = Time{} + seconds(1'000);
    std::unique_ptr<Execute> core_;
    std::uint64_t welcomes_ = 0;

private:
    template <typename T>
    static void append(std::vector<T>& to, std::vector<T>& from) {
        to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    }
    std::deque<wire::Message> sends_;
    std::deque<wire::OutcomeReport> reports_;
    std::vector<Task> run_;
    std::vector<AttemptRef> stop_;
    std::vector<AttemptRef> recall_;
    std::vector<std::vector<Task>> upcoming_;
    std::vector<Outcome> keep_;
    std::vector<AttemptRef> forget_;
    std::vector<std::string> notices_;
    std::vector<std::string> followed_;  ///< lines about attempts whose tasks name their request
};

}  // namespace nias::core
