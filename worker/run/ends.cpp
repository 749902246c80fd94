#include "worker/run/ends.hpp"

#include <string.h>

#include <algorithm>
#include <array>

#include "base/words.hpp"
#include "job/requirements/requirements.hpp"
#include "job/text.hpp"

namespace nias::worker {
namespace {

/// The C library's words for addresses without a way to them, and for names without an answer. A job with
/// internet is told the second of IPv6 alone, which it does not have; the first, of addresses that are
/// closed.
constexpr std::string_view kClosed = "No route to host";
constexpr std::string_view kNoNetwork = "Network is unreachable";
constexpr std::array<std::string_view, 2> kNoWay{kClosed, kNoNetwork};
constexpr std::array<std::string_view, 4> kNoName{"Temporary failure in name resolution",
                                                  "Name or service not known", "Could not resolve host",
                                                  "Couldn't resolve host"};

std::string signal_words(int number) {
    const char* name = ::sigabbrev_np(number);
    return name == nullptr ? "signal " + std::to_string(number)
                           : "signal " + std::to_string(number) + " (SIG" + name + ")";
}

std::string memory_words(std::uint64_t limit_bytes) {
    if (limit_bytes == 0) { return "ran out of memory: the machine had no more to give"; }
    return "ran out of memory: it needed more than its limit of " + size_in_words(limit_bytes) +
           "; ask for more with memory = \"…\" in nias.toml";
}

/// How Python, R, Octave and MATLAB say that a file is not there.
constexpr std::array<std::string_view, 8> kNotThere{
    "No such file",        "unable to find file", "unable to open file", "Unable to find file",
    "Unable to open file", "cannot open file",    "does not exist",      "cannot change working directory"};
/// How Python, NumPy, Octave, MATLAB, R and C++ say that they get no more memory.
constexpr std::array<std::string_view, 7> kRefusedMemory{
    "MemoryError",           "Unable to allocate", "out of memory",
    "Out of memory",         "std::bad_alloc",     "cannot allocate vector of size",
    "Cannot allocate memory"};
/// Where folders of a person's own computer, or of a notebook in the cloud, begin.
constexpr std::array<std::string_view, 6> kOwnPlaces{"/home/", "/Users/",   "/media/",
                                                     "/mnt/",  "/content/", "~/"};

/// The file's name in such an error, with / between folders: what stands in quotes behind those words, else
/// before them, else the word behind «find file».
std::string file_named_in(const std::string& error) {
    std::string name;
    std::size_t sign = std::string::npos;
    for (const std::string_view words : kNotThere) { sign = std::min(sign, error.find(words)); }
    std::size_t open = error.find_first_of("'\"", std::min(sign, error.size()));
    if (open == std::string::npos) { open = error.find_first_of("'\""); }
    const std::size_t close = open == std::string::npos ? open : error.find(error[open], open + 1);
    if (close != std::string::npos) {
        name = error.substr(open + 1, close - open - 1);
    } else if (const std::size_t at = error.find("find file "); at != std::string::npos) {
        name = error.substr(at + 10, error.find(" (", at + 10) - at - 10);
    }
    std::string out;
    for (const char c : name) {
        const char one = c == '\\' ? '/' : c;
        if (one != '/' || !out.ends_with('/')) { out.push_back(one); }
    }
    for (const std::string_view begin : {"/job/", "./"}) {
        if (out.starts_with(begin)) { out.erase(0, begin.size()); }
    }
    return out;
}

bool is_on_own_computer(std::string_view name) {
    const bool has_drive = name.size() > 2 && name[1] == ':' && name[2] == '/';
    return has_drive || std::any_of(kOwnPlaces.begin(), kOwnPlaces.end(),
                                    [&](std::string_view place) { return name.starts_with(place); });
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// The text between `before` and `after` in an error; empty where it holds no such thing.
std::string between(const std::string& error, std::string_view before, std::string_view after) {
    const std::size_t begin = error.find(before);
    if (begin == std::string::npos) { return {}; }
    const std::size_t from = begin + before.size();
    const std::size_t end = error.find(after, from);
    return end == std::string::npos ? std::string() : error.substr(from, end - from);
}

/// A module or function that is there under another name or in another folder than it was sought; empty where
/// it is nowhere. `file` is the name that it should have, `add` the code that makes its folder known.
std::string misplaced_words(const std::string& file, const std::vector<std::string>& files,
                            const std::pair<std::string, std::string>& add) {
    const std::string wanted = job::lower_case(file);
    for (const std::string& there : files) {
        const std::string name(last_part(there));
        if (name == file && there != file) {
            const std::string folder = there.substr(0, there.size() - name.size() - 1);
            return "; it lies in " + folder + ": make that known with " + add.first + folder + add.second;
        }
        if (name != file && job::lower_case(name) == wanted) {
            return "; in the job it is called " + there + ": small and capital letters differ";
        }
    }
    return {};
}

std::string processes_words(const RunEnd& end, const Limits& limits) {
    if (!end.processes_were_short) { return {}; }
    return "; it had reached the " + std::to_string(limits.processes) +
           " processes and threads that a job of this machine may have at once (--max-processes)";
}

}  // namespace

Stop infrastructure(Cause cause, const Error& error) {
    return {OutcomeStatus::could_not_run, cause, error.message};
}

Stop cancelled_stop() { return {OutcomeStatus::cancelled, Cause::request, "cancelled"}; }

Step stop_of(const RunEnd& end, const Limits& limits, const std::string& error) {
    const std::string said = error.empty() ? "" : ": " + error;
    switch (end.why) {
        case RunEnd::Why::exited:
            if (end.code == 0) { return {}; }
            return Stop{OutcomeStatus::failed, Cause::exit_code,
                        "exited with code " + std::to_string(end.code) + said + processes_words(end, limits)};
        case RunEnd::Why::signalled:
            return Stop{OutcomeStatus::failed, Cause::signal,
                        "ended by " + signal_words(end.code) + said + processes_words(end, limits)};
        case RunEnd::Why::disk_quota: return Stop{OutcomeStatus::failed, Cause::disk_quota, end.passed};
        case RunEnd::Why::out_of_memory:
            return Stop{OutcomeStatus::failed, Cause::out_of_memory, memory_words(limits.memory_bytes)};
        case RunEnd::Why::time_limit:
            return Stop{OutcomeStatus::timed_out, Cause::time_limit,
                        "stopped at its time limit of " + time_in_words(limits.time_ms)};
        case RunEnd::Why::cancelled: return cancelled_stop();
    }
    return {};
}

std::string unreached_words(std::string_view said, Network network, bool declined) {
    const auto said_any = [&](const auto& signs) {
        return std::any_of(signs.begin(), signs.end(),
                           [&](std::string_view sign) { return said.find(sign) != std::string_view::npos; });
    };
    if (network == Network::internet && said.rfind(kNoNetwork) != std::string_view::npos &&
        said.find(kClosed) == std::string_view::npos) {
        return "; jobs reach the internet by IPv4 alone: use a name, or an IPv4 address";
    }
    if (network == Network::internet && said_any(kNoWay)) {
        return "; jobs reach the internet, but this machine and the lab's own addresses are closed to them "
               "unless the administrator opens them (--job-network-allow)";
    }
    if (network != Network::none || !(said_any(kNoWay) || said_any(kNoName))) { return {}; }
    return declined ? "; it has no network, as its nias.toml asks (network = \"none\")"
                    : "; jobs have no network on this machine (--job-network)";
}

std::string missing_file_words(const std::string& error, const std::vector<std::string>& files) {
    const bool not_there = std::any_of(kNotThere.begin(), kNotThere.end(), [&](std::string_view sign) {
        return error.find(sign) != std::string::npos;
    });
    const std::string name = not_there ? file_named_in(error) : std::string();
    if (name.empty() || std::find(files.begin(), files.end(), name) != files.end()) { return {}; }
    const auto found_by = [&](const auto& same) {
        const auto found = std::find_if(files.begin(), files.end(), same);
        return found == files.end() ? std::string() : *found;
    };
    const std::string wanted = job::lower_case(name);
    std::string there = found_by([&](const std::string& file) { return job::lower_case(file) == wanted; });
    if (!there.empty()) {
        return "; in the job it is called " + there + ": small and capital letters differ";
    }
    there = found_by(
        [&](const std::string& file) { return last_part(job::lower_case(file)) == last_part(wanted); });
    if (!is_on_own_computer(name)) { return there.empty() ? "" : "; in the job it is called " + there; }
    return "; that is a place on your own computer: " +
           (there.empty() ? "put the file into the zip, and open it by its name there"
                          : "in the job it is called " + there);
}

std::string missing_module_words(const std::string& error, const std::vector<std::string>& files) {
    if (error.find("ModuleNotFoundError: ") != std::string::npos) {
        std::string module = between(error, "No module named '", "'");
        module = module.substr(0, module.find('.'));
        if (module.empty()) { return {}; }
        std::string words = misplaced_words(module + ".py", files, {"sys.path.append('", "')"});
        if (!words.empty()) { return words; }
        const std::string package = job::package_of_module(module);
        if (package == module) { return "; name its package in requirements.txt"; }
        return "; its package is called " + package + ": name that in requirements.txt";
    }
    const std::string function = between(error, "error: '", "' undefined");
    if (function.empty()) { return {}; }
    return misplaced_words(function + ".m", files, {"addpath('", "')"});
}

std::string closed_place_words(const std::string& error) {
    if (error.find("Read-only file system") == std::string::npos) { return {}; }
    return "; a job writes in its own folder: write output/NAME, with no / or .. before it";
}

std::string refused_memory_words(const std::string& error, std::uint64_t limit_bytes) {
    const bool refused =
        std::any_of(kRefusedMemory.begin(), kRefusedMemory.end(),
                    [&](std::string_view sign) { return error.find(sign) != std::string::npos; });
    if (!refused) { return {}; }
    const std::string has = limit_bytes == 0 ? "all that the machine has" : size_in_words(limit_bytes);
    return "; it may use " + has +
           " of memory: read less at once, or ask for more with memory = \"…\" in nias.toml";
}

std::string shortened(std::string text, std::size_t most) {
    text.resize(cut_utf8(text, most).size());
    return text;
}

}  // namespace nias::worker
