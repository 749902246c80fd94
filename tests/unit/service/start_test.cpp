// The first tasks after a start: their outcomes come as soon as those of any others.
#include <gtest/gtest.h>
#include <nias/pipeline.hpp>

#include <chrono>
#include <future>
#include <vector>

#include "net/socket.hpp"
#include "service/in_process.hpp"
#include "service/unsent_frames.hpp"
#include "support/temp_folder.hpp"
#include "wire/codec/codec.hpp"

using namespace std::chrono_literals;

namespace nias {
namespace {

constexpr auto kPatience = 60s;

TEST(Start, NoneOfManyPipelinesKeepsItsFirstOutcomesUntilTheyAreRepeated) {
    constexpr auto kRepeated = 1000ms;  // a lost outcome is repeated after this
    for (int start = 0; start < 300; ++start) {
        auto pipeline = Pipeline::open(
            {.window = 64}, [](const Task& task, Context&) -> Result<Bytes> { return task.payload; });
        ASSERT_TRUE(pipeline) << pipeline.error().message;
        const auto begun = std::chrono::steady_clock::now();
        std::vector<std::future<Result<Outcome>>> futures;
        for (int i = 0; i < 4; ++i) {
            Task task;
            task.owner = "ana";
            futures.push_back(pipeline->submitter().submit_future(task));
        }
        for (auto& future : futures) {
            ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
            EXPECT_TRUE(future.get());
        }
        EXPECT_LT(std::chrono::steady_clock::now() - begun, kRepeated) << "start " << start;
    }
}

/// The workers that the ventilator of a pipeline knows just now, by its own answer.
std::size_t workers_of(Pipeline& pipeline) {
    const SubmitterOptions options = pipeline.submitter_options();
    net::Context context = options.in_process->context;
    auto control = net::Socket::connect(context, net::Kind::dealer, options.control);
    if (!control || !control->send(wire::encode(wire::QueryWorkers{}))) { return 0; }
    net::Socket* const sockets[] = {&*control};
    Bytes frame;
    if (!net::wait_readable(sockets, nullptr, kPatience).at(0) || !control->receive(frame)) { return 0; }
    const auto answer = wire::decode(frame);
    const auto* const workers = answer ? std::get_if<wire::Workers>(&*answer) : nullptr;
    return workers == nullptr ? 0 : workers->workers.size();
}

TEST(Start, APipelineIsOpenOnceItsVentilatorHasTakenEachWorkerIn) {
    for (int start = 0; start < 5; ++start) {
        auto pipeline = Pipeline::open({.workers = 24}, [](const Task&, Context&) { return Bytes(); });
        ASSERT_TRUE(pipeline) << pipeline.error().message;
        EXPECT_EQ(workers_of(*pipeline), 24U) << "start " << start;
    }
}

TEST(UnsentFrames, LeaveInTheirOrderOnceThereIsAConnection) {
    test::TempFolder folder;
    net::Context context;
    const std::string address = "ipc://" + folder / "later";
    auto push = net::Socket::connect(context, net::Kind::push, address);
    ASSERT_TRUE(push) << push.error().message;
    service::UnsentFrames unsent;
    for (std::uint8_t i = 0; i < service::UnsentFrames::kFramesMax; ++i) {
        ASSERT_TRUE(unsent.give(*push, Bytes{i}));
    }
    EXPECT_FALSE(unsent.give(*push, Bytes{255})) << "what waits has a bound";
    auto pull = net::Socket::bind(context, net::Kind::pull, address);
    ASSERT_TRUE(pull) << pull.error().message;
    std::vector<std::uint8_t> came;
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (came.size() < service::UnsentFrames::kFramesMax && std::chrono::steady_clock::now() < deadline) {
        unsent.retry(*push);
        net::Socket* const sockets[] = {&*pull};
        (void)net::wait_readable(sockets, nullptr, 10ms);
        for (Bytes frame; pull->receive(frame);) { came.push_back(frame.front()); }
    }
    ASSERT_EQ(came.size(), service::UnsentFrames::kFramesMax);
    for (std::size_t i = 0; i < came.size(); ++i) { EXPECT_EQ(came[i], i); }
    EXPECT_TRUE(unsent.empty());
}

}  // namespace
}  // namespace nias
