// The submitter of the crash harness. Sends tasks 1 to COUNT, writes down each that is accepted and each end,
// and is done when it has seen all ends. Killed and started again with the same arguments it goes on.
//   crash_submitter INTAKE CONTROL EVENTS SEED COUNT STEPS FILE [KEY-FILE]
// Lines of FILE: «accepted ID» and «ended ID STATE ATTEMPT OUTPUT», the output as «right» or «wrong».
#include <atomic>
#include <fstream>
#include <set>
#include <sstream>
#include <unordered_map>

#include <nias/submitter.hpp>

#include "crash/work.hpp"

namespace {

using namespace nias;

/// The tasks whose end an earlier life has seen.
std::set<std::string> ended_in(const std::string& path) {
    std::set<std::string> found;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string kind;
        std::string id;
        words >> kind >> id;
        if (kind == "ended") { found.insert(id); }
    }
    return found;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 8 && argc != 9) {
        crash::Lines::fail("crash_submitter: seven or eight arguments, see the top of the source");
    }
    const std::uint64_t seed = std::strtoull(argv[4], nullptr, 10);
    const std::uint64_t count = std::strtoull(argv[5], nullptr, 10);
    const std::uint64_t steps = std::strtoull(argv[6], nullptr, 10);
    const auto before = ended_in(argv[7]);
    const crash::Lines lines(argv[7]);
    std::unordered_map<TaskId, std::uint64_t> numbers;
    for (std::uint64_t i = 1; i <= count; ++i) { numbers.emplace(crash::id_of(seed, i), i); }
    std::atomic<std::size_t> ended = before.size();
    SubmitterCallbacks callbacks;
    callbacks.on_accepted = [&](const TaskId& id) { lines.add("accepted " + to_string(id)); };
    callbacks.on_rejected = [&](const TaskId& id, const Error& why) {
        crash::Lines::fail(to_string(id) + " was refused: " + why.message);
    };
    callbacks.on_ended = [&](const TaskId& id, TaskState state, const Outcome& outcome) {
        const bool right = outcome.output == crash::output_of(crash::payload_of(numbers.at(id)), steps);
        lines.add("ended " + to_string(id) + " " + std::string(to_string(state)) + " " +
                  std::to_string(outcome.attempt) + (right ? " right" : " wrong"));
        ++ended;
        ended.notify_one();
    };
    auto submitter = Submitter::open(
        {.intake = argv[1], .control = argv[2], .events = argv[3], .keys = argc == 9 ? argv[8] : ""},
        callbacks);
    if (!submitter) { crash::Lines::fail(submitter.error().message); }
    for (std::uint64_t i = 1; i <= count; ++i) {
        Task task;
        task.id = crash::id_of(seed, i);
        if (before.contains(to_string(task.id))) { continue; }
        task.owner = "crash" + std::to_string(i % 3);
        task.spec.max_attempts = 100;
        task.payload = crash::payload_of(i);
        if (auto sent = submitter->submit_async(std::move(task)); !sent) {
            crash::Lines::fail(sent.error().message);
        }
    }
    for (std::size_t seen = ended.load(); seen < count; seen = ended.load()) { ended.wait(seen); }
    return 0;
}
