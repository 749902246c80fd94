/// The zygote: a process with one thread, forked before a worker has threads, that forks a process for each
/// attempt. A fork of the worker itself would copy the locks of its threads as they stand at that moment.
/// Used by service/worker and service/pipeline. A resource; start() and the destructor on one thread each,
/// everything else on any.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <nias/worker.hpp>

#include "base/host/descriptor.hpp"
#include "service/worker/isolated/frames.hpp"

namespace nias::service {

/// A request to a zygote. `begin` comes with a descriptor: the process's end of its port.
struct ZygoteRequest {
    enum class What : std::uint8_t { begin, kill, end };
    What what = What::end;
    std::uint64_t number = 0;  ///< the process's, unique in the zygote
};

class Zygote {
public:
    /// Forks it with a copy of the handler, as all of this process's memory. Descriptors that close at exec()
    /// are closed in it, others stay open. `unavailable`: the system has no process or descriptor left.
    static Result<std::shared_ptr<Zygote>> start(const Worker::JobHandler& handler);
    /// Takes over what start() has forked.
    Zygote(pid_t pid, Descriptor control) : pid_(pid), control_(std::move(control)) {}
    /// Ends it and what it has begun, within seconds.
    ~Zygote();
    Zygote(const Zygote&) = delete;
    Zygote& operator=(const Zygote&) = delete;

    struct Begun {
        Port port;
        std::uint64_t number;
    };
    /// Asks for a process, which waits for its task on the port. `unavailable`: the zygote has ended, or no
    /// descriptor is left.
    [[nodiscard]] Result<Begun> begin();
    /// Ends a process and those that it started, by SIGKILL. One that is gone is passed over.
    void kill(std::uint64_t number) const;
    /// Whether it has ended, so that nothing can be begun.
    [[nodiscard]] bool is_gone() const;
    /// Notes that a process which was asked for could not be begun.
    void note_failure() { has_failed_.store(true); }
    /// Why no process can be begun, in a sentence; empty: one can, as far as is known. Once a failure is
    /// noted it tries, which takes a tenth of a second at most, until a try succeeds.
    [[nodiscard]] std::string why_not();

private:
    [[nodiscard]] Status try_one();
    [[nodiscard]] bool ask(const ZygoteRequest& request, int descriptor) const;

    const pid_t pid_;
    const Descriptor control_;
    std::atomic<std::uint64_t> next_number_{1};
    std::atomic<bool> has_failed_{false};
};

/// The zygote's own part: serves requests until their sender is gone, then ends the process.
[[noreturn]] void run_zygote(Descriptor control, const Worker::JobHandler& handler) noexcept;

}  // namespace nias::service
