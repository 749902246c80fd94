// Programs that one of several runtimes can run, and the seats that they hold.
#include "unit/core/dispatch/lab.hpp"

namespace nias::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DispatchRuntimes : public DispatchLab {
protected:
    void come(const std::string& worker, std::vector<std::string> runtimes, std::uint32_t credits = 4) {
        wire::Hello hello = hello_of(worker);
        hello.runtimes = std::move(runtimes);
        join(hello, credits);
        forget_notes();
    }
    void queue(std::vector<Task> tasks) {
        submit(std::move(tasks));
        forget_notes();
    }
    void give() {
        assign();
        forget_notes();
    }
    static Task plain_m(unsigned n) { return claiming(n, {}, "matlab|octave"); }
};

TEST_F(DispatchRuntimes, GiveAPlainProgramToTheFirstThatTheLabHas) {
    come("o1", {"octave"});
    queue({plain_m(1)});
    give();
    EXPECT_THAT(take_numbers("o1"), ElementsAre(1));
    come("m1", {"matlab"});
    queue({plain_m(2), claiming(3, {}, "octave")});
    give();
    EXPECT_THAT(take_numbers("o1"), ElementsAre(3)) << "a program that insists on Octave gets it";
    EXPECT_THAT(take_numbers("m1"), ElementsAre(2));
}

TEST_F(DispatchRuntimes, WaitForTheFirstWhereTheAdministratorLetsNoOtherRun) {
    options_.first_runtime_only = true;
    open();
    come("o1", {"octave"});
    queue({plain_m(1)});
    give();
    EXPECT_THAT(core_->explain(id_of(1), when_.now).value_or(""),
                HasSubstr("no machine offers matlab, and the"));
}

TEST_F(DispatchRuntimes, HoldASeatWhereTheLabCountsThem) {
    options_.resources = {{"matlab_seats", 1}};
    open();
    come("m1", {"matlab", "python"});
    Task two = plain_m(2);
    queue({plain_m(1), two, claiming(3, {}, "python")});
    give();
    EXPECT_THAT(take_numbers("m1"), ElementsAre(1, 3)) << "one seat, and Python needs none";
    EXPECT_THAT(core_->explain(id_of(2), when_.now).value_or(""), HasSubstr("1 of 1 matlab_seats in use"));
    submit({two});  // the same again, as its submitter knows it
    EXPECT_THAT(take_event(2, EventKind::accepted, TaskState::queued).text, IsEmpty());
}

TEST_F(DispatchRuntimes, LeaveTheNumberOfSeatsThatAProgramAsksFor) {
    options_.resources = {{"matlab_seats", 3}};
    open();
    come("m1", {"matlab"});
    Task greedy = claiming(1, {.counted = {{"matlab_seats", 3}}}, "matlab");
    queue({greedy, plain_m(2)});
    give();
    EXPECT_THAT(take_numbers("m1"), ElementsAre(1));
}

}  // namespace
}  // namespace nias::core
