#include "core/dispatch/policy/lab_runtimes.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace nias::core {

void LabRuntimes::add(const std::vector<std::string>& runtimes) {
    for (const std::string& runtime : runtimes) { ++counts_[runtime]; }
}

void LabRuntimes::remove(const std::vector<std::string>& runtimes) {
    for (const std::string& runtime : runtimes) {
        const auto count = counts_.find(runtime);
        NIAS_CHECK(count != counts_.end(), "a runtime that is taken away was counted");
        if (--count->second == 0) { counts_.erase(count); }
    }
}

bool LabRuntimes::lets(const std::vector<std::string>& offered, std::string_view asked) const {
    if (asked.empty()) { return true; }
    while (true) {
        const std::string_view one = first_runtime(asked);
        if (std::find(offered.begin(), offered.end(), one) != offered.end()) { return true; }
        if (one.size() == asked.size() || first_only_ || counts_.contains(one)) { return false; }
        asked.remove_prefix(one.size() + 1);
    }
}

std::string LabRuntimes::missing(std::string_view asked) const {
    constexpr std::string_view kImage = "image:";
    if (asked.starts_with(kImage)) {
        asked.remove_prefix(kImage.size());
        return "no machine has the image " + std::string(asked) +
               ": an administrator adds it with «nias image add»";
    }
    std::string out = "no machine offers ";
    if (first_only_ && asked.find('|') != std::string_view::npos) {
        out += first_runtime(asked);
        return out + ", and the administrator lets nothing else run such programs";
    }
    for (; !asked.empty(); asked.remove_prefix(std::min(first_runtime(asked).size() + 1, asked.size()))) {
        out += first_runtime(asked);
        if (first_runtime(asked).size() < asked.size()) { out += " or "; }
    }
    return out;
}

}  // namespace nias::core
