// The submitter refuses before it queues a task, bound by bound, exactly those that no ventilator could read.
#include "wire/task_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "wire/codec/codec.hpp"
#include "wire/limits.hpp"

namespace nias::wire {
namespace {

using ::testing::HasSubstr;

Task good() {
    Task task;
    task.id.bytes.fill(7);
    task.owner = "ana";
    return task;
}

CountedResources counted(std::size_t names) {
    std::vector<CountedResource> list;
    for (std::size_t i = 0; i < names; ++i) { list.push_back({"r" + std::to_string(i), 1}); }
    return CountedResources(std::move(list));
}

/// One bound: how to make a task that is just within it or one past it.
struct Bound {
    std::string field;
    std::uint64_t most;
    std::function<void(Task&, std::uint64_t)> set;
    bool on_the_wire =
        true;  ///< false: the frame can be read, and the ventilator refuses the task by its rules
};

std::vector<Bound> bounds() {
    const auto text = [](std::uint64_t n) { return std::string(n, 'x'); };
    return {
        {"owner", kOwnerBytesMax, [=](Task& t, std::uint64_t n) { t.owner = text(n); }},
        {"spec.name", kNameBytesMax, [=](Task& t, std::uint64_t n) { t.spec.name = text(n); }},
        {"spec.runtime", kNameBytesMax, [=](Task& t, std::uint64_t n) { t.spec.runtime = text(n); }},
        {"request", kRequestMax, [=](Task& t, std::uint64_t n) { t.request = text(n); }},
        {"bundle.size_bytes", kBlobBytesMax,
         [](Task& t, std::uint64_t n) {
             t.bundle = BlobRef{{}, n};
         }},
        {"payload", kInlineMax, [](Task& t, std::uint64_t n) { t.payload.assign(n, 1); }},
        {"counted resources", kCountedMax,
         [](Task& t, std::uint64_t n) { t.spec.resources.counted = counted(n); }, false},
        {"spec.max_attempts", kAttemptsMax,
         [](Task& t, std::uint64_t n) { t.spec.max_attempts = static_cast<std::uint32_t>(n); }, false},
        {"spec.max_failures", kFailuresMax,
         [](Task& t, std::uint64_t n) { t.spec.max_failures = static_cast<std::uint32_t>(n); }, false},
    };
}

bool decodes(const Task& task) { return static_cast<bool>(decode(encode(Submit{"client", {task}}))); }

TEST(TaskRules, LetARequestBeAWordSoThatItIsNothingElseInALog) {
    Task task = good();
    for (const char* word :
         {"", "3f2a", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a_B.9"}) {
        task.request = word;
        EXPECT_EQ(fault_of(task), "") << word;
    }
    for (const char* wrong : {"two words", "a\nb", "\x1b[31m", "a\"b", "ç", "a,b", "a/b"}) {
        task.request = wrong;
        EXPECT_THAT(fault_of(task), HasSubstr("request may have letters")) << wrong;
    }
}

TEST(TaskRules, RefuseAtEachBoundExactlyWhatTheWireRefuses) {
    for (const Bound& bound : bounds()) {
        for (const std::uint64_t n : {bound.most, bound.most + 1}) {
            Task task = good();
            bound.set(task, n);
            const std::string fault = fault_of(task);
            EXPECT_EQ(fault.empty(), n <= bound.most) << bound.field << " of " << n << ": " << fault;
            EXPECT_EQ(decodes(task), !bound.on_the_wire || n <= bound.most) << bound.field << " of " << n;
        }
    }
}

TEST(TaskRules, NameTheFieldWhatItHasAndItsBound) {
    for (const Bound& bound : bounds()) {
        Task task = good();
        bound.set(task, bound.most + 1);
        const std::string fault = fault_of(task);
        EXPECT_THAT(fault, HasSubstr(bound.field));
        EXPECT_THAT(fault, HasSubstr(std::to_string(bound.most + 1)));
        EXPECT_THAT(fault, HasSubstr(std::to_string(bound.most)));
    }
}

TEST(TaskRules, LookIntoWhatIsNested) {
    Task task = good();
    task.spec.resources.counted = {{std::string(kNameBytesMax + 1, 'x'), 1}};
    EXPECT_THAT(fault_of(task), HasSubstr("spec.counted.name has 201 bytes"));
    EXPECT_FALSE(decodes(task));
    task.spec.resources.counted = counted(kCountedReadMax + 1);
    EXPECT_THAT(fault_of(task), HasSubstr("spec.counted has 33 items"));
    EXPECT_FALSE(decodes(task));
}

TEST(TaskRules, AskForAnOwnerAndAtLeastOneAttempt) {
    Task task = good();
    task.owner.clear();
    EXPECT_THAT(fault_of(task), HasSubstr("no owner"));
    task = good();
    task.spec.max_attempts = 0;
    EXPECT_THAT(fault_of(task), HasSubstr("spec.max_attempts is 0"));
    EXPECT_EQ(fault_of(good()), "");
}

TEST(TaskRules, LetATaskHaveAPlaceInItsGroupAlone) {
    Task task = good();
    task.group = TaskId::make_group();
    for (const auto& [index, size, is_good] : {std::tuple{0U, 1U, true},
                                               {1U, 1U, false},
                                               {99U, 100U, true},
                                               {100U, 100U, false},
                                               {kGroupIndexMax, 0U, true},
                                               {kGroupIndexMax + 1, 0U, false}}) {
        task.group_size = size;
        task.id = task.group.member(index);
        EXPECT_EQ(fault_of(task).empty(), is_good) << index << " of " << size << ": " << fault_of(task);
    }
    EXPECT_THAT(fault_of(task),
                HasSubstr("the index 4294967295, and its group has indexes up to 4294967294"));
    task.id = {};  // it is not there yet
    task.group_size = 1;
    EXPECT_EQ(fault_of(task), "");
    task.group = {};
    EXPECT_THAT(fault_of(task), HasSubstr("group_size is 1, and the task names no group"));
}

TEST(SalvagedSubmit, KeepsTheGoodTasksOfAFrameAndSaysWhatIsWrongWithTheOthers) {
    std::vector<Task> tasks(6, good());
    for (std::size_t i = 0; i < tasks.size(); ++i) { tasks[i].id.bytes[15] = static_cast<std::uint8_t>(i); }
    tasks[1].owner = std::string(129, 'x');
    tasks[2].owner = std::string(6000, 'x');
    tasks[3].bundle = BlobRef{{}, 1ULL << 40U};
    tasks[4].payload.assign(kInlineMax + 1, 1);
    const Bytes frame = encode(Submit{"client", tasks});
    ASSERT_FALSE(decode(frame));
    const auto salvaged = salvage_submit(frame);
    ASSERT_TRUE(salvaged);
    EXPECT_EQ(salvaged->submit.client, "client");
    ASSERT_EQ(salvaged->submit.tasks.size(), 2U);
    EXPECT_EQ(salvaged->submit.tasks[0], tasks[0]);
    EXPECT_EQ(salvaged->submit.tasks[1], tasks[5]);
    std::vector<TaskId> refused;
    for (const auto& [ids, words] : salvaged->refused) {
        EXPECT_FALSE(words.empty());
        refused.insert(refused.end(), ids.begin(), ids.end());
    }
    EXPECT_EQ(refused, (std::vector<TaskId>{tasks[1].id, tasks[2].id, tasks[3].id, tasks[4].id}));
}

TEST(SalvagedSubmit, IsNothingWhereNobodyIsNamed) {
    EXPECT_FALSE(salvage_submit(encode(Cancel{{good().id}})));
    EXPECT_FALSE(salvage_submit(encode(Submit{std::string(kNameBytesMax + 1, 'c'), {good()}})));
    Bytes cut = encode(Submit{"client", {good()}});
    for (std::size_t size = 0; size < cut.size(); ++size) {
        EXPECT_FALSE(salvage_submit(std::span(cut).first(size))) << size;
    }
}

}  // namespace
}  // namespace nias::wire
