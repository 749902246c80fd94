// The terms on which a job is sent: how they travel, and what the program is told of them.
#include "job/array/terms.hpp"

#include <gmock/gmock.h>

namespace nias::job {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

TEST(Terms, TravelAsAPayload) {
    for (const Terms& terms : {Terms{}, Terms{.trial = true}, Terms{.place = ArrayPlace{7, 3, 1, 9, 2}},
                               Terms{.trial = true,
                               .place = ArrayPlace{0, 10'000, 0, 999'999'999, 10'000},
                               .full_limit_ms = 1,
                               .indices = "0-9:3,7"},
                               Terms{.trial = true, .disk_bytes = 1ULL << 40U}}) {
        EXPECT_EQ(terms_of(to_payload(terms)), terms);
    }
    EXPECT_THAT(to_payload({}), IsEmpty()) << "an ordinary job carries nothing";
}

TEST(Terms, OfAPayloadThatSaysNothingOfThemAreThoseOfAnOrdinaryJob) {
    EXPECT_EQ(terms_of(bytes_of("trial\n")), Terms{});
    EXPECT_EQ(terms_of(bytes_of("nias job terms 1\narray 1 2 3 4\n")), Terms{});
    EXPECT_EQ(terms_of(bytes_of(std::string(70'000, 'x'))), Terms{});
    EXPECT_EQ(terms_of(bytes_of("nias job terms 1\nlater words\ntrial\n")), Terms{.trial = true});
}

TEST(Terms, AreToldToTheProgram) {
    EXPECT_THAT(variables_of({}), IsEmpty());
    EXPECT_THAT(variables_of({.trial = true}), ElementsAre(Pair("NIAS_TRIAL", "1")));
    EXPECT_THAT(variables_of({.place = ArrayPlace{7, 3, 1, 9}}),
                ElementsAre(Pair("NIAS_ARRAY_COUNT", "3"), Pair("NIAS_ARRAY_INDEX", "7"),
                            Pair("NIAS_ARRAY_MAX", "9"), Pair("NIAS_ARRAY_MIN", "1")));
}

Task base_of(std::uint64_t limit_ms) {
    Task task;
    task.owner = "ana";
    task.spec.name = "sweep";
    task.spec.time_limit_ms = limit_ms;
    task.bundle = BlobRef{.hash = {}, .size_bytes = 7};
    return task;
}

TEST(Terms, KeepTheRoomOnTheDiskInMembersAndTrials) {
    Task base = base_of(0);
    ask_for_disk(base, 0);
    EXPECT_EQ(base, base_of(0)) << "nothing is asked for";
    ask_for_disk(base, 1ULL << 30U);
    const std::vector<std::uint32_t> indices{1, 3};
    for (const Task& member : make_members(base, TaskId::make_group(), indices, place_in(indices))) {
        EXPECT_EQ(terms_of(member.payload).disk_bytes, 1ULL << 30U);
        EXPECT_TRUE(terms_of(member.payload).place);
    }
    const Task trial = make_trial(base, {});
    EXPECT_EQ(terms_of(trial.payload).disk_bytes, 1ULL << 30U);
    const auto full = full_run_of(trial);
    ASSERT_TRUE(full);
    EXPECT_EQ(full->base, base);
    ask_for_disk(base, 2ULL << 30U);
    EXPECT_EQ(terms_of(base.payload), Terms{.disk_bytes = 2ULL << 30U});
}

TEST(Trial, HasAMinuteAtMostAndTellsWhatItTries) {
    for (const auto& [asked, granted] :
         {std::pair<std::uint64_t, std::uint64_t>{0, 60'000}, {5'000, 5'000}, {600'000, 60'000}}) {
        const Task trial = make_trial(base_of(asked), {});
        EXPECT_EQ(trial.spec.time_limit_ms, granted);
        EXPECT_TRUE(terms_of(trial.payload).trial);
        EXPECT_FALSE(terms_of(trial.payload).place);
        const auto full = full_run_of(trial);
        EXPECT_EQ(full->base, base_of(asked));
        EXPECT_THAT(full->indices, IsEmpty());
    }
}

TEST(Trial, OfAnArrayIsItsFirstMemberAlone) {
    const std::uint32_t indices[] = {3, 7, 11};
    const Task trial = make_trial(base_of(0), indices);
    EXPECT_EQ(terms_of(trial.payload).place, (ArrayPlace{3, 3, 3, 11}));
    EXPECT_EQ(trial.group, TaskId{});
    const auto full = full_run_of(trial);
    EXPECT_EQ(full->base, base_of(0));
    EXPECT_THAT(full->indices, ElementsAre(3, 7, 11));
}

TEST(Trial, OfAnArrayThatIsTooLongToTellSaysSo) {
    std::vector<std::uint32_t> indices;
    for (std::uint32_t i = 1; i <= 9'000; ++i) { indices.push_back(100'000'000 + i * i); }
    const Task trial = make_trial(base_of(0), indices);
    EXPECT_LT(trial.payload.size(), kInlineMax);
    EXPECT_EQ(full_run_of(trial).error().code, ErrorCode::conflict);
}

TEST(ArrayMembers, ShareAllButTheirIdsAndPlaces) {
    const TaskId group = TaskId::make_group();
    const std::uint32_t indices[] = {0, 5, 900};
    const auto members = make_members(base_of(9), group, indices, place_in(indices));
    ASSERT_EQ(members.size(), 3U);
    for (std::size_t i = 0; i < members.size(); ++i) {
        EXPECT_EQ(members[i].group_index(), indices[i]);
        EXPECT_EQ(members[i].id, group.member(indices[i]));
        EXPECT_EQ(members[i].group, group);
        EXPECT_EQ(members_beside(members[i]), 3U);
        EXPECT_EQ(members[i].spec, base_of(9).spec);
        EXPECT_EQ(terms_of(members[i].payload).place, (ArrayPlace{indices[i], 3, 0, 900, 3}));
    }
}

TEST(ArrayMembers, ThatRunAgainKeepTheirPlaceInTheArrayThatWasWritten) {
    const std::uint32_t failed[] = {5, 7};
    const auto members =
        make_members(base_of(9), TaskId::make_group(), failed, {.count = 100, .min = 1, .max = 100});
    EXPECT_EQ(terms_of(members.back().payload).place, (ArrayPlace{7, 100, 1, 100, 2}));
}

}  // namespace
}  // namespace nias::job
