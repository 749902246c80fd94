/// The outputs that the ledger does not write a second time, because `results.db` of the same folder has
/// them. Where there is no such file, or an outcome is not in it, the ledger keeps the output itself. Private
/// to the store; opened when it is first needed. One thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <nias/task.hpp>

#include "store/results/results.hpp"
#include "wire/runs.hpp"

namespace nias::store {

class KeptOutputs {
public:
    static constexpr std::size_t kWorthLooking =
        256;  ///< shorter outputs (bytes) are written rather than looked for

    explicit KeptOutputs(std::string data_dir) : data_dir_(std::move(data_dir)) {}

    /// Whether the results have each outcome of this run with the same output, and the outputs are long.
    [[nodiscard]] bool hold(const wire::Run<Outcome>& run);
    /// The output that was left to the results; where they do not have it, the outcome says so in a note.
    void fetch_into(Outcome& outcome);

private:
    [[nodiscard]] Results* results();
    std::string data_dir_;
    std::optional<Results> results_;
};

}  // namespace nias::store
