/// Endpoints: where the six sockets of a lab are.
/// A value; for programs that connect to a lab, and for those that carry a pipeline of their own.
#pragma once

#include <cstdint>
#include <string>

#include <nias/api.hpp>
#include <nias/result.hpp>

namespace nias {
inline namespace v1 {

/// The first of the six TCP ports, where an address names none.
inline constexpr std::uint16_t kBasePort = 5555;

/// Six addresses, `ipc://PATH` or `tcp://HOST:PORT`. By default those of a pipeline on this host.
struct NIAS_API Endpoints {
    std::string intake = "tcp://127.0.0.1:5555";    ///< ventilator: tasks and outcomes come in
    std::string control = "tcp://127.0.0.1:5556";   ///< ventilator: workers ask for tasks
    std::string events = "tcp://127.0.0.1:5557";    ///< ventilator: changes of state are published
    std::string outcomes = "tcp://127.0.0.1:5558";  ///< sink: workers report outcomes
    std::string bulk = "tcp://127.0.0.1:5559";      ///< sink: files and logs come and go
    std::string output = "tcp://127.0.0.1:5560";    ///< sink: logs and progress are published

    /// The local sockets of the server on this data directory. Makes nothing; any thread.
    [[nodiscard]] static Endpoints in(const std::string& data_dir);
    /// Six TCP ports in a row at one machine: `HOST` or `HOST:PORT`, with `tcp://` before it or not; PORT is
    /// that of the intake. `invalid`: no such address, or a port above 65530.
    [[nodiscard]] static Result<Endpoints> at(const std::string& machine);
    bool operator==(const Endpoints&) const = default;
};

}  // namespace v1
}  // namespace nias
