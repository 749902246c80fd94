#include "core/settle.hpp"

#include <unordered_map>

#include "wire/limits.hpp"
#include "wire/weight.hpp"

namespace nias::core {

void Settle::on(wire::OutcomeReport report) {
    if (report.outcomes.empty()) { return; }
    items_ += report.outcomes.size();
    waiting_.push_back(std::move(report));
}

bool Settle::full() const { return items_ >= wire::kBatchItemsMax; }

std::vector<Settle::Reported> Settle::to_commit() const {
    std::vector<Reported> all;
    for (const auto& report : waiting_) {
        for (const wire::Run<Outcome>& run : report.outcomes.runs()) {
            const std::string& named = run.shared.worker;
            all.push_back({&run, named.empty() ? report.worker : named});
        }
    }
    return all;
}

std::vector<wire::Outcomes> Settle::committed() {
    struct Open {
        std::size_t index = 0;  ///< index in `out` of the message being filled
        std::size_t bytes = 0;
    };
    std::vector<wire::Outcomes> out;
    std::unordered_map<std::string, Open> open;
    for (auto& report : waiting_) {
        const std::size_t bytes = wire::weight(report);
        const auto [place, is_new] = open.try_emplace(report.worker);
        Open& last = place->second;
        if (is_new || last.bytes + bytes > wire::kBatchBytesTarget ||
            out[last.index].outcomes.size() + report.outcomes.size() > wire::kBatchItemsMax) {
            last = {out.size(), bytes};
            out.push_back({std::move(report.worker), std::move(report.outcomes)});
            continue;
        }
        last.bytes += bytes;
        out[last.index].outcomes.add(std::move(report.outcomes));
    }
    waiting_.clear();
    items_ = 0;
    return out;
}

}  // namespace nias::core
