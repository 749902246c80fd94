/// A pipeline whose handlers run in processes, and a pipe by which a handler tells the test that it runs.
/// Used by the tests of service/worker/isolated.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>
#include <nias/pipeline.hpp>

#include <chrono>
#include <future>
#include <optional>
#include <string>

#include "base/host/descriptor.hpp"

namespace nias::test {

/// A pipe that stays open in a handler's process, as what a program has opened for its programs.
class Pipe {
public:
    Pipe() {
        int ends[2] = {-1, -1};
        if (::pipe(ends) != 0) { ADD_FAILURE() << "no pipe"; }
        out_.reset(ends[0]);
        in_.reset(ends[1]);
    }
    void tell(char letter) const {
        if (::write(in_.get(), &letter, 1) != 1) { ::_exit(99); }
    }
    /// The next letter; nothing: there is none for half a minute.
    [[nodiscard]] std::optional<char> hear() const {
        pollfd one{out_.get(), POLLIN, 0};
        char letter = 0;
        if (::poll(&one, 1, 30'000) != 1 || ::read(out_.get(), &letter, 1) != 1) { return std::nullopt; }
        return letter;
    }

private:
    Descriptor out_, in_;
};

class IsolatedHandlers : public testing::Test {
protected:
    static constexpr std::chrono::seconds kPatience{60};

    void open(const Worker::Handler& handler, PipelineOptions options = {}) {
        options.isolation = Isolation::process;
        auto opened = Pipeline::open(options, handler);
        ASSERT_TRUE(opened) << opened.error().message;
        pipeline_.emplace(std::move(*opened));
    }
    static Task task(std::uint8_t number) {
        Task out;
        out.owner = "ana";
        out.payload = {number};
        return out;
    }
    std::future<Result<Outcome>> submit(Task task) {
        return pipeline_->submitter().submit_future(std::move(task));
    }
    static Outcome outcome(std::future<Result<Outcome>> future) {
        if (future.wait_for(kPatience) != std::future_status::ready) {
            ADD_FAILURE() << "no outcome";
            return {};
        }
        auto ended = future.get();
        EXPECT_TRUE(ended) << ended.error().message;
        return ended ? *ended : Outcome();
    }
    Outcome outcome(Task task) { return outcome(submit(std::move(task))); }

    std::optional<Pipeline> pipeline_;
};

[[noreturn]] inline void run_for_ever() {
    volatile std::uint64_t turns = 0;
    while (true) { turns = turns + 1; }
}

}  // namespace nias::test
