#include "core/settle.hpp"

#include <unordered_map>

#include "wire/limits.hpp"

namespace nias::core {

void Settle::on(wire::OutcomeReport report) {
    if (report.outcomes.empty()) { return; }
    items_ += report.outcomes.size();
    waiting_.push_back(std::move(report));
}

bool Settle::full() const { return items_ >= wire::kBatchItemsMax; }

std::vector<Outcome> Settle::to_commit() const {
    std::vector<Outcome> all;
    all.reserve(items_);
    for (const auto& report : waiting_) { all.insert(all.end(), report.outcomes.begin(), report.outcomes.end()); }
    return all;
}

std::vector<wire::Outcomes> Settle::committed() {
    struct Batch {
        std::size_t index = 0;
        std::size_t bytes = 0;
    };
    std::vector<wire::Outcomes> out;
    std::unordered_map<std::string, Batch> open;  // the batch being filled for each worker
    for (auto& report : waiting_) {
        for (auto& outcome : report.outcomes) {
            const auto it = open.find(report.worker);
            const bool full = it == open.end() || it->second.bytes >= wire::kBatchBytesTarget ||
                              out[it->second.index].outcomes.size() >= wire::kBatchItemsMax;
            if (full) {
                open[report.worker] = {out.size(), 0};
                out.push_back({report.worker, {}});
            }
            Batch& batch = open[report.worker];
            batch.bytes += sizeof(Outcome) + outcome.output.size() + outcome.error.size();
            for (const auto& note : outcome.notes) { batch.bytes += note.size(); }
            out[batch.index].outcomes.push_back(std::move(outcome));
        }
    }
    waiting_.clear();
    items_ = 0;
    return out;
}

}  // namespace nias::core
