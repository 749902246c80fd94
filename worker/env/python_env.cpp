#include "worker/env/python_env.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "base/log.hpp"
#include "base/sha256.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kRequirementsMax = 1000;
constexpr int kLockPollMs = 100;

std::string trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; };
    while (!text.empty() && blank(text.front())) { text.remove_prefix(1); }
    while (!text.empty() && blank(text.back())) { text.remove_suffix(1); }
    return std::string(text);
}

/// pip's rule: `#` begins a comment at the start of a line or after a blank.
std::string_view without_comment(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
            return line.substr(0, i);
        }
    }
    return line;
}

Status judge_requirement(const std::string& line) {
    const auto refused = [&](const std::string& why) {
        return Error{ErrorCode::invalid, "requirements.txt: \"" + line.substr(0, 200) + "\": " + why};
    };
    if (line.front() == '-') { return refused("options are not taken here: name packages only"); }
    if (line.find("://") != std::string::npos || line.find('@') != std::string::npos) {
        return refused("packages come from the index: give a name and a version, no address");
    }
    const std::size_t marker = std::min(line.find(';'), line.size());
    if (line.find_first_of("/\\$") < marker || line.front() == '.') {
        return refused("packages come from the index: give a name and a version, no path");
    }
    return {};
}

std::string hex_of(const std::string& text) {
    Sha256 hash;
    hash.update({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    return to_string(hash.finish()).substr(0, 32);
}

std::uint64_t bytes_below(const std::string& folder) {
    std::uint64_t out = 0;
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(folder, error);
         entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        if (error) { break; }
        if (entry->is_regular_file(error) && !entry->is_symlink(error)) { out += entry->file_size(error); }
    }
    return out;
}

bool try_lock(const Descriptor& file, int kind) { return ::flock(file.get(), kind | LOCK_NB) == 0; }

}  // namespace

Result<std::vector<std::string>> normalise_requirements(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) { text.remove_prefix(3); }
    std::set<std::string> out;
    std::string line;
    while (!text.empty() || !line.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string piece = trimmed(without_comment(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!piece.empty() && piece.back() == '\\' && !text.empty()) {
            line += piece.substr(0, piece.size() - 1);
            continue;
        }
        line += piece;
        line = trimmed(line);
        if (!line.empty()) {
            if (auto good = judge_requirement(line); !good) { return good.error(); }
            out.insert(line);
        }
        line.clear();
        if (out.size() > kRequirementsMax) {
            return Error{ErrorCode::invalid, "requirements.txt names more than 1000 packages"};
        }
    }
    return std::vector<std::string>(out.begin(), out.end());
}

PythonEnvs::PythonEnvs(PythonEnvSettings settings, Interpreter python, const Sandbox& sandbox,
                       const Cgroups& cgroups)
    : settings_(std::move(settings)), python_(std::move(python)), sandbox_(sandbox), cgroups_(cgroups) {}

EnvPlace PythonEnvs::place_of(const std::vector<std::string>& requirements) const {
    EnvPlace place;
    place.key = hex_of(python_.path + "\n" + python_.version + "\n" + std::string(sandbox_.name()) + "\n" +
                       requirement_lines(requirements));
    const std::string base = settings_.folder + "/" + place.key;
    place.host = base;
    place.inside = sandbox_.inside(base, "/env");
    place.lock = base + ".lock";
    place.requirements = base + ".txt";
    place.packages = base + ".packages";
    place.temporary = base + ".tmp";
    return place;
}

Result<PythonEnv> PythonEnvs::obtain(const std::vector<std::string>& requirements, LogPump& log,
                                     const std::function<bool()>& cancelled) const {
    const EnvPlace place = place_of(requirements);
    std::error_code error;
    fs::create_directories(settings_.folder, error);
    Descriptor lock(::open(place.lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock) { return Error{ErrorCode::unavailable, place.lock + ": " + std::strerror(errno)}; }
    bool said = false;
    while (true) {
        if (try_lock(lock, LOCK_SH) && ::access(place.packages.c_str(), F_OK) == 0) { break; }
        if (try_lock(lock, LOCK_EX) && ::access(place.packages.c_str(), F_OK) != 0) {
            if (auto built =
                    EnvBuild{settings_, python_, sandbox_, cgroups_}.run(place, requirements, log, cancelled);
                !built) {
                return built.error();
            }
            evict(place.key);
            continue;  // to the shared lock
        }
        if (!said) { log.say("another job builds the same Python environment; waiting for it"); }
        said = true;
        if (cancelled()) { return Error{ErrorCode::conflict, "cancelled"}; }
        (void)::flock(lock.get(), LOCK_UN);
        (void)::poll(nullptr, 0, kLockPollMs);  // flock has no way to wait that a cancel could interrupt
    }
    (void)::futimens(lock.get(), nullptr);  // last used
    std::ifstream packages(place.packages);
    return PythonEnv{
        place.host, place.inside, {std::istreambuf_iterator<char>(packages), {}}, std::move(lock)};
}

void PythonEnvs::evict(const std::string& keep) const {
    struct Known {
        fs::file_time_type used;
        std::string base;
        std::uint64_t bytes;
    };
    std::vector<Known> known;
    std::uint64_t total = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(settings_.folder, error)) {
        if (!entry.is_directory(error)) { continue; }
        const std::string base = entry.path().string();
        known.push_back({fs::last_write_time(base + ".lock", error), base, bytes_below(base)});
        total += known.back().bytes;
    }
    std::sort(known.begin(), known.end(), [](const Known& a, const Known& b) { return a.used < b.used; });
    for (const Known& env : known) {
        if (total <= settings_.max_bytes) { return; }
        if (env.base == settings_.folder + "/" + keep) { continue; }
        const Descriptor lock(::open((env.base + ".lock").c_str(), O_RDWR | O_CLOEXEC));
        if (!lock || !try_lock(lock, LOCK_EX)) { continue; }  // in use
        fs::remove(env.base + ".packages", error);  // first: without it the rest is rubbish to everybody
        fs::remove_all(env.base, error);
        total -= env.bytes;
        log::info("removed a Python environment of " + std::to_string(env.bytes >> 20U) +
                  " MiB, the least recently used");
    }
}

}  // namespace nias::worker
