// What clients are told: gathered by client, nothing lost, of one task in order.
#include "core/containers/told.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "unit/core/records.hpp"

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

void end(Told& told, const std::string& client, unsigned n) {
    told.ends(client) = {id_of(n), EventKind::ended, TaskState::succeeded, 1, kMs, {}, outcome_of(n)};
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
    end(told, "c2", 2);
    told.stands("c1", id_of(1), given_to("w1"));
    end(told, "c1", 1);
    end(told, "c3", 3);
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

TEST(Told, HoldsNothingOnceItIsCleared) {
    Told told;
    told.stands("c1", id_of(1), accepted());
    end(told, "c2", 2);
    EXPECT_EQ(told.before_last(), nullptr);
    end(told, "c2", 3);
    EXPECT_EQ(told.before_last()->id, id_of(2));
    told.clear();
    EXPECT_TRUE(told.empty());
    EXPECT_TRUE(all_of(told).empty());
    told.stands("c2", id_of(5), accepted());
    EXPECT_THAT(all_of(told).at("c2"), ElementsAre("5a"));
}

}  // namespace
}  // namespace nias::core
