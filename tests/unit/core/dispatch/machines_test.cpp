// The links of workers: names, connections, credit, resources, digests.
#include "core/dispatch/machines.hpp"

#include <gtest/gtest.h>

#include "unit/core/dispatch/records.hpp"

namespace nias::core {
namespace {

LabRuntimes& lab() {
    static LabRuntimes one;
    return one;
}

WorkerLink machine_with(std::uint32_t cpus, std::uint32_t gpus = 0, std::uint64_t memory_bytes = 0) {
    WorkerLink machine;
    machine.lab = &lab();
    machine.cpus = cpus;
    machine.gpus = gpus;
    machine.memory_bytes = memory_bytes;
    machine.runtimes = {"python", "octave"};
    return machine;
}

TEST(MachineFits, AsksForTheRuntimeAndEveryResource) {
    const WorkerLink machine = machine_with(4, 1, 100);
    EXPECT_TRUE(machine.fits({"", 0, 0, 0}));
    EXPECT_TRUE(machine.fits({"octave", 4, 1, 100}));
    EXPECT_FALSE(machine.fits({"matlab", 0, 0, 0}));
    EXPECT_FALSE(machine.fits({"", 5, 0, 0}));
    EXPECT_FALSE(machine.fits({"", 0, 2, 0}));
    EXPECT_FALSE(machine.fits({"", 0, 0, 101}));
    EXPECT_FALSE(machine.fits({"", 0, 0, ~0ULL}));
}

TEST(MachineFits, LeavesRoomForWhatItHas) {
    WorkerLink machine = machine_with(4, 1, 100);
    Work big;
    Kinds kinds;
    big.kind = kinds.join(claiming(1, {.cpus = 3, .gpus = 1, .memory_bytes = 60}));
    machine.attach(big);
    EXPECT_TRUE(machine.fits({"", 1, 0, 40}));
    EXPECT_FALSE(machine.fits({"", 2, 0, 0}));
    EXPECT_FALSE(machine.fits({"", 0, 1, 0}));
    EXPECT_FALSE(machine.fits({"", 0, 0, 41}));
    machine.detach(big);
    EXPECT_TRUE(machine.fits({"", 4, 1, 100}));
}

TEST(MachineFits, TakesNothingMoreWhenItClaimsLessThanItHas) {
    WorkerLink machine = machine_with(4);
    Work work;
    Kinds kinds;
    work.kind = kinds.join(claiming(1, {.cpus = 4}));
    machine.attach(work);
    machine.cpus = 2;  // a Hello that counts fewer
    EXPECT_FALSE(machine.fits({"", 2, 0, 0}));
    EXPECT_TRUE(machine.fits({"", 0, 0, 0}));
    machine.detach(work);
}

TEST(MachineFits, DoesNotCountTasksThatClaimNothing) {
    WorkerLink machine = machine_with(1);
    Work small;
    Kinds kinds;
    small.kind = kinds.join(task_of(1));
    machine.attach(small);
    EXPECT_EQ(machine.used_cpus, 0U);
    machine.detach(small);
}

TEST(Machines, KnowsAWorkerByNameAndByItsNewestConnection) {
    Machines machines;
    EXPECT_EQ(machines.by_name("w1"), nullptr);
    WorkerLink* machine = machines.add("w1");
    machines.connect(*machine, "p1");
    machines.connect(*machine, "p2");
    EXPECT_EQ(machines.by_name("w1"), machine);
    EXPECT_EQ(machines.by_peer("p2"), machine);
    EXPECT_EQ(machines.by_peer("p1"), nullptr);
    machines.check_invariants();
    machines.remove(*machine);
    EXPECT_EQ(machines.by_name("w1"), nullptr);
    EXPECT_EQ(machines.by_peer("p2"), nullptr);
    EXPECT_TRUE(machines.all().empty());
}

TEST(Machines, LeavesAConnectionToTheOneThatTookIt) {
    Machines machines;
    WorkerLink* first = machines.add("w1");
    WorkerLink* second = machines.add("w2");
    machines.connect(*first, "p");
    machines.connect(*second, "p");
    EXPECT_EQ(machines.by_peer("p"), second);
    machines.connect(*first, "q");
    EXPECT_EQ(machines.by_peer("p"), second);
    machines.remove(*first);
    EXPECT_EQ(machines.by_peer("p"), second);
    machines.check_invariants();
}

TEST(Machines, TakesNoMoreThanItsMost) {
    Machines machines;
    for (std::size_t n = 0; n < Machines::kMachinesMax; ++n) {
        ASSERT_NE(machines.add("w" + std::to_string(n)), nullptr);
    }
    EXPECT_EQ(machines.add("one more"), nullptr);
    machines.remove(*machines.by_name("w7"));
    EXPECT_NE(machines.add("one more"), nullptr);
}

TEST(Machines, RemembersTheLastOfTheIncarnationsThatWereTakenOver) {
    Machines machines;
    for (std::uint64_t n = 1; n <= 5'000; ++n) {
        machines.supersede(n, wire::WorkerRefusal::name_taken);
        machines.supersede(n, wire::WorkerRefusal::name_taken);
    }
    EXPECT_FALSE(machines.superseded(1));
    EXPECT_FALSE(machines.superseded(904));
    EXPECT_TRUE(machines.superseded(905));
    EXPECT_TRUE(machines.superseded(5'000));
}

TEST(CreditWindow, CountsTotalsSoThatRepeatsAndDisorderDoNoHarm) {
    CreditWindow credit;
    EXPECT_EQ(credit.room(), 0U);
    credit.grant({1, 1, 5});
    credit.grant({1, 1, 5});
    EXPECT_EQ(credit.room(), 5U);
    credit.spend();
    credit.grant({1, 3, 8});
    credit.grant({1, 2, 100});  // overtaken
    EXPECT_EQ(credit.room(), 7U);
    credit.grant({1, 4, 2});  // what was granted is not taken back
    EXPECT_EQ(credit.room(), 7U);
    EXPECT_EQ(credit.sent(), 1U);
    credit.reset();
    EXPECT_EQ(credit.room(), 0U);
    EXPECT_EQ(credit.sent(), 0U);
}

TEST(CreditWindow, CutsWhatABrokenWorkerGrants) {
    CreditWindow credit;
    credit.grant({1, 1, ~0ULL});
    EXPECT_EQ(credit.room(), wire::kCreditMax);
    credit.spend();
    credit.grant({1, ~0ULL, ~0ULL});
    EXPECT_EQ(credit.room(), wire::kCreditMax);
}

TEST(AttemptDigest, IsTheSameInAnyOrderAndTellsAttemptsApart) {
    EXPECT_EQ(attempts_digest({ref_of(1), ref_of(2, 3)}), attempts_digest({ref_of(2, 3), ref_of(1)}));
    EXPECT_NE(attempts_digest({ref_of(1)}), attempts_digest({ref_of(1, 2)}));
    EXPECT_NE(attempts_digest({ref_of(1)}), attempts_digest({ref_of(2)}));
    EXPECT_EQ(attempts_digest({}), 0U);
    AttemptDigest digest;
    digest.add(ref_of(1));
    digest.add(ref_of(2));
    digest.remove(ref_of(1));
    EXPECT_EQ(digest.value(), attempts_digest({ref_of(2)}));
    EXPECT_EQ(digest.count(), 1U);
}

}  // namespace
}  // namespace nias::core
