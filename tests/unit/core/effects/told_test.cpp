// What clients are told: gathered by client, nothing lost, of one task in order.
#include "core/effects/told.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "unit/core/dispatch/records.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using wire::EventKind;

constexpr std::int64_t kMs = 1'700'000'000'000;

Told::Stand accepted() { return {EventKind::accepted, TaskState::queued, 1, kMs, {}}; }
Told::Stand given_to(std::string_view worker) {
    return {EventKind::state, TaskState::assigned, 1, kMs, worker};
}

/// «number of the task» + first letter of the kind, of each client.
std::map<std::string, std::vector<std::string>> all_of(const Told& told) {
    std::map<std::string, std::vector<std::string>> out;
    told.for_each([&](const std::string& client, const wire::Event& event) {
        const char* const kinds[] = {"a", "r", "s", "e"};
        out[client].push_back(std::to_string(event.id.bytes[15]) + kinds[static_cast<int>(event.kind)]);
    });
    return out;
}

/// Clients and their ends, of which those of one number are alike.
class Ends {
public:
    explicit Ends(Told& told) : told_(told) {}
    const wire::Run<wire::Event>& end(const std::string& client, unsigned n, std::uint64_t alike = 0,
                                      std::size_t bytes = 2) {
        const Bytes output(bytes, static_cast<std::uint8_t>(n));
        return told_.ends(*clients_.join(client), id_of(n),
                          {TaskState::succeeded, 1, kMs, {}, outcome_, output, alike});
    }
    Outcome outcome_ = outcome_of(0);

private:
    Told& told_;
    Clients clients_;
};

std::size_t runs_of_ended(const Told& told) {
    std::size_t runs = 0;
    told.by_client([&](const std::string&, const auto&, const auto& ended) { runs += ended.size(); });
    return runs;
}

TEST(Told, GathersTasksOfWhichTheSameIsTold) {
    Told told;
    for (unsigned n = 1; n <= 3; ++n) { told.stands("c1", id_of(n), accepted()); }
    told.stands("c1", id_of(1), given_to("w1"));
    told.stands("c1", id_of(2), given_to("w1"));
    told.stands("c1", id_of(3), given_to("w2"));
    EXPECT_EQ(told.size(), 6U);
    told.by_client([](const std::string& client, const auto& standing, const auto& ended) {
        EXPECT_EQ(client, "c1");
        ASSERT_EQ(standing.size(), 3U);
        EXPECT_EQ(standing[0]->ids.size(), 3U);
        EXPECT_EQ(standing[1]->text, "w1");
        EXPECT_EQ(standing[1]->ids.size(), 2U);
        EXPECT_EQ(standing[2]->text, "w2");
        EXPECT_TRUE(ended.empty());
    });
}

TEST(Told, TellsEachClientItsOwnInOrder) {
    Told told;
    told.stands("c1", id_of(1), accepted());
    told.stands("c2", id_of(2), accepted());
    Ends ends(told);
    ends.end("c2", 2);
    told.stands("c1", id_of(1), given_to("w1"));
    ends.end("c1", 1);
    ends.end("c3", 3);
    told.stands("c2", id_of(4), accepted());
    const auto all = all_of(told);
    EXPECT_EQ(all.size(), 3U);
    EXPECT_THAT(all.at("c1"), ElementsAre("1a", "1s", "1e"));
    EXPECT_THAT(all.at("c2"), ElementsAre("2a", "4a", "2e"));
    EXPECT_THAT(all.at("c3"), ElementsAre("3e"));
    EXPECT_EQ(told.size(), 7U);
}

TEST(Told, ClosesAListThatIsAsLongAsAMessageMayHave) {
    Told told;
    for (unsigned n = 0; n <= wire::kBatchItemsMax; ++n) { told.stands("c1", id_of(n), accepted()); }
    told.by_client([](const std::string&, const auto& standing, const auto&) {
        ASSERT_EQ(standing.size(), 2U);
        EXPECT_EQ(standing[0]->ids.size(), wire::kBatchItemsMax);
    });
}

TEST(Told, GathersEndsThatAreAlikeEachWithItsOwnOutput) {
    Told told;
    Ends ends(told);
    for (unsigned n = 1; n <= 3; ++n) { ends.end("c1", n, 7); }
    ends.end("c1", 4, 8);
    ends.end("c1", 5);
    ends.end("c1", 6);
    ends.end("c2", 7, 8);
    EXPECT_EQ(runs_of_ended(told), 5U);
    EXPECT_EQ(told.size(), 7U);
    unsigned n = 0;
    told.for_each([&](const std::string&, const wire::Event& event) {
        EXPECT_EQ(event.id, id_of(++n));
        EXPECT_EQ(event.outcome->id, id_of(n));
        EXPECT_EQ(event.outcome->output, Bytes(2, static_cast<std::uint8_t>(n)));
        EXPECT_EQ(event.outcome->usage, outcome_of(0).usage);
    });
}

TEST(Told, GathersNoMoreEndsThanAFrameHasRoomFor) {
    Told told;
    Ends ends(told);
    for (unsigned n = 0; n < 8; ++n) {
        EXPECT_LE(wire::weight(ends.end("c1", n, 1, kInlineMax)), wire::kEventFrameBytes);
    }
    for (unsigned n = 0; n <= wire::kBatchItemsMax; ++n) {
        EXPECT_LE(ends.end("c2", n, 2, 0).size(), wire::kBatchItemsMax);
    }
}

TEST(Told, LetsEndsWithMuchTextShareNothing) {
    Told told;
    Ends ends(told);
    ends.outcome_.error.assign(wire::kSharedBytesMax + 1, 'e');
    for (unsigned n = 1; n <= 3; ++n) { ends.end("c1", n, 7); }
    EXPECT_EQ(runs_of_ended(told), 3U);
}

TEST(Told, TellsAnEndAgainAsItWas) {
    Told told;
    const wire::Event event{id_of(1), EventKind::ended, TaskState::failed, 2, kMs, "why", outcome_of(1, 2)};
    told.ended_before("c1", event);
    told.for_each([&](const std::string& client, const wire::Event& again) {
        EXPECT_EQ(client, "c1");
        EXPECT_EQ(again, event);
    });
    EXPECT_EQ(told.size(), 1U);
}

TEST(Told, HoldsNothingOnceItIsCleared) {
    Told told;
    told.stands("c1", id_of(1), accepted());
    Ends(told).end("c2", 2);
    told.clear();
    EXPECT_TRUE(told.empty());
    EXPECT_TRUE(all_of(told).empty());
    told.stands("c2", id_of(5), accepted());
    EXPECT_THAT(all_of(told).at("c2"), ElementsAre("5a"));
}

}  // namespace
}  // namespace nias::core
