#include "store/ledger/kept_outputs.hpp"

namespace nias::store {

Results* KeptOutputs::results() {
    if (!results_) {
        if (auto opened = Results::open_reader(data_dir_)) { results_.emplace(std::move(*opened)); }
    }
    return results_ ? &*results_ : nullptr;
}

bool KeptOutputs::hold(const wire::Run<Outcome>& run) {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < run.size(); ++i) { bytes += run.carried_of(i).size(); }
    if (bytes == 0 || bytes < kWorthLooking * run.size()) { return false; }
    Results* const kept = results();
    if (kept == nullptr) { return false; }
    const auto all = kept->hold(run);
    return all && *all;  // what cannot be read now may not be readable later
}

void KeptOutputs::fetch_into(Outcome& outcome) {
    Results* const kept = results();
    auto output =
        kept == nullptr ? Result(std::optional<Bytes>()) : kept->output_of({outcome.id, outcome.attempt});
    if (output && *output) {
        outcome.output = std::move(**output);
        return;
    }
    outcome.notes.push_back("its output cannot be read: " +
                            (output ? "results.db does not have it" : output.error().message));
}

}  // namespace nias::store
