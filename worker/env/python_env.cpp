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
#include <vector>

#include "base/log.hpp"
#include "base/sha256.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr int kLockPollMs = 100;

std::string hex_of(const std::string& text) {
    Sha256 hash;
    hash.update({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    return to_string(hash.finish()).substr(0, 32);
}

Result<std::string> hash_of_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    Sha256 hash;
    std::vector<char> piece(64U << 10U);
    while (in) {
        in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        hash.update(
            {reinterpret_cast<const std::uint8_t*>(piece.data()), static_cast<std::size_t>(in.gcount())});
    }
    if (!in.eof()) { return Error{ErrorCode::unavailable, path + " cannot be read"}; }
    return to_string(hash.finish());
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

PythonEnvs::PythonEnvs(PythonEnvSettings settings, Interpreter python, const Sandbox& sandbox,
                       const Cgroups& cgroups)
    : settings_(std::move(settings)), python_(std::move(python)), sandbox_(sandbox), cgroups_(cgroups) {}

/// Wheels count by their bytes: two projects may carry different ones of the same name.
Result<EnvPlace> PythonEnvs::place_of(const EnvContents& contents) const {
    const Interpreter& python = contents.python == nullptr ? python_ : *contents.python;
    std::string all = python.path + "\n" + python.version + "\n" + std::string(sandbox_.name()) + "\n";
    if (!python.root.empty()) { all += "image " + python.root + "\n"; }
    for (const std::string& line : contents.packages) { all += line + "\n"; }
    for (const std::string& wheel : contents.wheels) {
        auto hash = hash_of_file(wheel);
        if (!hash) { return hash.error(); }
        all += fs::path(wheel).filename().string() + " " + *hash + "\n";
    }
    if (!settings_.constraints.empty()) {
        auto hash = hash_of_file(settings_.constraints);
        if (!hash) { return hash.error(); }
        all += "constraints " + *hash + "\n";
    }
    EnvPlace place;
    place.key = hex_of(all);
    const std::string base = settings_.folder + "/" + place.key;
    place.host = base;
    place.inside = sandbox_.inside(base, "/env");
    place.lock = base + ".lock";
    place.requirements = base + ".txt";
    place.packages = base + ".packages";
    place.temporary = base + ".tmp";
    return place;
}

Result<PythonEnv> PythonEnvs::obtain(const EnvContents& contents, LogPump& log,
                                     const std::function<bool()>& cancelled) const {
    const auto found = place_of(contents);
    if (!found) { return found.error(); }
    const EnvPlace& place = *found;
    std::error_code error;
    fs::create_directories(settings_.folder, error);
    Descriptor lock(::open(place.lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock) { return Error{ErrorCode::unavailable, place.lock + ": " + std::strerror(errno)}; }
    bool said = false;
    while (true) {
        if (try_lock(lock, LOCK_SH) && ::access(place.packages.c_str(), F_OK) == 0) { break; }
        if (try_lock(lock, LOCK_EX) && ::access(place.packages.c_str(), F_OK) != 0) {
            if (auto built = EnvBuild{settings_, contents.python == nullptr ? python_ : *contents.python,
                                      sandbox_, cgroups_, contents.builder}
                                 .run(place, contents, log, cancelled);
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
