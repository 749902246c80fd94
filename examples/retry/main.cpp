// A sweep with retry and cancel: failed tasks are tried again, and once enough succeeded the rest is
// cancelled. Usage: retry [how many tasks] [how many are enough]
#include <nias/pipeline.hpp>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

namespace {

constexpr int kTries = 3;

struct Try {
    std::size_t number = 0;  ///< number of the task in the sweep
    int tried = 1;
};

/// Outcomes on their way from the submitter's thread to main.
class Ended {
public:
    void put(const nias::TaskId& id, nias::OutcomeStatus status) {
        const std::lock_guard lock(mutex_);
        queue_.emplace_back(id, status);
        changed_.notify_one();
    }
    std::pair<nias::TaskId, nias::OutcomeStatus> get() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !queue_.empty(); });
        const auto first = queue_.front();
        queue_.pop_front();
        return first;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::pair<nias::TaskId, nias::OutcomeStatus>> queue_;
};

/// Runs on the workers: solves x = cos x by iteration, some 50 us of work. Each hundredth number fails at its
/// first try, and each thousandth at every one.
nias::Result<nias::Bytes> compute(const nias::Task& task, nias::Context& context) {
    const std::string text(task.payload.begin(), task.payload.end());
    const auto space = text.find(' ');
    const auto number = std::strtoull(text.c_str(), nullptr, 10);
    const bool first = text.substr(space + 1) == "1";
    if (context.cancelled()) { return nias::Error{nias::ErrorCode::unavailable, "cancelled"}; }
    if (number % 1000 == 0 || (number % 100 == 0 && first)) {
        return nias::Error{nias::ErrorCode::unavailable, "the solver did not converge"};
    }
    double x = 0.001 * static_cast<double>(number % 1000);
    for (int step = 0; step < 4'000; ++step) { x = std::cos(x); }
    return nias::Bytes{static_cast<std::uint8_t>(100 * x)};
}

nias::Result<nias::TaskId> submit(nias::Submitter& submitter, const Try& wanted) {
    nias::Task task;
    task.owner = "retry";
    const std::string text = std::to_string(wanted.number) + ' ' + std::to_string(wanted.tried);
    task.payload.assign(text.begin(), text.end());
    return submitter.submit_async(std::move(task));
}

int fail(const nias::Error& error) {
    std::cerr << "retry: " << error.message << '\n';
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 50'000;
    const std::size_t enough = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : count;
    Ended ended;
    auto pipeline = nias::Pipeline::open(
        {.slots = std::max(1U, std::thread::hardware_concurrency()), .window = 256}, compute,
        {.on_rejected = [&](const nias::TaskId& id,
                            const std::string&) { ended.put(id, nias::OutcomeStatus::failed); },
         .on_ended = [&](const nias::TaskId& id, nias::TaskState,
                         const nias::Outcome& outcome) { ended.put(id, outcome.status); }});
    if (!pipeline) { return fail(pipeline.error()); }
    nias::Submitter& submitter = pipeline->submitter();

    std::unordered_map<nias::TaskId, Try> open;
    for (std::size_t number = 1; number <= count; ++number) {
        const auto id = submit(submitter, {.number = number});
        if (!id) { return fail(id.error()); }
        open.emplace(*id, Try{.number = number});
    }
    std::size_t good = 0;
    std::size_t bad = 0;
    std::size_t cancelled = 0;
    std::size_t retried = 0;
    bool stopping = false;
    while (!open.empty()) {
        const auto [id, status] = ended.get();
        const auto place = open.find(id);
        Try tried = place->second;
        open.erase(place);
        if (status == nias::OutcomeStatus::succeeded) {
            ++good;
        } else if (status == nias::OutcomeStatus::cancelled) {
            ++cancelled;
        } else if (tried.tried == kTries || stopping) {
            ++bad;
        } else {
            ++tried.tried;
            ++retried;
            const auto again = submit(submitter, tried);
            if (!again) { return fail(again.error()); }
            open.emplace(*again, tried);
        }
        if (good >= enough && !stopping) {
            stopping = true;
            for (const auto& [other, what] : open) {
                if (const auto asked = submitter.cancel(other); !asked) { return fail(asked.error()); }
            }
        }
    }
    std::cout << count << " tasks: " << good << " good, " << bad << " bad, " << cancelled << " cancelled; "
              << retried << " retries\n";
    return 0;
}
