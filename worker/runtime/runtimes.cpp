#include "worker/runtime/runtimes.hpp"

#include <algorithm>

#include "worker/host/process.hpp"
#include "worker/runtime/matlab.hpp"
#include "worker/runtime/octave.hpp"
#include "worker/runtime/python.hpp"
#include "worker/runtime/r.hpp"

namespace nias::worker {

namespace {

constexpr int kAnswerMs = 30'000;
constexpr std::size_t kAnswerBytes = 4096;

}  // namespace

Result<std::string> InterpreterPlace::answer(const std::vector<std::string>& argv) const {
    return ask ? ask(argv) : capture(argv, kAnswerBytes, kAnswerMs);
}

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

std::vector<std::string> Runtimes::notices() const {
    std::vector<std::string> out;
    for (const auto& runtime : found) {
        for (std::string& words : runtime->notices()) { out.push_back(std::move(words)); }
    }
    return out;
}

std::shared_ptr<const Runtime> Runtimes::first_of(std::string_view choice) const {
    while (!choice.empty()) {
        const std::size_t bar = std::min(choice.find('|'), choice.size());
        for (const auto& runtime : found) {
            if (runtime->name() == choice.substr(0, bar)) { return runtime; }
        }
        choice.remove_prefix(std::min(bar + 1, choice.size()));
    }
    return nullptr;
}

Runtimes find_runtimes(const RuntimePaths& paths) {
    Runtimes out;
    for (const std::string& path : paths.pythons) {
        auto python = find_python(path);
        if (python) {
            out.found.push_back(std::move(*python));
            break;
        }
        out.missing.push_back("no Python at " + path + ": " + python.error().message);
    }
    const auto add = [&out](const std::string& path, bool is_expected, const auto& find) {
        if (path == "none") { return; }
        Result<std::shared_ptr<const Runtime>> found = find(path);
        if (found) {
            out.found.push_back(std::move(*found));
        } else if (!path.empty() || is_expected) {
            out.missing.push_back(found.error().message);
        }
    };
    add(paths.octave, true, [](const std::string& path) { return find_octave(path); });
    add(paths.matlab, false,
        [&](const std::string& path) { return find_matlab(path, paths.matlab_licence); });
    add(paths.r, false, [](const std::string& path) { return find_r(path); });
    return out;
}

}  // namespace nias::worker
