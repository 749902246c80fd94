#include "bench/load/latencies.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

namespace nias::bench {

void Latencies::sort() {
    if (!sorted_) { std::sort(micros_.begin(), micros_.end()); }
    sorted_ = true;
}

std::uint32_t Latencies::at(double share) {
    if (micros_.empty()) { return 0; }
    sort();
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(micros_.size())));
    return micros_[std::clamp<std::size_t>(rank, 1, micros_.size()) - 1];
}

std::vector<Latencies::Bar> Latencies::bars() {
    sort();
    std::vector<Bar> all;
    auto from = micros_.begin();
    for (int tenth = 0; from != micros_.end(); ++tenth) {
        const double end = std::min(std::round(std::pow(10.0, tenth / 10.0)), 4294967295.0);
        const auto last = static_cast<std::uint32_t>(end);
        if (!all.empty() && all.back().upto_micros == last) { continue; }  // below ten they round to the same
        const auto upto = std::upper_bound(from, micros_.end(), last);
        if (upto != from || !all.empty()) { all.push_back({last, static_cast<std::size_t>(upto - from)}); }
        from = upto;
    }
    return all;
}

std::string in_words(std::uint32_t micros) {
    std::ostringstream out;
    const double value = micros;
    if (micros < 1'000) {
        out << micros << " us";
    } else if (micros < 1'000'000) {
        out << std::setprecision(3) << value / 1e3 << " ms";
    } else {
        out << std::setprecision(3) << value / 1e6 << " s";
    }
    return out.str();
}

}  // namespace nias::bench
