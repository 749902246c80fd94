// An array of 10,000 no-op jobs as the front sends it, kept in a file and submitted as members of one group,
// beside as many single tasks with payloads of the same size: durable, two worker processes.
#include <nias/watcher.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <numeric>

#include "bench/figures.hpp"
#include "bench/running.hpp"
#include "job/array/indices.hpp"
#include "job/array/terms.hpp"
#include "service/groups/group_sender.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kWorkers = 2;
constexpr std::size_t kWindow = 512;
constexpr std::chrono::seconds kPatience(60);

template <typename T>
T must(nias::Result<T> made) {
    if (made) { return std::move(*made); }
    std::cerr << "benchmark: " << made.error().message << '\n';
    std::exit(1);
}

nias::Task no_op_job() {
    nias::Task task;
    task.owner = "bench";
    task.spec.name = "sweep";
    return task;
}

std::vector<nias::Task> members_of(const nias::TaskId& group,
                                   std::size_t count = nias::job::kArrayMembersMax) {
    std::vector<std::uint32_t> indices(count);
    std::iota(indices.begin(), indices.end(), 1U);
    return nias::job::make_members(no_op_job(), group, indices, nias::job::place_in(indices));
}

/// Seconds from the first task to the last end that a watcher hears. `open` gives the function that submits
/// all, over connections that stand before the clock begins, as those of a front do.
template <typename Open>
double seconds_of(Open open) {
    const std::string folder = nias::bench::fresh_folder();
    double took = 0;
    {
        const nias::bench::RunningPipeline pipeline(folder, kWorkers, kWindow);
        const auto& at = pipeline.ventilator().addresses();
        std::atomic<std::size_t> ended = 0;
        const auto wait_until = [&ended](std::size_t wanted) {
            for (std::size_t seen = ended.load(); seen < wanted; seen = ended.load()) { ended.wait(seen); }
        };
        nias::WatcherCallbacks callbacks;
        callbacks.on_state = [&](const nias::TaskEvent& event) {
            if (nias::has_ended(event.state)) {
                ++ended;
                ended.notify_one();
            }
        };
        const auto watcher = must(
            nias::Watcher::open({.events = at[2], .control = at[1], .output = {}}, std::move(callbacks)));
        auto submitter = pipeline.submitter({});
        while (ended.load() == 0) {  // until the watcher is connected
            (void)submitter.wait(must(submitter.submit(no_op_job())), kPatience);
        }
        const std::size_t warm = ended.load();
        const auto send = open(folder, at, submitter);
        wait_until(warm + 1);
        const std::size_t before = ended.load();
        const auto begun = Clock::now();
        send();
        wait_until(before + nias::job::kArrayMembersMax);
        took = std::chrono::duration<double>(Clock::now() - begun).count();
    }
    std::filesystem::remove_all(folder);
    return took;
}

double run_array() {
    return seconds_of(
        [](const std::string& folder, const std::vector<std::string>& at, const nias::Submitter&) {
            const std::shared_ptr sender =
                must(nias::service::GroupSender::open({.intake = at[0], .control = at[1], .events = at[2]},
                                                      must(nias::service::UnsentGroups::open(folder))));
            const auto send = [sender](std::size_t count) {
                const auto sent = sender->send(members_of(nias::TaskId::make_group(), count), kPatience);
                if (!sent) { std::cerr << "benchmark: " << sent.error().message << '\n'; }
            };
            send(1);
            return [send] { send(nias::job::kArrayMembersMax); };
        });
}

double run_single() {
    return seconds_of([](const std::string&, const std::vector<std::string>&, nias::Submitter& submitter) {
        const auto send = [&submitter](std::size_t count) {
            for (nias::Task& task : members_of(nias::TaskId::make_group(), count)) {
                task.id = {};
                task.group = {};
                (void)must(submitter.submit_async(std::move(task)));
            }
        };
        send(1);
        return [send] { send(nias::job::kArrayMembersMax); };
    });
}

}  // namespace

int main(int argc, char** argv) {
    nias::bench::Figures figures;
    add_rate(figures, "array_members", nias::job::kArrayMembersMax, run_array);
    add_rate(figures, "single_jobs", nias::job::kArrayMembersMax, run_single);
    if (const int wrong = nias::bench::run_in_turns(argc, argv); wrong != 0) { return wrong; }
    figures.print_ratio("an array of 10,000", "array_members", "single_jobs", "/s");
    return 0;
}
