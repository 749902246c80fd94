#include "service/c_api/tasks.hpp"

#include <algorithm>
#include <memory>

#include "service/c_api/boundary.hpp"

namespace nias::service::c_api {
namespace {

/// The caller gets the base, whose pointers lead into `outcome`.
struct KeptOutcome : nias_outcome {
    Outcome outcome;
};

nias_status status_of(OutcomeStatus status) {
    switch (status) {
        case OutcomeStatus::succeeded: return NIAS_SUCCEEDED;
        case OutcomeStatus::failed: return NIAS_FAILED;
        case OutcomeStatus::cancelled: return NIAS_CANCELLED;
        case OutcomeStatus::timed_out: return NIAS_TIMED_OUT;
        case OutcomeStatus::could_not_run: return NIAS_COULD_NOT_RUN;
    }
    return NIAS_COULD_NOT_RUN;
}

nias_outcome told_of(const Outcome& outcome) {
    return {.status = status_of(outcome.status),
            .attempt = outcome.attempt,
            .output = outcome.output.data(),
            .output_bytes = outcome.output.size(),
            .error = outcome.error.c_str(),
            .worker = outcome.worker.c_str(),
            .wall_ms = outcome.usage.wall_ms,
            .started_unix_ms = outcome.started_unix_ms,
            .ended_unix_ms = outcome.ended_unix_ms,
            .id = {},
            .why_none = NIAS_OK,
            .index = 0};
}

}  // namespace

Result<Task> task_of(const nias_task& given) {
    if (given.payload == nullptr && given.payload_bytes > 0) {
        return Error{ErrorCode::invalid, "payload is null, and payload_bytes says that there is one"};
    }
    Task task;
    if (given.id != nullptr) {
        const auto id = parse_task_id(given.id);
        if (!id) { return id.error(); }
        task.id = *id;
    }
    task.owner = text_of(given.owner);
    task.spec.name = text_of(given.name);
    task.spec.runtime = text_of(given.runtime);
    task.spec.resources.cpus = given.cpus == 0 ? task.spec.resources.cpus : given.cpus;
    task.spec.resources.memory_bytes = given.memory_bytes;
    task.spec.time_limit_ms = given.time_limit_ms;
    task.spec.priority = given.priority;
    task.spec.max_attempts = given.max_attempts == 0 ? task.spec.max_attempts : given.max_attempts;
    task.spec.max_failures = given.max_failures;
    task.request = text_of(given.request);
    const auto* const bytes = static_cast<const std::uint8_t*>(given.payload);
    if (bytes != nullptr) { task.payload.assign(bytes, bytes + given.payload_bytes); }
    return task;
}

nias_outcome* give(const TaskId& id, std::uint32_t index, Result<Outcome> end) {
    auto kept = std::make_unique<KeptOutcome>();
    nias_code why_none = NIAS_OK;
    if (end) {
        kept->outcome = *std::move(end);
    } else {
        why_none = tell(end.error(), nullptr);
        kept->outcome.status = OutcomeStatus::could_not_run;
        kept->outcome.error = end.error().message;
    }
    static_cast<nias_outcome&>(*kept) = told_of(kept->outcome);
    write_id(id, kept->id);
    kept->why_none = why_none;
    kept->index = index;
    return kept.release();
}

std::chrono::milliseconds patience(std::int64_t timeout_ms) {
    constexpr std::int64_t kLongest = 100LL * 365 * 24 * 3600 * 1000;
    return std::chrono::milliseconds(std::clamp<std::int64_t>(timeout_ms, 0, kLongest));
}

void write_id(const TaskId& id, char to[NIAS_ID_BYTES]) {
    to_string(id).copy(to, NIAS_ID_BYTES - 1);
    to[NIAS_ID_BYTES - 1] = '\0';
}

}  // namespace nias::service::c_api

void nias_outcome_free(nias_outcome* outcome) {
    using nias::service::c_api::KeptOutcome;
    const std::unique_ptr<KeptOutcome> freed(static_cast<KeptOutcome*>(outcome));
}
