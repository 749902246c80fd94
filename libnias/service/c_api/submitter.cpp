// The submitter of <nias/c.h>, over <nias/submitter.hpp>.
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "service/c_api/boundary.hpp"
#include "service/c_api/handle.hpp"
#include "service/c_api/tasks.hpp"

using namespace nias;
using namespace nias::service::c_api;

namespace {

/// The id, where neither the submitter nor the id is missing.
Result<TaskId> id_of(const nias_submitter* submitter, const char* id) {
    if (submitter == nullptr) { return no_submitter(); }
    return parse_task_id(text_of(id));
}

Error no_place() { return {ErrorCode::invalid, "there is no place for the outcome"}; }

/// The task with an id, drawn where it has none.
Result<Task> named_task(nias_submitter* submitter, const nias_task* task, const char* id) {
    if (submitter == nullptr) { return no_submitter(); }
    if (task == nullptr || id == nullptr) {
        return Error{ErrorCode::invalid, "a task, and room for its id, are needed"};
    }
    auto wanted = task_of(*task);
    if (wanted && wanted->id == TaskId{}) {
        const std::lock_guard lock(submitter->mutex);
        wanted->id = submitter->ids.make(unix_ms_now());
    }
    return wanted;
}

/// Writes `id` for the caller, and gives the status that its call returns.
Status told(const Result<TaskId>& submitted, const TaskId& id, char to[NIAS_ID_BYTES]) {
    if (submitted || submitted.error().code != ErrorCode::invalid) { write_id(id, to); }
    return submitted ? Status{} : submitted.error();
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
        opened = std::make_unique<nias_submitter>();
        opened->submitter.emplace(std::move(*submitter));
        return {};
    });
    return opened.release();
}

nias_code nias_submit(nias_submitter* submitter, const nias_task* task, int64_t timeout_ms,
                      char id[NIAS_ID_BYTES], nias_error* error) {
    return guarded(error, [&]() -> Status {
        auto wanted = named_task(submitter, task, id);
        if (!wanted) { return wanted.error(); }
        const TaskId name = wanted->id;
        return told(submitter->submitter->submit(*std::move(wanted), patience(timeout_ms)), name, id);
    });
}

nias_code nias_submit_async(nias_submitter* submitter, const nias_task* task, int64_t timeout_ms,
                            char id[NIAS_ID_BYTES], nias_error* error) {
    return guarded(error, [&]() -> Status {
        auto wanted = named_task(submitter, task, id);
        if (!wanted) { return wanted.error(); }
        const TaskId name = wanted->id;
        Ends& ends = submitter->ends;
        if (!ends.expect()) {
            return told(Error{ErrorCode::overloaded, "the ends of " + std::to_string(Ends::kMost) +
                                                         " tasks were not taken: take some by nias_next()"},
                        name, id);
        }
        const auto submitted = submitter->submitter->submit_then(
            *std::move(wanted),
            [&ends, name](Result<Outcome> outcome) { ends.put(name, std::move(outcome)); },
            patience(timeout_ms));
        if (!submitted) { ends.expect_no_more(); }
        return told(submitted, name, id);
    });
}

int nias_descriptor(const nias_submitter* submitter) {
    return submitter == nullptr ? -1 : submitter->ends.descriptor();
}

nias_code nias_next(nias_submitter* submitter, int64_t timeout_ms, nias_outcome** outcome,
                    nias_error* error) {
    return guarded(error, [&]() -> Status {
        if (submitter == nullptr) { return no_submitter(); }
        if (outcome == nullptr) { return no_place(); }
        auto end = submitter->ends.dequeue(patience(timeout_ms));
        *outcome = end ? give(end->id, end->id.index(), std::move(end->outcome)) : nullptr;
        return {};
    });
}

nias_code nias_wait(nias_submitter* submitter, const char* id, int64_t timeout_ms, nias_outcome** outcome,
                    nias_error* error) {
    return guarded(error, [&]() -> Status {
        if (outcome == nullptr) { return no_place(); }
        const auto wanted = id_of(submitter, id);
        if (!wanted) { return wanted.error(); }
        auto ended = submitter->submitter->wait(*wanted, patience(timeout_ms));
        if (!ended) { return ended.error(); }
        *outcome = give(*wanted, 0, std::move(ended));
        return {};
    });
}

nias_code nias_cancel(nias_submitter* submitter, const char* id, nias_error* error) {
    return guarded(error, [&]() -> Status {
        const auto wanted = id_of(submitter, id);
        return wanted ? submitter->submitter->cancel(*wanted) : wanted.error();
    });
}

void nias_submitter_close(nias_submitter* submitter) {
    const std::unique_ptr<nias_submitter> closed(submitter);
}
