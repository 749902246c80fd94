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
        std::uint64_t total = 0;  ///< amount that the lab has; 0 where it has it no more
        std::uint64_t used = 0;   ///< held by attempts; over `total` after a smaller configuration
        std::uint64_t kept = 0;   ///< kept for tasks that have waited too long
        bool operator==(const Count&) const = default;
    };

    explicit CountedPool(const std::vector<CountedResource>& lab);

    /// Whether all that is asked is free, beside what is kept for others.
    [[nodiscard]] bool fits(const CountedResources& asked) const;
    /// Whether the lab has as many as are asked, free or not.
    [[nodiscard]] bool has(const CountedResources& asked) const;
    void hold(const CountedResources& asked);
    void release(const CountedResources& asked);
    void keep(const CountedResources& asked);
    void keep_nothing();
    /// Whether anything is kept.
    [[nodiscard]] bool keeps() const { return keeps_; }

    /// The counts of a name; zeros where the lab does not have it.
    [[nodiscard]] Count count_of(const std::string& name) const;
    [[nodiscard]] const std::map<std::string, Count>& all() const { return counts_; }

private:
    std::map<std::string, Count> counts_;
    bool keeps_ = false;
};

}  // namespace nias::core
