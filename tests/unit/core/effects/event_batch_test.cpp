// Batches of events: gathered by client, nothing lost, those of one task in order.
#include "core/effects/event_batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "support/unrolled.hpp"
#include "unit/core/dispatch/records.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using wire::EventKind;

constexpr std::int64_t kMs = 1'700'000'000'000;

EventBatch::StateChange accepted() { return {EventKind::accepted, TaskState::queued, 1, kMs, {}}; }
EventBatch::StateChange given_to(std::string_view worker) {
    return {EventKind::state, TaskState::assigned, 1, kMs, worker};
}

/// «number of the task» + first letter of the kind, of each client.
std::map<std::string, std::vector<std::string>> all_of(const EventBatch& batch) {
    std::map<std::string, std::vector<std::string>> out;
    test::for_each_event(batch, [&](const std::string& client, const wire::Event& event) {
        const char* const kinds[] = {"a", "r", "s", "e"};
        out[client].push_back(std::to_string(event.id.bytes[15]) + kinds[static_cast<int>(event.kind)]);
    });
    return out;
}

/// Clients and their ends, of which those of one number are alike.
class Ends {
public:
    explicit Ends(EventBatch& batch) : batch_(batch) {}
    const wire::Run<wire::Event>& end(const std::string& client, unsigned n, std::uint64_t run_number = 0,
                                      std::size_t bytes = 2, const TaskId& group = {}) {
        const Bytes output(bytes, static_cast<std::uint8_t>(n));
        return batch_.ends(*clients_.join(client), id_of(n),
                           {TaskState::succeeded, 1, kMs, {}, outcome_, output, run_number, group});
    }
    Outcome outcome_ = outcome_of(0);

private:
    EventBatch& batch_;
    Clients clients_;
};

std::size_t runs_of_ended(const EventBatch& batch) {
    std::size_t runs = 0;
    batch.by_client([&](const std::string&, const auto&, const auto& ended) { runs += ended.size(); });
    return runs;
}

TEST(EventBatch, GathersTasksOfWhichTheSameIsTold) {
    EventBatch batch;
    for (unsigned n = 1; n <= 3; ++n) { batch.stands("c1", id_of(n), accepted()); }
    batch.stands("c1", id_of(1), given_to("w1"));
    batch.stands("c1", id_of(2), given_to("w1"));
    batch.stands("c1", id_of(3), given_to("w2"));
    EXPECT_EQ(batch.size(), 6U);
    batch.by_client([](const std::string& client, const auto& standing, const auto& ended) {
        EXPECT_EQ(client, "c1");
        ASSERT_EQ(standing.size(), 3U);
        EXPECT_EQ(standing[0]->ids.size(), 3U);
        EXPECT_EQ(standing[1]->text, "w1");
        EXPECT_EQ(standing[1]->ids.size(), 2U);
        EXPECT_EQ(standing[2]->text, "w2");
        EXPECT_TRUE(ended.empty());
    });
}

TEST(EventBatch, TellsTheGroupOfEachTask) {
    EventBatch batch;
    const TaskId first = id_of(91);
    const TaskId second = id_of(92);
    auto of_first = accepted();
    of_first.group = first;
    auto of_second = accepted();
    of_second.group = second;
    batch.stands("c1", id_of(1), of_first);
    batch.stands("c1", id_of(2), of_first);
    batch.stands("c1", id_of(3), of_second);
    batch.stands("c1", id_of(4), accepted());
    Ends ends(batch);
    ends.end("c1", 1, 5, 2, first);
    ends.end("c1", 2, 5, 2, first);
    ends.end("c1", 3, 5, 2, second);
    ends.end("c1", 4, 5, 2);
    EXPECT_EQ(runs_of_ended(batch), 3U) << "those of one group share a run";
    std::map<unsigned, TaskId> told;
    test::for_each_event(batch, [&](const std::string&, const wire::Event& event) {
        if (event.kind == EventKind::ended) {
            EXPECT_EQ(told.at(event.id.bytes[15]), event.group);
        } else {
            told[event.id.bytes[15]] = event.group;
        }
    });
    EXPECT_EQ(told, (std::map<unsigned, TaskId>{{1, first}, {2, first}, {3, second}, {4, TaskId{}}}));
}

TEST(EventBatch, TellsEachClientItsOwnInOrder) {
    EventBatch batch;
    batch.stands("c1", id_of(1), accepted());
    batch.stands("c2", id_of(2), accepted());
    Ends ends(batch);
    ends.end("c2", 2);
    batch.stands("c1", id_of(1), given_to("w1"));
    ends.end("c1", 1);
    ends.end("c3", 3);
    batch.stands("c2", id_of(4), accepted());
    const auto all = all_of(batch);
    EXPECT_EQ(all.size(), 3U);
    EXPECT_THAT(all.at("c1"), ElementsAre("1a", "1s", "1e"));
    EXPECT_THAT(all.at("c2"), ElementsAre("2a", "4a", "2e"));
    EXPECT_THAT(all.at("c3"), ElementsAre("3e"));
    EXPECT_EQ(batch.size(), 7U);
}

TEST(EventBatch, ClosesAListThatIsAsLongAsAMessageMayHave) {
    EventBatch batch;
    for (unsigned n = 0; n <= wire::kBatchItemsMax; ++n) { batch.stands("c1", id_of(n), accepted()); }
    batch.by_client([](const std::string&, const auto& standing, const auto&) {
        ASSERT_EQ(standing.size(), 2U);
        EXPECT_EQ(standing[0]->ids.size(), wire::kBatchItemsMax);
    });
}

TEST(EventBatch, GathersEndsThatAreAlikeEachWithItsOwnOutput) {
    EventBatch batch;
    Ends ends(batch);
    for (unsigned n = 1; n <= 3; ++n) { ends.end("c1", n, 7); }
    ends.end("c1", 4, 8);
    ends.end("c1", 5);
    ends.end("c1", 6);
    ends.end("c2", 7, 8);
    EXPECT_EQ(runs_of_ended(batch), 5U);
    EXPECT_EQ(batch.size(), 7U);
    unsigned n = 0;
    test::for_each_event(batch, [&](const std::string&, const wire::Event& event) {
        EXPECT_EQ(event.id, id_of(++n));
        EXPECT_EQ(event.outcome->id, id_of(n));
        EXPECT_EQ(event.outcome->output, Bytes(2, static_cast<std::uint8_t>(n)));
        EXPECT_EQ(event.outcome->usage, outcome_of(0).usage);
    });
}

TEST(EventBatch, GathersNoMoreEndsThanAFrameHasRoomFor) {
    EventBatch batch;
    Ends ends(batch);
    for (unsigned n = 0; n < 8; ++n) {
        EXPECT_LE(wire::weight(ends.end("c1", n, 1, kInlineMax)), wire::kEventFrameBytes);
    }
    for (unsigned n = 0; n <= wire::kBatchItemsMax; ++n) {
        EXPECT_LE(ends.end("c2", n, 2, 0).size(), wire::kBatchItemsMax);
    }
}

TEST(EventBatch, LetsEndsWithMuchTextShareNothing) {
    EventBatch batch;
    Ends ends(batch);
    ends.outcome_.error.assign(wire::kSharedBytesMax + 1, 'e');
    for (unsigned n = 1; n <= 3; ++n) { ends.end("c1", n, 7); }
    EXPECT_EQ(runs_of_ended(batch), 3U);
}

TEST(EventBatch, TellsAnEndAgainAsItWas) {
    EventBatch batch;
    const wire::Event event{id_of(1), EventKind::ended, TaskState::failed, 2, kMs, "why", outcome_of(1, 2)};
    batch.ended_before("c1", event);
    test::for_each_event(batch, [&](const std::string& client, const wire::Event& again) {
        EXPECT_EQ(client, "c1");
        EXPECT_EQ(again, event);
    });
    EXPECT_EQ(batch.size(), 1U);
}

TEST(EventBatch, HoldsNothingOnceItIsCleared) {
    EventBatch batch;
    batch.stands("c1", id_of(1), accepted());
    Ends(batch).end("c2", 2);
    batch.clear();
    EXPECT_TRUE(batch.empty());
    EXPECT_TRUE(all_of(batch).empty());
    batch.stands("c2", id_of(5), accepted());
    EXPECT_THAT(all_of(batch).at("c2"), ElementsAre("5a"));
}

}  // namespace
}  // namespace nias::core
