/// The time that each task of a load took, exactly: every value is kept, four bytes each. Used by nias-bench.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace nias::bench {

class Latencies {
public:
    void reserve(std::size_t count) { micros_.reserve(count); }
    void add(std::uint32_t micros) {
        micros_.push_back(micros);
        sorted_ = false;
    }
    [[nodiscard]] std::size_t size() const { return micros_.size(); }
    /// The smallest value that is not below `share` of all (nearest rank). `share` from 0 to 1; 0 of none.
    [[nodiscard]] std::uint32_t at(double share);

    struct Bar {
        std::uint32_t upto_micros = 0;  ///< this bar holds what is at most that, and above the bar before
        std::size_t count = 0;
    };
    /// The values in bars of which each ends a tenth of a decade above the one before; the empty ones between
    /// too.
    [[nodiscard]] std::vector<Bar> bars();

private:
    void sort();
    std::vector<std::uint32_t> micros_;
    bool sorted_ = true;
};

/// Microseconds in the unit that reads best: «850 us», «12.3 ms», «4.21 s».
[[nodiscard]] std::string in_words(std::uint32_t micros);

}  // namespace nias::bench
