// A worker's next life says that the last one was stopped in order, however that one's goodbye fared.
#include "service/worker/last_stop.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "unit/service/worker/lab.hpp"

namespace nias {
namespace {

using service::LastStop;
using testing::ElementsAre;

TEST(LastStop, IsInOrderFromItsNoteUntilItIsForgotten) {
    const test::TempFolder folder;
    const LastStop stop(folder / "outbox");
    EXPECT_FALSE(stop.was_in_order());
    EXPECT_TRUE(stop.note());
    EXPECT_TRUE(stop.note()) << "a second one changes nothing";
    EXPECT_TRUE(LastStop(folder / "outbox").was_in_order()) << "the next life's";
    EXPECT_FALSE(LastStop(folder / "other").was_in_order());
    EXPECT_TRUE(stop.forget());
    EXPECT_TRUE(stop.forget()) << "there is nothing to forget";
    EXPECT_FALSE(LastStop(folder / "outbox").was_in_order());
}

TEST(LastStop, IsNotKeptWithoutAnOutbox) {
    const LastStop stop("");
    EXPECT_TRUE(stop.note());
    EXPECT_FALSE(stop.was_in_order());
    EXPECT_TRUE(stop.forget());
}

TEST(LastStop, ThatCannotBeNotedSaysWhichFile) {
    const test::TempFolder folder;
    const auto noted = LastStop(folder / "nowhere/outbox").note();
    ASSERT_FALSE(noted);
    EXPECT_THAT(noted.error().message, testing::HasSubstr("nowhere/outbox.stopped"));
}

TEST_F(WorkerOfATest, SaysGoodbyeWhenItStopsAndThatItWasStoppedWhenItStartsAgain) {
    WorkerOptions own = options(1);
    own.outbox = folder_ / "outbox";
    start(own, [](const Task&, Context&) -> Result<Bytes> { return Bytes{}; });
    const std::uint64_t first = incarnation_;
    worker_->stop();
    EXPECT_EQ(answer<wire::Goodbye>().incarnation, first);
    send(wire::Goodbye{first, {}, {}});
    thread_.join();
    worker_.reset();
    auto again = Worker::open(own);
    ASSERT_TRUE(again) << again.error().message;
    worker_.emplace(std::move(*again));
    thread_ = std::thread(
        [this] { (void)worker_->run([](const Task&, Context&) -> Result<Bytes> { return Bytes{}; }); });
    const auto hello = answer<wire::Hello>();
    EXPECT_NE(hello.incarnation, first);
    EXPECT_TRUE(hello.was_stopped);
    incarnation_ = hello.incarnation;
    wire::Welcome welcome;
    welcome.incarnation = incarnation_;
    send(welcome);
    (void)answer<wire::Credit>();
    EXPECT_FALSE(LastStop(own.outbox).was_in_order()) << "this life may crash from here on";
}

TEST_F(WorkerOfATest, NamesInItsGoodbyeTheOutcomesThatItKeeps) {
    WorkerOptions own = options(1);
    own.outbox = folder_ / "outbox";
    start(own, [](const Task&, Context&) -> Result<Bytes> { return Bytes{}; });
    give(1);
    (void)reported_of(1);
    worker_->stop();
    EXPECT_THAT(answer<wire::Goodbye>().unsettled, ElementsAre(AttemptRef{id_of(1), 1}));
    thread_.join();
}

TEST_F(WorkerOfATest, SaysWhetherAnotherHasItsPlaceItIsNotAdmittedOrMayTryAgain) {
    for (const auto& [code, ends] : {std::pair{wire::WorkerRefusal::name_taken, ErrorCode::conflict},
                                     std::pair{wire::WorkerRefusal::version, ErrorCode::conflict},
                                     std::pair{wire::WorkerRefusal::revoked, ErrorCode::denied},
                                     std::pair{wire::WorkerRefusal::denied, ErrorCode::denied},
                                     std::pair{wire::WorkerRefusal::other, ErrorCode::unavailable}}) {
        auto opened = Worker::open(options(1));
        ASSERT_TRUE(opened) << opened.error().message;
        worker_.emplace(std::move(*opened));
        Status status;
        std::thread running(
            [&] { status = worker_->run([](const Task&, Context&) -> Result<Bytes> { return Bytes{}; }); });
        (void)answer<wire::Hello>();
        send(wire::Refused{"go away", code});
        running.join();
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, ends);
        EXPECT_EQ(status.error().message, "the ventilator refused this worker: go away");
    }
}

}  // namespace
}  // namespace nias
