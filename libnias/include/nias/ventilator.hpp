/// Ventilator: takes tasks in, queues them, hands them to workers under credit, keeps the ledger.
/// For nias-ventilator and programs that carry their own pipeline. A resource.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nias/api.hpp>
#include <nias/in_process.hpp>
#include <nias/result.hpp>
#include <nias/task.hpp>

namespace nias {
inline namespace v1 {

/// Whether what was accepted outlives the process.
enum class Durability {
    durable,  ///< on stable storage before it is acknowledged
    memory    ///< the same code, a journal that keeps nothing
};

/// Where a Ventilator listens and what it keeps. Addresses are ipc://, or tcp://: on the loopback alone
/// without keys, and encrypted with them; port 0 draws one.
struct VentilatorOptions {
    std::string intake = "tcp://127.0.0.1:5555";   ///< where tasks and outcomes come in
    std::string control = "tcp://127.0.0.1:5556";  ///< where workers ask for tasks
    std::string events = "tcp://127.0.0.1:5557";   ///< where changes of state are published
    std::string data_dir = "./nias-data";          ///< not used by Durability::memory
    Durability durability = Durability::durable;   ///< whether the ledger is kept
    std::uint64_t max_queued = 1'000'000;          ///< past this, rejected(queue_full); 1 to 100,000,000
    std::uint64_t max_queued_per_owner = 0;        ///< the same for one owner; 0: as many as max_queued
    std::uint32_t beat_ms = 1000;                  ///< how often workers say that they live; 10 to 60,000
    std::uint32_t suspect_ms = 5000;  ///< silent this long: no new tasks; over beat_ms, to 600,000
    /// Silent this long, a worker loses what has not begun there; over suspect_ms, to 3,600,000.
    std::uint32_t lease_ms = 15000;
    /// A task that runs there is waited for as long as it has run, at least two lease_ms and at most this; 1
    /// to 604,800.
    std::uint32_t lease_max_s = 600;
    /// After it, what an owner used counts half in the turns; 1 to 31,536,000, as the next two times.
    std::uint32_t usage_half_life_s = 3600;
    std::string
        keys{};  ///< folder of an Enrolment, made where it is missing; empty: no TCP beyond the loopback
    /// `HOST[:PORT]`: listens there too, for other machines, on the ports of Endpoints::at(). Needs `keys`.
    std::string machines{};
    /// The amount that the lab has of each counted resource: each name once, at least 1.
    std::vector<CountedResource> resources{};
    /// Percent of each worker's slots that long tasks may not fill, at most 90; 0: they may fill all. Long is
    /// a task whose time limit is over long_after_s, or that names a runtime and no time limit.
    std::uint32_t short_lane_percent = 0;
    std::uint32_t long_after_s = 600;  ///< see short_lane_percent
    /// A task may name alternatives as its runtime, `matlab|octave`: the first that a worker offers. True:
    /// only the first of them is ever used, and such a task waits for it.
    bool first_runtime_only = false;
    std::uint32_t starve_after_s = 600;  ///< passed by smaller tasks this long, a task has its place kept
    std::shared_ptr<const InProcess> in_process{};  ///< set by a Pipeline; empty elsewhere
};

/// One loop, inside run(). run() on one thread, which may be another than that of open().
class NIAS_API Ventilator {
public:
    /// Takes the data directory for itself, and binds. `conflict`: another ventilator, of this process or
    /// another, has the directory, and who that is; or an address is in use. `unavailable`: the data
    /// directory or the keys cannot be written; `invalid`: not an address that may be used, keys that cannot
    /// be, an option out of its bounds.
    static Result<Ventilator> open(const VentilatorOptions& options);
    /// Takes over the sockets.
    Ventilator(Ventilator&&) noexcept;
    /// Ends what stood here, then takes over.
    Ventilator& operator=(Ventilator&&) noexcept;
    /// Closes its sockets. run() has returned before.
    ~Ventilator();
    /// Serves until stop(). An error ends it: a failed fsync is never retried.
    Status run();
    void stop() noexcept;  ///< any thread; safe in a signal handler
    /// Addresses with the port that was given for 0.
    [[nodiscard]] VentilatorOptions bound() const;

private:
    class Impl;
    explicit Ventilator(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace v1
}  // namespace nias
