// The submitter of <nias/c.h>, over <nias/submitter.hpp>.
#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>

#include <nias/submitter.hpp>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "service/c_api/boundary.hpp"

using namespace nias;
using nias::service::c_api::guarded;
using nias::service::c_api::place_of;
using nias::service::c_api::tell;
using nias::service::c_api::text_of;

struct [[gnu::visibility("hidden")]] nias_submitter {
    explicit nias_submitter(Submitter opened) : submitter(std::move(opened)) {}
    Submitter submitter;
    std::mutex mutex;  ///< guards `ids`
    TaskIdMaker ids;
};

namespace {

/// The caller gets the base, whose pointers lead into `outcome`.
struct KeptOutcome : nias_outcome {
    Outcome outcome;
};

Error no_submitter() { return {ErrorCode::invalid, "there is no submitter: open one"}; }

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
    const auto* const bytes = static_cast<const std::uint8_t*>(given.payload);
    if (bytes != nullptr) { task.payload.assign(bytes, bytes + given.payload_bytes); }
    return task;
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
            .ended_unix_ms = outcome.ended_unix_ms};
}

std::chrono::milliseconds patience(std::int64_t timeout_ms) {
    // A century, so that the end of the wait can still be computed.
    constexpr std::int64_t kLongest = 100LL * 365 * 24 * 3600 * 1000;
    return std::chrono::milliseconds(std::clamp<std::int64_t>(timeout_ms, 0, kLongest));
}

/// The id, where neither the submitter nor the id is missing.
Result<TaskId> id_of(const nias_submitter* submitter, const char* id) {
    if (submitter == nullptr) { return no_submitter(); }
    return parse_task_id(text_of(id));
}

}  // namespace

nias_submitter* nias_submitter_open(const char* server, const char* keys, nias_error* error) {
    std::unique_ptr<nias_submitter> opened;
    guarded(error, [&]() -> Status {
        const auto place = place_of(server, keys);
        if (!place) { return place.error(); }
        const Endpoints& at = place->endpoints;
        auto submitter = Submitter::open(
            {.intake = at.intake, .control = at.control, .events = at.events, .keys = place->keys});
        if (!submitter) { return submitter.error(); }
        opened = std::make_unique<nias_submitter>(std::move(*submitter));
        return {};
    });
    return opened.release();
}

nias_code nias_submit(nias_submitter* submitter, const nias_task* task, int64_t timeout_ms,
                      char id[NIAS_ID_BYTES], nias_error* error) {
    return guarded(error, [&]() -> Status {
        if (submitter == nullptr) { return no_submitter(); }
        if (task == nullptr || id == nullptr) {
            return Error{ErrorCode::invalid, "a task, and room for its id, are needed"};
        }
        auto wanted = task_of(*task);
        if (!wanted) { return wanted.error(); }
        if (wanted->id == TaskId{}) {
            const std::lock_guard lock(submitter->mutex);
            wanted->id = submitter->ids.make(unix_ms_now());
        }
        const std::string text = to_string(wanted->id);
        auto submitted = submitter->submitter.submit(std::move(*wanted), patience(timeout_ms));
        if (submitted || submitted.error().code != ErrorCode::invalid) {
            text.copy(id, NIAS_ID_BYTES - 1);
            id[NIAS_ID_BYTES - 1] = '\0';
        }
        return submitted ? Status{} : submitted.error();
    });
}

nias_code nias_wait(nias_submitter* submitter, const char* id, int64_t timeout_ms, nias_outcome** outcome,
                    nias_error* error) {
    return guarded(error, [&]() -> Status {
        if (outcome == nullptr) { return Error{ErrorCode::invalid, "there is no place for the outcome"}; }
        const auto wanted = id_of(submitter, id);
        if (!wanted) { return wanted.error(); }
        auto ended = submitter->submitter.wait(*wanted, patience(timeout_ms));
        if (!ended) { return ended.error(); }
        auto kept = std::make_unique<KeptOutcome>();
        kept->outcome = std::move(*ended);
        static_cast<nias_outcome&>(*kept) = told_of(kept->outcome);
        *outcome = kept.release();
        return {};
    });
}

nias_code nias_cancel(nias_submitter* submitter, const char* id, nias_error* error) {
    return guarded(error, [&]() -> Status {
        const auto wanted = id_of(submitter, id);
        return wanted ? submitter->submitter.cancel(*wanted) : wanted.error();
    });
}

void nias_outcome_free(nias_outcome* outcome) {
    const std::unique_ptr<KeptOutcome> freed(static_cast<KeptOutcome*>(outcome));
}

void nias_submitter_close(nias_submitter* submitter) {
    const std::unique_ptr<nias_submitter> closed(submitter);
}
