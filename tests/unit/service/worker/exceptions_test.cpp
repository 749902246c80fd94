// Whatever a handler throws or returns, its task ends in words, and the worker goes on.
#include <gmock/gmock.h>
#include <nias/pipeline.hpp>

#include <memory>
#include <stdexcept>

#include "service/worker/call.hpp"
#include "unit/service/worker/lab.hpp"
#include "wire/limits.hpp"

namespace nias {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct OfTheUser {};
struct ThrowsWhereItIsDestroyed {
    ThrowsWhereItIsDestroyed() = default;
    ThrowsWhereItIsDestroyed(const ThrowsWhereItIsDestroyed&) = default;
    ThrowsWhereItIsDestroyed& operator=(const ThrowsWhereItIsDestroyed&) = default;
    ~ThrowsWhereItIsDestroyed() noexcept(false) {
        if (std::uncaught_exceptions() == 0) { throw std::runtime_error("out of a destructor"); }
    }
};

void throw_number(std::uint8_t number) {
    switch (number) {
        case 1: throw 42;
        case 2: throw std::string("a text");
        case 3: throw "letters";
        case 4: throw static_cast<const char*>(nullptr);
        case 5: throw OfTheUser{};
        case 6: throw std::runtime_error("no samples");
        case 7: throw std::make_unique<int>(1);
        case 8: throw std::runtime_error(std::string(10U << 20U, 'x'));
        case 9: {
            const ThrowsWhereItIsDestroyed local;
            return;
        }
        default: return;
    }
}

constexpr std::uint8_t kThrown = 9;

std::string error_of(const Outcome& outcome) {
    EXPECT_EQ(outcome.status, OutcomeStatus::failed);
    return outcome.error;
}

TEST(ExceptionsOfAHandler, OfAnyTypeFailTheirTaskInWordsAndNobodyElse) {
    auto pipeline =
        Pipeline::open({.slots = 2, .window = 8}, [](const Task& task, Context&) -> Result<Bytes> {
            throw_number(task.payload.at(0));
            return task.payload;
        });
    ASSERT_TRUE(pipeline) << pipeline.error().message;
    std::vector<std::future<Result<Outcome>>> futures;
    for (std::uint8_t i = 0; i <= kThrown; ++i) {
        Task task;
        task.owner = "ana";
        task.payload = {i};
        futures.push_back(pipeline->submitter().submit_future(std::move(task)));
    }
    std::vector<Outcome> outcomes;
    for (auto& future : futures) {
        ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
        auto outcome = future.get();
        ASSERT_TRUE(outcome) << outcome.error().message;
        outcomes.push_back(*outcome);
    }
    EXPECT_EQ(outcomes[0].output, Bytes{0});
    EXPECT_THAT(error_of(outcomes[1]), StartsWith("the handler threw an object of type int"));
    EXPECT_EQ(error_of(outcomes[2]), "the handler threw: a text");
    EXPECT_EQ(error_of(outcomes[3]), "the handler threw: letters");
    EXPECT_EQ(error_of(outcomes[4]), "the handler threw: a null pointer");
    EXPECT_THAT(error_of(outcomes[5]), HasSubstr("OfTheUser"));
    EXPECT_EQ(error_of(outcomes[6]), "the handler threw: no samples");
    EXPECT_THAT(error_of(outcomes[7]), HasSubstr("unique_ptr"));
    EXPECT_EQ(error_of(outcomes[8]).size(), wire::kReasonBytesMax);
    EXPECT_EQ(error_of(outcomes[9]), "the handler threw: out of a destructor");
    EXPECT_TRUE(pipeline->stop());
}

TEST(ExceptionsOfAHandler, ThatIsCopiedAreAnAnswerOfOpen) {
    struct Copied {
        Copied() = default;
        Copied(const Copied&) { throw 7; }
        Copied(Copied&&) = default;
        Copied& operator=(const Copied&) = delete;
        Copied& operator=(Copied&&) = delete;
        ~Copied() = default;
        Result<Bytes> operator()(const Task&, Context&) const { return Bytes{}; }
    };
    const auto pipeline = Pipeline::open({.workers = 8}, Copied{});
    ASSERT_FALSE(pipeline);
    EXPECT_EQ(pipeline.error().code, ErrorCode::invalid);
    EXPECT_THAT(pipeline.error().message, HasSubstr("copied"));
}

TEST_F(WorkerOfATest, AJobHandlerThatThrowsFailsItsTask) {
    start_jobs([](const Task& task, Context&) -> Outcome {
        throw_number(task.id.bytes[15]);
        return {};
    });
    for (std::uint8_t i = 1; i <= kThrown; ++i) {
        give(i);
        EXPECT_FALSE(error_of(reported_of(i)).empty()) << int{i};
        settle(i);
    }
}

TEST_F(WorkerOfATest, AnOutcomeThatPassesTheBoundsOfTheWireIsCutOrFails) {
    start_jobs([](const Task& task, Context&) {
        Outcome outcome;
        switch (task.id.bytes[15]) {
            case 1: outcome.output.resize(kInlineMax + 1); break;
            case 2: outcome.output_blob = BlobRef{{}, 1ULL << 40U}; break;
            case 3: outcome.status = static_cast<OutcomeStatus>(77); break;
            case 4: outcome.cause = static_cast<Cause>(200); break;
            case 5: outcome.notes.assign(1000, std::string(1000, 'n')); break;
            default: outcome.error = std::string(wire::kReasonBytesMax - 1, 'e') + "\u00e9"; break;
        }
        return outcome;
    });
    std::map<TaskId, Outcome> all;
    for (std::uint8_t i = 1; i <= 6; ++i) {
        give(i);
        all[id_of(i)] = reported_of(i);
        settle(i);
    }
    EXPECT_THAT(error_of(all.at(id_of(1))), StartsWith("the output has 65537 bytes and may have 65536"));
    EXPECT_THAT(error_of(all.at(id_of(2))), HasSubstr("64 GiB"));
    EXPECT_THAT(error_of(all.at(id_of(3))), HasSubstr("does not exist"));
    EXPECT_THAT(error_of(all.at(id_of(4))), HasSubstr("does not exist"));
    ASSERT_EQ(all.at(id_of(5)).notes.size(), wire::kNotesMax);
    EXPECT_EQ(all.at(id_of(5)).notes.back(), std::string(wire::kNoteBytesMax, 'n'));
    EXPECT_EQ(all.at(id_of(6)).error, std::string(wire::kReasonBytesMax - 1, 'e'));  // no half of a letter
}

}  // namespace
}  // namespace nias
