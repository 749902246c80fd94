#include "worker/runtime/runtimes.hpp"

#include "worker/runtime/octave.hpp"
#include "worker/runtime/python.hpp"

namespace nias::worker {

std::vector<std::string> Runtimes::names() const {
    std::vector<std::string> out;
    for (const auto& runtime : found) { out.emplace_back(runtime->name()); }
    return out;
}

const Runtime* Runtimes::named(std::string_view name) const {
    for (const auto& runtime : found) {
        if (runtime->name() == name) { return runtime.get(); }
    }
    return nullptr;
}

const Runtime* Runtimes::that_takes_requirements() const {
    for (const auto& runtime : found) {
        if (runtime->takes_requirements()) { return runtime.get(); }
    }
    return nullptr;
}

Runtimes find_runtimes(const std::vector<std::string>& pythons, const std::string& octave) {
    Runtimes out;
    for (const std::string& path : pythons) {
        auto python = find_python(path);
        if (python) {
            out.found.push_back(std::move(*python));
            break;
        }
        out.missing.push_back("no Python at " + path + ": " + python.error().message);
    }
    auto found = find_octave(octave);
    if (found) {
        out.found.push_back(std::move(*found));
    } else {
        out.missing.push_back(found.error().message);
    }
    return out;
}

}  // namespace nias::worker
