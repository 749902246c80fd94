/// The same load through Redis lists: what a lab would install instead. A task is pushed, taken by a worker
/// process, its result pushed and taken, each step on disk before it is answered (appendfsync always). A
/// worker that dies loses what it has taken. Used by nias-bench-pipeline,
/// nias-bench-latency and the workers they start.
#pragma once

#include <cstddef>
#include <string>

namespace nias::bench {

/// Seconds from the first push of a task to the last result, with two workers and at most `in_flight` tasks
/// between. Starts a redis-server of its own in `folder`, which ends with this process at the latest. Ends
/// the benchmark where that fails.
[[nodiscard]] double run_redis_lists(const std::string& folder, std::size_t tasks, std::size_t in_flight);

/// Seconds of pushes of one task each, by one client that waits for each answer, after `warm_up` of them.
[[nodiscard]] double run_redis_acknowledged(const std::string& folder, std::size_t warm_up,
                                            std::size_t tasks);

/// A redis-server in `folder` until the input of this process closes; prints the path of its socket. The exit
/// code of the process.
[[nodiscard]] int redis_server(const std::string& folder);

/// Takes tasks and pushes results until its input closes. `socket`: where the server listens. The exit code
/// of the process.
[[nodiscard]] int redis_worker(const std::string& socket);

}  // namespace nias::bench
