/// The lab's counted resources: how many there are, how many attempts hold, how many are kept for tasks that
/// have waited too long. An attempt holds from its hand-over until it is over, wherever it runs. Part of
/// dispatch.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nias/task.hpp>

namespace nias::core {

class CountedPool {
public:
    struct Count {
        std::uint64_t total = 0;  ///< the lab's; 0: held, and the lab lost it
        std::uint64_t used = 0;   ///< may be above total: by attempts from before another configuration
        std::uint64_t kept = 0;
        bool operator==(const Count&) const = default;
    };

    explicit CountedPool(const std::vector<CountedResource>& lab);

    /// Whether all of them are free, beside what is kept for others.
    [[nodiscard]] bool fits(const CountedResources& asked) const;
    /// Whether the lab has so many at all.
    [[nodiscard]] bool has(const CountedResources& asked) const;
    void hold(const CountedResources& asked);
    void release(const CountedResources& asked);
    void keep(const CountedResources& asked);
    void keep_nothing();
    [[nodiscard]] bool keeps() const { return keeps_; }  ///< something, for somebody

    /// Zeros of a name that the lab does not have.
    [[nodiscard]] Count count_of(const std::string& name) const;
    [[nodiscard]] const std::map<std::string, Count>& all() const { return counts_; }

private:
    std::map<std::string, Count> counts_;
    bool keeps_ = false;
};

}  // namespace nias::core
