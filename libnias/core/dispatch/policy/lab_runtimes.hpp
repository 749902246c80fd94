/// How many of the known machines offer each runtime. A task may name alternatives, `a|b`: a machine that
/// offers `b` may run it while no machine of the lab offers `a`. Part of dispatch. A value.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nias::core {

class LabRuntimes {
public:
    /// `first_only`: no alternative but the first is ever used.
    explicit LabRuntimes(bool first_only = false) : first_only_(first_only) {}

    void add(const std::vector<std::string>& runtimes);
    void remove(const std::vector<std::string>& runtimes);
    /// Whether a machine that offers these may run a task that asks for `asked`; all may where that is empty.
    [[nodiscard]] bool lets(const std::vector<std::string>& offered, std::string_view asked) const;
    /// Why no machine offers it, in a sentence.
    [[nodiscard]] std::string missing(std::string_view asked) const;
    bool operator==(const LabRuntimes&) const = default;

private:
    bool first_only_;
    std::map<std::string, std::size_t, std::less<>> counts_;
};

/// `a` of `a|b`.
[[nodiscard]] inline std::string_view first_runtime(std::string_view asked) {
    return asked.substr(0, asked.find('|'));
}

}  // namespace nias::core
