/// Sink: gathers outcomes, logs and blobs from workers into the results store.
/// For nias-sink and programs that carry their own pipeline. A resource.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <nias/api.hpp>
#include <nias/in_process.hpp>
#include <nias/result.hpp>
#include <nias/ventilator.hpp>

namespace nias {
inline namespace v1 {

/// Where a Sink listens and what it keeps. Addresses are ipc://, or tcp://: on the loopback alone without
/// keys, and encrypted with them; port 0 draws one.
struct SinkOptions {
    std::string outcomes = "tcp://127.0.0.1:5558";  ///< where workers report
    std::string bulk = "tcp://127.0.0.1:5559";      ///< where files and logs come and go
    std::string output = "tcp://127.0.0.1:5560";    ///< where logs and progress are published
    std::string intake = "tcp://127.0.0.1:5555";    ///< the ventilator's intake
    std::string data_dir = "./nias-data";           ///< not used by Durability::memory
    Durability durability = Durability::durable;    ///< whether results, logs and blobs are kept
    std::string keys{};  ///< folder of an Enrolment, the ventilator's; empty: no TCP beyond the loopback
    /// `HOST[:PORT]`: listens there too, for other machines, on the ports of Endpoints::at(). Needs `keys`.
    std::string machines{};
    /// Folder for blobs, of this sink alone, with Durability::memory; empty: none are kept.
    std::string blob_dir{};
    /// Seconds after which a blob goes to which no task and no outcome refers, counted from when it was last
    /// given or named to this sink. Only where the ventilator keeps its ledger in the same `data_dir`. 0: all
    /// blobs stay, as they must where tasks name blobs in their payloads.
    std::uint32_t unused_blobs_kept_s = 0;
    std::shared_ptr<const InProcess> in_process{};  ///< set by a Pipeline; empty elsewhere
};

/// One loop for outcomes and one for bulk, both inside run(). run() on one thread, which may be another than
/// that of open().
class NIAS_API Sink {
public:
    /// Takes the data directory for itself, and binds. `conflict`: another sink, of this process or another,
    /// has the directory, and who that is; or an address is in use. `invalid`: not an address that may be
    /// used, or an option that is empty; `unavailable`: the data directory cannot be written.
    static Result<Sink> open(const SinkOptions& options);
    /// Takes over the sockets.
    Sink(Sink&&) noexcept;
    /// Ends what stood here, then takes over.
    Sink& operator=(Sink&&) noexcept;
    /// Closes its sockets. run() has returned before.
    ~Sink();
    /// Serves until stop(). An error ends it: a failed fsync is never retried; a full disk is no error.
    Status run();
    void stop() noexcept;  ///< any thread; safe in a signal handler
    /// Addresses with the port that was given for 0. Before run(), or on its thread.
    [[nodiscard]] SinkOptions bound() const;

private:
    class Impl;
    explicit Sink(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace v1
}  // namespace nias
