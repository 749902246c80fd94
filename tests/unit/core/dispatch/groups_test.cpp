// Tasks of a group at dispatch: which may have a place in it, and what is done to all of them.
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DispatchGroups : public DispatchLab {};

TEST_F(DispatchGroups, RefusesOfAGroupWhatHasNoPlaceInItAndTakesTheOthers) {
    const TaskId group = TaskId::make_group();
    std::vector<Task> tasks;
    for (const unsigned n : {1U, 2U, 3U}) {
        Task& task = tasks.emplace_back(task_of(n));
        task.group = group;
        task.group_size = id_of(2).index();  // so that 2 is the first that is past the end
    }
    submit(tasks);
    const auto accepted = take_event(1, EventKind::accepted, TaskState::queued);
    EXPECT_EQ(accepted.group, group);
    EXPECT_EQ(take_journal<test::JournalAdd>(1).task.group, group);
    for (const unsigned n : {2U, 3U}) {
        EXPECT_THAT(take_event(n, EventKind::rejected, TaskState::queued).text,
                    HasSubstr("ends with the index"));
    }
    EXPECT_EQ(core_->queued(), 1U);
    submit({[&] {
        Task other = tasks[0];
        other.group = TaskId::make_group();
        return other;
    }()});
    EXPECT_EQ(take_event(1, EventKind::rejected, TaskState::queued).code, wire::EventCode::conflict);
}

TEST_F(DispatchGroups, EndsThoseThatLiveOfAGroupThatIsCancelledAndNoOthers) {
    const TaskId group = TaskId::make_group();
    const auto member = [&group](unsigned n) {
        Task task = task_of(n);
        task.group = group;
        return task;
    };
    join("w1", 1);
    run("w1", member(1));
    Task other = member(4);
    other.group = TaskId::make_group();
    submit({member(3), task_of(5), other, member(2)});
    forget_effects();
    const auto cancel_group = [&](const TaskId& which) {
        step([&](Effects& out) { core_->on(wire::Cancel{{}, {which}}, when_, out); });
    };
    cancel_group(group);
    EXPECT_THAT(take<wire::Drop>(peer_of("w1")).attempts, ElementsAre(ref_of(1)));
    EXPECT_EQ(take_end(2, TaskState::cancelled).group, group);
    EXPECT_EQ(take_end(3, TaskState::cancelled).group, group);
    cancel_group(group);  // a repeat; the running one is asked with its worker's beats
    cancel_group({});     // no group at all is named
    cancel_group(TaskId::make_group());
    EXPECT_EQ(core_->queued(), 2U);
    outcomes("w1", {outcome_of(1, 1, OutcomeStatus::cancelled)});
    take_end(1, TaskState::cancelled);
    take<wire::Settled>(peer_of("w1"));
}

TEST_F(DispatchGroups, ListsWhatLivesLargestFirstAPageAtATime) {
    const TaskId group = TaskId::make_group();
    std::vector<Task> tasks;
    for (unsigned n = 1; n <= 600; ++n) {
        Task& task = tasks.emplace_back(task_of(n, n % 2 == 0 ? "ana" : "eva"));
        task.spec.name = "sweep";
        if (n <= 300) { task.group = group; }
    }
    join("w1", 1);
    submit(std::move(tasks));
    assign();
    forget_effects();
    const auto list = [this](const wire::QueryTasks& query) {
        from("client", query);
        return take<wire::TaskList>("client");
    };
    const auto first = list({.number = 9, .group = {}, .owner = "", .before = {}, .alive = false});
    EXPECT_EQ(first.number, 9U);
    ASSERT_EQ(first.tasks.size(), wire::kTaskRowsMax);
    EXPECT_TRUE(first.more);
    EXPECT_EQ(first.tasks.front().id, id_of(600));
    EXPECT_EQ(first.tasks.back().id, id_of(601 - wire::kTaskRowsMax));
    const auto rest =
        list({.number = 1, .group = group, .owner = "eva", .before = id_of(200), .alive = true});
    EXPECT_EQ(rest.tasks.size(), 100U);
    EXPECT_FALSE(rest.more);
    EXPECT_EQ(rest.tasks.front().id, id_of(199));
    const wire::TaskRow& given = rest.tasks.back();
    EXPECT_EQ(given.id, id_of(1));
    EXPECT_EQ(given.state, TaskState::assigned);
    EXPECT_EQ(given.text, "w1");
    EXPECT_EQ(given.name, "sweep");
    EXPECT_EQ(given.group, group);
    EXPECT_TRUE(list({.number = 1, .group = TaskId::make_group(), .owner = "", .before = {}, .alive = true})
                    .tasks.empty());
}

}  // namespace
}  // namespace nias::core
