/// Ventilator: takes tasks in, queues them, hands them to workers under credit, keeps the ledger.
/// For nias-ventilator and programs that carry their own pipeline. A resource.
#pragma once

#include <memory>
#include <string>

#include <nias/api.hpp>
#include <nias/result.hpp>

namespace nias {
inline namespace v1 {

enum class Durability { durable, memory };  ///< `memory`: the same code, a journal that keeps nothing

struct VentilatorOptions {
    std::string intake = "tcp://127.0.0.1:5555";
    std::string control = "tcp://127.0.0.1:5556";
    std::string events = "tcp://127.0.0.1:5557";
    std::string data_dir = "./nias-data";  ///< not used by Durability::memory
    Durability durability = Durability::durable;
    std::uint64_t max_queued = 1'000'000;  ///< past this, rejected(queue_full)
    std::uint32_t beat_ms = 1000;
    std::uint32_t suspect_ms = 5000;         ///< silent this long: no new tasks
    std::uint32_t lease_ms = 15000;          ///< silent this long: lost
    std::uint32_t usage_half_life_s = 3600;  ///< after it, what an owner used counts half in the turns
};

class NIAS_API Ventilator {
public:
    /// Binds. `conflict`: an address is in use; `unavailable`: the data directory cannot be written.
    static Result<Ventilator> open(const VentilatorOptions& options);
    Ventilator(Ventilator&&) noexcept;
    Ventilator& operator=(Ventilator&&) noexcept;
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
