// Lists whose neighbours share most of what they say.
#include <gtest/gtest.h>

#include "unit/wire/frames.hpp"
#include "unit/wire/samples.hpp"
#include "wire/codec/codec.hpp"
#include "wire/limits.hpp"

namespace nias::test {
namespace {

using namespace wire;

std::vector<Task> tasks_alike(std::size_t count) {
    std::vector<Task> tasks(count, sample_task());
    for (std::size_t i = 0; i < count; ++i) {
        tasks[i].id = sample_id(static_cast<std::uint8_t>(i));
        tasks[i].payload = {static_cast<std::uint8_t>(i)};
    }
    return tasks;
}

TEST(Runs, ReadLikeTheListTheyWereMadeFrom) {
    std::vector<Task> tasks = tasks_alike(30);
    tasks[10].owner = "another";
    tasks[20].payload.clear();
    const wire::Runs<Task> runs = tasks;
    EXPECT_EQ(runs.size(), tasks.size());
    EXPECT_EQ(runs.runs().size(), 3U);
    EXPECT_EQ(std::vector<Task>(runs.begin(), runs.end()), tasks);
    for (std::size_t i = 0; i < tasks.size(); ++i) { EXPECT_EQ(runs[i], tasks[i]); }
    EXPECT_EQ(runs.front(), tasks.front());
    EXPECT_EQ(runs.back(), tasks.back());
}

TEST(Runs, AreTheSameHoweverTheyAreSplit) {
    const std::vector<Task> tasks = tasks_alike(4);
    const wire::Runs<Task> whole = tasks;
    wire::Runs<Task> split{tasks[0], tasks[1]};
    split.add(wire::Runs<Task>{tasks[2], tasks[3]});
    EXPECT_EQ(split.runs().size(), 2U);
    EXPECT_EQ(split, whole);
    split.push_back(tasks[0]);
    EXPECT_NE(split, whole);
    EXPECT_NE(whole, (wire::Runs<Task>{tasks[1], tasks[0], tasks[2], tasks[3]}));
}

TEST(Runs, HandOutTheirRunsAndKeepNone) {
    wire::Runs<Task> runs = tasks_alike(5);
    std::size_t items = 0;
    runs.hand_out([&](wire::Run<Task>&& run) { items += run.size(); });
    EXPECT_EQ(items, 5U);
    EXPECT_TRUE(runs.empty());
    EXPECT_EQ(runs.begin(), runs.end());
}

TEST(Parts, GiveBackEachStringOfBytesAlsoEmptyOnes) {
    wire::Parts parts;
    const std::vector<Bytes> strings{{1, 2, 3}, {}, {4}, {}, {}};
    for (const Bytes& bytes : strings) { parts.push_back(bytes); }
    ASSERT_EQ(parts.size(), strings.size());
    EXPECT_EQ(parts.bytes(), 4U);
    for (std::size_t i = 0; i < strings.size(); ++i) {
        EXPECT_EQ(Bytes(parts[i].begin(), parts[i].end()), strings[i]);
    }
    parts.resize(7);
    EXPECT_TRUE(parts[6].empty());
    parts.resize(1);
    EXPECT_EQ(parts.bytes(), 3U);
}

TEST(Runs, SaysOnceWhatNeighboursShare) {
    constexpr std::size_t kIdAndPayload = 16 + 3;
    const std::size_t one = encode(Submit{"c", tasks_alike(1)}).size();
    EXPECT_LE(encode(Submit{"c", tasks_alike(101)}).size(), one + 100 * kIdAndPayload + 4);
    const Outcome done = [] {
        Outcome outcome;
        outcome.attempt = 1;
        outcome.started_unix_ms = outcome.ended_unix_ms = 1'700'000'000'000;
        return outcome;
    }();
    EXPECT_LE(encode(OutcomeReport{"w", std::vector<Outcome>(200, done)}).size(), 200 * 16 + 64);
    EXPECT_LE(encode(Settled{std::vector<AttemptRef>(200, AttemptRef{sample_id(1), 1})}).size(),
              200 * 16 + 32);
}

TEST(Runs, GivesBackNeighboursThatShareWithWhatEachHasOfItsOwn) {
    std::vector<Task> tasks = tasks_alike(50);
    tasks[10].attempt = 7;  // alone among the others
    tasks[20].spec.priority = 1;
    tasks[21].spec.priority = 1;
    tasks[30].payload.clear();
    tasks[49].bundle.reset();
    expect_round_trip(Submit{"c", tasks});
    expect_round_trip(Tasks{1, 50, tasks});
    std::vector<Outcome> outcomes(40, sample_outcome());
    std::vector<Event> events;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        outcomes[i].id = sample_id(static_cast<std::uint8_t>(i));
        outcomes[i].output = Bytes(i % 3, 5);
        if (i == 7) { outcomes[i].usage.wall_ms = 99; }
        if (i == 8) { outcomes[i].notes.emplace_back("another"); }
        events.push_back({outcomes[i].id, EventKind::ended, TaskState::failed, 2, 5, "why", outcomes[i]});
        if (i % 10 == 9) { events.back().outcome.reset(); }
        if (i > 30) {
            events.back().outcome.emplace();
            events.back().outcome->id = outcomes[i].id;
        }
    }
    expect_round_trip(OutcomeReport{"w", outcomes});
    expect_round_trip(Events{1, 2, events, {}});
    std::vector<AttemptRef> held;
    for (std::uint8_t i = 0; i < 90; ++i) { held.push_back({sample_id(i), i / 30U}); }
    expect_round_trip(Drop{held});
}

TEST(Runs, DoesNotShareMuchText) {
    Outcome outcome;
    outcome.error.assign(kSharedBytesMax, 'e');
    const std::size_t shared = encode(Outcomes{"w", std::vector<Outcome>(100, outcome)}).size();
    EXPECT_LT(shared, 2 * kSharedBytesMax + 100 * 16);
    outcome.error += 'e';
    const Outcomes apart{"w", std::vector<Outcome>(100, outcome)};
    EXPECT_GT(encode(apart).size(), 100 * kSharedBytesMax);
    expect_round_trip(apart);
    // [[two ids, nothing carried, [0, 0, 0, 0, "", 0, 0, 0, nil, 0, 0, 0, 1025 times e]]]
    Bytes body{0x92, 0xa1, 'w', 0x91, 0x93, 0xc4, 32};
    body.insert(body.end(), 32, 1);
    const Bytes fields{0x90, 0x9d, 0, 0, 0, 0, 0xa0, 0, 0, 0, 0xc0, 0, 0, 0, 0xda, 0x04, 0x01};
    body.insert(body.end(), fields.begin(), fields.end());
    body.insert(body.end(), kSharedBytesMax + 1, 'e');
    EXPECT_EQ(refusal_of(frame_of(1, 14, body)), "outcomes share more than 1024 bytes of text");
}

TEST(Runs, RefusesRunsWhosePartsDoNotAgree) {
    const auto submit = [](Bytes runs) {
        Bytes body{0x92, 0xa1, 'c'};
        body.insert(body.end(), runs.begin(), runs.end());
        return frame_of(1, 1, body);
    };
    const auto ids = [](std::uint8_t bytes) {
        Bytes run{0x91, 0x93, 0xc4, bytes};
        run.insert(run.end(), bytes, 7);
        return run;
    };
    const auto run = [&](std::uint8_t bytes, const Bytes& rest) {
        Bytes out = ids(bytes);
        out.insert(out.end(), rest.begin(), rest.end());
        return submit(out);
    };
    EXPECT_TRUE(decode(run(32, {0x92, 0xc4, 1, 5, 0xc4, 0, 0x90})));
    EXPECT_EQ(refusal_of(run(31, {0x90, 0x90})), "tasks has ids of another length");
    EXPECT_EQ(refusal_of(run(32, {0x91, 0xc4, 1, 5, 0x90})), "tasks carry more or less than there are ids");
    EXPECT_EQ(refusal_of(run(32, {0x92, 0xa1, 'x', 0xc4, 0, 0x90})), "payload is not bytes");
    EXPECT_EQ(refusal_of(submit({0x91, 0x92, 0xc4, 0, 0x90})), "tasks has a run without its parts");
    EXPECT_EQ(refusal_of(submit({0x91, 5})), "tasks is not a list");
    // An event without an outcome has nothing to carry an output in.
    Bytes event{0x93, 0, 0, 0x91, 0x93, 0xc4, 16};
    event.insert(event.end(), 16, 7);
    event.insert(event.end(), {0x91, 0xc4, 1, 5, 0x90});
    EXPECT_EQ(refusal_of(frame_of(1, 24, event)), "events carry more or less than there are ids");
}

TEST(Runs, RefusesMoreItemsThanOneMessageMayHaveHoweverTheyAreShared) {
    expect_round_trip(Outcomes{"w", std::vector<Outcome>(kBatchItemsMax)});
    EXPECT_EQ(refusal_of(encode(Outcomes{"w", std::vector<Outcome>(kBatchItemsMax + 1)})),
              "outcomes has too many items");
    std::vector<Outcome> two_kinds(kBatchItemsMax + 1);
    for (std::size_t i = 0; i < two_kinds.size() / 2; ++i) { two_kinds[i].signal = 1; }
    EXPECT_EQ(refusal_of(encode(Outcomes{"w", two_kinds})), "outcomes has too many items");
    expect_round_trip(Started{std::vector<AttemptRef>(kHeldMax)});
    EXPECT_EQ(refusal_of(encode(Started{std::vector<AttemptRef>(kHeldMax + 1)})),
              "attempts has too many items");
}

}  // namespace
}  // namespace nias::test
