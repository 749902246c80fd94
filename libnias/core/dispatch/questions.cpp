// Answers administrators: lists the workers, and lets a paused one go on.
#include <algorithm>

#include "core/dispatch/state.hpp"

namespace nias::core {
namespace {

constexpr std::size_t kRowBytes = 64;  // of its numbers, and of the lengths of its texts

}  // namespace

void Dispatch::on(const std::string& peer, const wire::QueryWorkers&, When when, Effects& out) const {
    const auto& all = state_->machines.all();
    wire::Workers answer{static_cast<std::uint32_t>(all.size()), {}};
    std::size_t bytes = 0;
    for (const WorkerLink* machine : all) {
        wire::WorkerRow row;
        row.name = machine->name;
        row.host = machine->host;
        row.state = state_->standing(*machine, when.now);
        row.reason = machine->faults.paused();
        if (row.reason.empty() && !machine->rests.empty()) { row.reason = "rests: " + machine->rests; }
        row.slots = machine->slots;
        row.held = static_cast<std::uint32_t>(machine->works.size());
        for (const Work* work = machine->works.front(); work != nullptr; work = work->next) {
            row.running += work->state == TaskState::running ? 1U : 0U;
        }
        row.cpus = machine->cpus;
        row.load_percent = machine->load_percent;
        bytes += kRowBytes + row.name.size() + row.host.size() + row.reason.size();
        answer.workers.push_back(std::move(row));
        if (bytes < wire::kBatchBytesTarget && answer.workers.size() < wire::kBatchItemsMax) { continue; }
        out.sends.push_back({peer, std::exchange(answer, {answer.total, {}})});
        bytes = 0;
    }
    if (!answer.workers.empty() || all.empty()) { out.sends.push_back({peer, std::move(answer)}); }
}

void Dispatch::on(const std::string& peer, const wire::Resume& resume, When, Effects& out) {
    wire::Resumed answer{resume.worker, false, {}};
    const auto was = state_->machines.resume(resume.worker);
    if (was) {
        answer.done = true;
        answer.text = "it was paused: " + *was;
        out.notices.push_back("worker " + resume.worker + " is given tasks again; " + answer.text);
    } else if (state_->machines.by_name(resume.worker) != nullptr) {
        answer.text = "it is not paused";
    } else {
        answer.text = "no worker of that name is connected or paused";
    }
    out.sends.push_back({peer, std::move(answer)});
}

}  // namespace nias::core
