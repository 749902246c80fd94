// The memory of ended tasks: exact, bounded, oldest forgotten first.
#include "core/dispatch/book/ended_tasks.hpp"

#include <gtest/gtest.h>

#include "unit/core/dispatch/records.hpp"

namespace nias::core {
namespace {

wire::Event ended(unsigned n, std::size_t output_bytes = 3) {
    Outcome outcome = outcome_of(n, 2, OutcomeStatus::failed);
    outcome.output.assign(output_bytes, static_cast<std::uint8_t>(n));
    outcome.error = "error " + std::to_string(n);
    return {id_of(n), wire::EventKind::ended, TaskState::failed, 2, 1'700'000'000'000 + n, outcome.error,
            outcome};
}

/// Alone in its run.
void add(EndedTasks& tasks, const wire::Event& event) {
    const wire::Runs<wire::Event> alone{event};
    tasks.add(alone.runs().front());
}

TEST(EndedTasks, GivesBackWhatWasAdded) {
    EndedTasks tasks(8);
    EXPECT_FALSE(tasks.contains(id_of(1)));
    EXPECT_EQ(tasks.find(id_of(1)), std::nullopt);
    add(tasks, ended(1));
    add(tasks, ended(2, 0));
    EXPECT_EQ(tasks.find(id_of(1)), ended(1));
    EXPECT_EQ(tasks.find(id_of(2)), ended(2, 0));
    EXPECT_EQ(tasks.find(id_of(3)), std::nullopt);
}

TEST(EndedTasks, GivesBackTasksThatEndedAlikeEachUnderItsOwnId) {
    EndedTasks tasks(1024);
    std::vector<wire::Event> events;
    wire::Run<wire::Event> run;
    for (unsigned n = 1; n <= 4000; ++n) {
        wire::Event event = ended(n / 10, n % 7 == 0 ? 3 : 0);
        wire::set_id(event, id_of(n));
        if (run.size() == 0 || n % 10 == 0 || n % 11 == 0) {
            run = {event, {}, {}};
            run.shared.outcome->output = {};
            wire::set_id(run.shared, {});
        }
        run.add(event.id, event.outcome->output);
        tasks.add(run);
        events.push_back(event);
    }
    for (std::size_t i = events.size() - 1024; i < events.size(); ++i) {
        EXPECT_EQ(tasks.find(events[i].id), events[i]);
    }
}

TEST(EndedTasks, TakesAnEventForAlikeOnlyToTheOneThatWasAddedLast) {
    EndedTasks tasks(8);
    wire::Run<wire::Event> run;
    run.shared.kind = wire::EventKind::ended;
    run.shared.outcome.emplace();
    run.add(id_of(1), {});
    tasks.add(run);
    add(tasks, ended(9));
    run.add(id_of(2), {});
    tasks.add(run);
    EXPECT_EQ(tasks.find(id_of(1)), run.item(0));
    EXPECT_EQ(tasks.find(id_of(9)), ended(9));
    EXPECT_EQ(tasks.find(id_of(2)), run.item(1));
}

TEST(EndedTasks, ForgetsTheOldestPastItsNumber) {
    EndedTasks tasks(64);
    for (unsigned n = 1; n <= 10'000; ++n) {
        add(tasks, ended(n, n % 50));
        ASSERT_LE(tasks.size(), 64U);
        ASSERT_TRUE(tasks.contains(id_of(n)));
        if (n > 64) { ASSERT_FALSE(tasks.contains(id_of(n - 64))); }
        if (n > 63) { ASSERT_TRUE(tasks.contains(id_of(n - 63))); }
    }
    for (unsigned n = 10'000 - 63; n <= 10'000; ++n) { EXPECT_EQ(tasks.find(id_of(n)), ended(n, n % 50)); }
}

TEST(EndedTasks, ForgetsTheOldestPastItsBytes) {
    EndedTasks tasks(1U << 16U);
    const std::size_t heavy = kInlineMax;
    const unsigned count = 2 * EndedTasks::kBytesMax / heavy;
    for (unsigned n = 1; n <= count; ++n) { add(tasks, ended(n, heavy)); }
    EXPECT_LE(tasks.size(), 1 + EndedTasks::kBytesMax / heavy);
    EXPECT_GE(tasks.size(), EndedTasks::kBytesMax / heavy / 2);
    EXPECT_FALSE(tasks.contains(id_of(1)));
    EXPECT_EQ(tasks.find(id_of(count)), ended(count, heavy));
}

TEST(EndedTasks, TellsIdsApartWhoseHashesCollide) {
    EndedTasks tasks(8);
    wire::Event first = ended(1);
    wire::Event second = ended(2);
    second.id = first.id;
    second.id.bytes[0] ^= 0xffU;  // a hash looks at the last eight bytes only
    add(tasks, first);
    add(tasks, second);
    EXPECT_EQ(tasks.find(first.id)->text, "error 1");
    EXPECT_EQ(tasks.find(second.id)->text, "error 2");
}

TEST(EndedTasks, KeepsTheLongestEventThatThereMayBe) {
    EndedTasks tasks(8);
    wire::Event event = ended(1, kInlineMax);
    event.text.assign(wire::kReasonBytesMax, 't');
    event.outcome->error.assign(wire::kReasonBytesMax, 'e');
    event.outcome->worker.assign(wire::kNameBytesMax, 'w');
    event.outcome->notes.assign(wire::kNotesMax, std::string(wire::kNoteBytesMax, 'n'));
    event.outcome->output_blob = BlobRef{{}, wire::kBlobBytesMax};
    add(tasks, event);
    EXPECT_EQ(tasks.find(event.id), event);
}

}  // namespace
}  // namespace nias::core
