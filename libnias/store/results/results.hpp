/// The outcome of each (task, attempt): `results.db`. The sink is its single writer.
/// Readers: the sink itself, httpfront, cli. One thread at a time each object.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nias/task.hpp>

#include "wire/runs.hpp"

namespace nias::store {

/// Outcomes that are alike, as they are written: points at what is the caller's.
struct ReportedOutcomes {
    const wire::Run<Outcome>* outcomes = nullptr;
    std::string_view worker;  ///< their worker, which an outcome on the wire leaves out
};

class Results {
public:
    /// The writer's side of `<data_dir>/results.db` (WAL, synchronous=FULL).
    static Result<Results> open(const std::string& data_dir);
    /// Read-only; `not_found` where no sink has yet run.
    static Result<Results> open_reader(const std::string& data_dir);
    Results(Results&&) noexcept;
    Results& operator=(Results&&) noexcept;
    ~Results();

    /// All in one transaction, durable when it returns ok. The first outcome of an attempt stays:
    /// repeats change nothing.
    [[nodiscard]] Status add(std::span<const ReportedOutcomes> reported);
    /// Deletes all outcomes of these tasks, in one transaction, durable when it returns ok. Those of which
    /// there are none change nothing.
    [[nodiscard]] Status erase(std::span<const TaskId> ids);
    /// Takes the blobs that an outcome names out of `unused`.
    [[nodiscard]] Status spare_used(std::set<BlobHash>& unused);
    [[nodiscard]] Result<std::optional<Outcome>> find(const AttemptRef& attempt);
    [[nodiscard]] Result<std::vector<Outcome>> of_task(const TaskId& id);
    /// The output of an attempt; nothing where its outcome is not here.
    [[nodiscard]] Result<std::optional<Bytes>> output_of(const AttemptRef& attempt);
    /// For a reader: whether the outcome of each attempt of this run is here with the same output.
    [[nodiscard]] Result<bool> hold(const wire::Run<Outcome>& run);

private:
    struct State;
    explicit Results(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// The outcomes that the sink on this folder has of the task's attempts before `current`, the first one
/// first. None where no sink has yet run.
[[nodiscard]] Result<std::vector<Outcome>> read_earlier_attempts(const std::string& data_dir,
                                                                 const AttemptRef& current);

}  // namespace nias::store
