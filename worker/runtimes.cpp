#include "worker/runtimes.hpp"

#include <unistd.h>

#include <array>
#include <sstream>

#include "worker/process.hpp"

namespace nias::worker {
namespace {

constexpr int kAnswerMs = 30'000;
constexpr std::size_t kAnswerBytes = 4096;
constexpr std::array kFolders{"/usr/local/bin/", "/usr/bin/", "/bin/"};
constexpr auto kAsk =
    "import sys, importlib.util as u, platform\n"
    "print(platform.python_version()); print(sys.base_prefix); print(int(u.find_spec('pip') is not None))";

Result<Interpreter> ask_python(const std::string& path) {
    if (path.empty() || path.front() != '/') {
        return Error{ErrorCode::invalid, "--python " + path + ": give an absolute path"};
    }
    auto answer = capture({path, "-I", "-c", kAsk}, kAnswerBytes, kAnswerMs);
    if (!answer) { return answer.error(); }
    std::istringstream lines(*answer);
    Interpreter out;
    out.path = path;
    std::string pip;
    if (!std::getline(lines, out.version) || !std::getline(lines, out.prefix) || !std::getline(lines, pip)) {
        return Error{ErrorCode::unavailable, path + " does not answer as a Python 3 does"};
    }
    out.has_pip = pip == "1";
    return out;
}

std::string find_program(const std::string& name) {
    for (const char* folder : kFolders) {
        std::string path = folder + name;
        if (::access(path.c_str(), X_OK) == 0) { return path; }
    }
    return {};
}

Result<Interpreter> ask_octave(const std::string& path) {
    auto answer =
        capture({path, "--no-init-file", "--no-history", "--eval", "disp(version)"}, kAnswerBytes, kAnswerMs);
    if (!answer) { return answer.error(); }
    Interpreter out;
    out.path = path;
    std::istringstream(*answer) >> out.version;
    return out;
}

}  // namespace

std::vector<std::string> Runtimes::names() const {
    std::vector<std::string> out;
    if (python) { out.emplace_back("python"); }
    if (octave) { out.emplace_back("octave"); }
    return out;
}

Runtimes find_runtimes(const std::vector<std::string>& pythons, const std::string& octave) {
    Runtimes out;
    for (const std::string& path : pythons) {
        auto found = ask_python(path);
        if (found) {
            out.python = *found;
            break;
        }
        out.missing.push_back("no Python at " + path + ": " + found.error().message);
    }
    const std::string octave_path = octave.empty() ? find_program("octave-cli") : octave;
    if (octave_path.empty()) {
        out.missing.emplace_back("no octave-cli on this machine: jobs with a code.m go to others");
    } else if (auto found = ask_octave(octave_path)) {
        out.octave = *found;
    } else {
        out.missing.push_back("no Octave at " + octave_path + ": " + found.error().message);
    }
    return out;
}

}  // namespace nias::worker
