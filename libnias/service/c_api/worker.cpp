// The worker of <nias/c.h>, over <nias/worker.hpp>.
#include <nias/worker.hpp>

#include <memory>
#include <optional>

#include "service/c_api/boundary.hpp"

using namespace nias;
using nias::service::c_api::guarded;
using nias::service::c_api::place_of;
using nias::service::c_api::text_of;

struct [[gnu::visibility("hidden")]] nias_worker {
    explicit nias_worker(Worker opened) : worker(std::move(opened)) {}
    Worker worker;
};

struct [[gnu::visibility("hidden")]] nias_work {
    Context& context;
    nias_task task;  ///< points into the C++ task, and to `id`
    std::string id;
    std::optional<Result<Bytes>> result{};
};

namespace {

Error no_worker() { return {ErrorCode::invalid, "there is no worker: open one"}; }

nias_task told_of(const Task& task, const std::string& id) {
    return {.id = id.c_str(),
            .owner = task.owner.c_str(),
            .name = task.spec.name.c_str(),
            .runtime = task.spec.runtime.c_str(),
            .payload = task.payload.data(),
            .payload_bytes = task.payload.size(),
            .memory_bytes = task.spec.resources.memory_bytes,
            .time_limit_ms = task.spec.time_limit_ms,
            .cpus = task.spec.resources.cpus,
            .priority = task.spec.priority,
            .max_attempts = task.spec.max_attempts,
            .max_failures = task.spec.max_failures,
            .request = task.request.c_str()};
}

Result<Bytes> call(nias_handler handler, void* user, const Task& task, Context& context) {
    nias_work work{.context = context, .task = {}, .id = to_string(task.id)};
    work.task = told_of(task, work.id);
    handler(&work, user);
    if (!work.result) {
        return Error{ErrorCode::internal, "the handler returned without nias_work_succeed or nias_work_fail"};
    }
    return std::move(*work.result);
}

}  // namespace

nias_worker* nias_worker_open(const char* server, const char* keys, const nias_worker_options* options,
                              nias_error* error) {
    std::unique_ptr<nias_worker> opened;
    guarded(error, [&]() -> Status {
        const auto place = place_of(server, keys);
        if (!place) { return place.error(); }
        const nias_worker_options given = options == nullptr ? nias_worker_options{} : *options;
        WorkerOptions wanted{.control = place->endpoints.control,
                             .outcomes = place->endpoints.outcomes,
                             .bulk = place->endpoints.bulk,
                             .name = given.name == nullptr ? place->name : given.name,
                             .slots = given.slots == 0 ? 1 : given.slots,
                             .isolation = given.isolated == 0 ? Isolation::threads : Isolation::process,
                             .outbox = text_of(given.outbox),
                             .keys = place->keys};
        if (given.runtime != nullptr) { wanted.runtimes = {given.runtime}; }
        auto worker = Worker::open(wanted);
        if (!worker) { return worker.error(); }
        opened = std::make_unique<nias_worker>(std::move(*worker));
        return {};
    });
    return opened.release();
}

nias_code nias_worker_run(nias_worker* worker, nias_handler handler, void* user, nias_error* error) {
    return guarded(error, [&]() -> Status {
        if (worker == nullptr) { return no_worker(); }
        if (handler == nullptr) { return Error{ErrorCode::invalid, "there is no handler: give one"}; }
        return worker->worker.run([handler, user](const Task& task, Context& context) {
            return call(handler, user, task, context);
        });
    });
}

void nias_worker_stop(nias_worker* worker) {
    if (worker != nullptr) { worker->worker.stop(); }
}

void nias_worker_close(nias_worker* worker) { const std::unique_ptr<nias_worker> closed(worker); }

const nias_task* nias_work_task(const nias_work* work) { return work == nullptr ? nullptr : &work->task; }

int nias_work_cancelled(const nias_work* work) {
    return work != nullptr && work->context.cancelled() ? 1 : 0;
}

void nias_work_log(nias_work* work, const char* bytes, size_t count) {
    guarded(nullptr, [&]() -> Status {
        if (work != nullptr && bytes != nullptr) { work->context.log({bytes, count}); }
        return {};
    });
}

void nias_work_progress(nias_work* work, double fraction, const char* text) {
    guarded(nullptr, [&]() -> Status {
        if (work != nullptr) { work->context.progress(fraction, text_of(text)); }
        return {};
    });
}

void nias_work_succeed(nias_work* work, const void* output, size_t output_bytes) {
    if (work == nullptr) { return; }
    nias_error failed{};
    const nias_code code = guarded(&failed, [&]() -> Status {
        const auto* const bytes = static_cast<const std::uint8_t*>(output);
        work->result = bytes == nullptr ? Bytes() : Bytes(bytes, bytes + output_bytes);
        return {};
    });
    if (code != NIAS_OK) { nias_work_fail(work, failed.message); }
}

void nias_work_fail(nias_work* work, const char* message) {
    guarded(nullptr, [&]() -> Status {
        if (work != nullptr) { work->result = Result<Bytes>(Error{ErrorCode::internal, text_of(message)}); }
        return {};
    });
}
