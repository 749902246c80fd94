/// nias.toml: what a job asks for, all of it optional. Used by bundle, worker and httpfront.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nias/task.hpp>

namespace nias::job {

struct Manifest {
    std::string name;
    std::string entry;
    std::string runtime;
    std::string environment;  ///< Python's, by the name that the administrator gave it
    std::string
        image;  ///< the system that it runs in, as parse_image_name() gives it; empty: the machine's own
    std::uint32_t cpus = 1;
    std::uint32_t gpus = 0;
    std::uint64_t memory_bytes = 0;    ///< 0: the worker's default
    std::uint64_t disk_bytes = 0;      ///< on its machine's disk; 0: the worker's default
    std::uint64_t time_limit_ms = 0;   ///< 0: the worker's default
    CountedResources counted;          ///< the lab's counted resources: [resources]
    std::string network = "internet";  ///< "none" or "internet"
    std::vector<std::string> labels;
    std::uint32_t max_attempts = 3;
    std::uint32_t lease_s = 0;         ///< how long its machine may be silent; 0: as long as it has run
    std::vector<std::uint32_t> array;  ///< indices in rising order; empty: it is one job
    std::map<std::string, std::string> env;
};

/// Whether environments may be called so: 1 to 40 small letters, digits, `.`, `_` and `-`, the first of them
/// a letter or a digit.
[[nodiscard]] bool is_environment_name(std::string_view name);

/// Unknown keys, values of the wrong kind and values that nobody can mean are refused by name (`invalid`), in
/// words that end without a full stop. `text` is UTF-8 without a byte-order mark.
[[nodiscard]] Result<Manifest> parse_manifest(std::string_view text);

}  // namespace nias::job
