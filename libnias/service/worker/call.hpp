/// A handler is the user's code: whatever it throws and whatever it returns becomes an outcome that can
/// travel. Used where handlers run: on the executor's threads, and in the child processes of an isolated
/// worker.
#pragma once

#include <nias/worker.hpp>

namespace nias::service {

/// Calls the handler. An exception of any type fails the task, in words. Bounds of the wire that the outcome
/// passes are kept: its texts are cut, and what cannot be cut fails the task.
[[nodiscard]] Outcome call(const Worker::JobHandler& handler, const Task& task, Context& context);

/// Keeps the bounds of the wire in an outcome, as call() does.
void bound(Outcome& outcome);

/// The handler of Worker::run() as one that gives a whole outcome.
[[nodiscard]] Worker::JobHandler as_job(Worker::Handler handler);

}  // namespace nias::service
