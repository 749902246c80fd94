#include "worker/images/images.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <array>
#include <functional>
#include <vector>

#include "base/ids.hpp"
#include "job/images/tree.hpp"
#include "worker/run/execution.hpp"
#include "worker/runtime/octave.hpp"
#include "worker/runtime/python.hpp"
#include "worker/runtime/r.hpp"
#include "worker/runtime/trace.hpp"

namespace nias::worker {
namespace {

constexpr std::string_view kPath = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
constexpr std::size_t kKnownMost = 256;
constexpr std::size_t kAnswerBytes = 4096;
/// An image that is read from its disk for the first time may be slow.
constexpr std::uint64_t kAnswerMs = 60'000;
constexpr std::uint64_t kAskerBytes = 2ULL << 30U;

using Find = Result<std::shared_ptr<const Runtime>> (*)(const std::string&, const InterpreterPlace&);

/// How a language's interpreter is found in an image.
struct Wanted {
    std::string_view language;
    std::string_view in_words;
    std::array<std::string_view, 2> programs;
    Find find;
};
constexpr std::array<Wanted, 3> kWanted{
    {{"python", "Python (python3)", {"python3", "python"}, find_python},
     {"octave", "Octave (octave-cli)", {"octave-cli", "octave"}, find_octave},
     {"r", "R (Rscript)", {"Rscript", "Rscript"}, find_r}}};

const Wanted* wanted_for(std::string_view language) {
    for (const Wanted& one : kWanted) {
        if (("|" + std::string(language) + "|").find("|" + std::string(one.language) + "|") !=
            std::string::npos) {
            return &one;
        }
    }
    return nullptr;
}

}  // namespace

Result<HeldImage> Images::hold(const std::string& name) const {
    auto image = job::read_image(folder_, name);
    if (!image && image.error().code == ErrorCode::not_found) {
        return Error{ErrorCode::not_found, "this machine has no image named " + name};
    }
    if (!image) { return image.error(); }
    const std::string lock = job::tree_lock(folder_, image->digest);
    HeldImage held{std::move(*image), {}, Descriptor(::open(lock.c_str(), O_RDONLY | O_CLOEXEC))};
    held.root = job::tree_path(folder_, held.image.digest);
    // A remover holds the lock alone, and takes the lock's name away before it lets go.
    if (!held.lock || ::flock(held.lock.get(), LOCK_SH | LOCK_NB) != 0 || ::access(lock.c_str(), F_OK) != 0 ||
        ::access(held.root.c_str(), F_OK) != 0) {
        return Error{ErrorCode::not_found, "the image " + name + " is being removed from this machine"};
    }
    return held;
}

/// An image is trusted no more than a job: its programs answer in a box, without network.
Result<std::string> Images::ask(const InterpreterPlace& place, const std::optional<JobUser>& user,
                                const std::vector<std::string>& argv) const {
    Box box;
    box.argv = argv;
    box.root = place.root;
    box.env = place.env;
    for (const char* name : {"HOME", "TMPDIR"}) { box.env[name] = "/tmp"; }
    box.cwd = "/";
    box.user = user;
    box.limits.cpus = 1;
    box.limits.memory_bytes = kAskerBytes;
    box.limits.tmp_bytes = kAskerBytes / 2;
    box.limits.time_ms = kAnswerMs;
    std::string said;
    LogPump log([&](std::string_view bytes) { said.append(bytes); }, kAnswerBytes);
    log.next_program();
    const RunHooks hooks{.cancelled = [] { return false; }};
    const auto end = run_in_box(sandbox_, box, cgroups_, "image-" + to_string(make_task_id(0)), log, hooks);
    log.finish();
    if (!end) { return end.error(); }
    if (end->why == RunEnd::Why::exited && end->code == 0) { return said; }
    return Error{ErrorCode::invalid, "it does not answer (" + last_line(said) + ")"};
}

Result<std::shared_ptr<const Runtime>> Images::runtime(const HeldImage& held, const std::string& language,
                                                       const std::optional<JobUser>& user) const {
    const Key key{held.image.digest, language};
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = known_.find(key); known != known_.end()) { return known->second; }
    }
    const Wanted* const wanted = wanted_for(language);
    if (wanted == nullptr) {
        return Error{ErrorCode::invalid, "nothing in an image runs programs of " + language};
    }
    InterpreterPlace place{.ask = {}, .root = held.root, .env = held.image.env};
    const std::string& path = place.env.emplace("PATH", kPath).first->second;
    std::string program;
    for (const std::string_view name : wanted->programs) {
        if (program.empty()) { program = job::program_in_tree(held.root, path, name); }
    }
    if (program.empty()) {
        return Error{ErrorCode::invalid, "the image " + held.image.name + " has no " +
                                             std::string(wanted->in_words) +
                                             ": name another image, or ask the administrator for one"};
    }
    place.ask = [&](const std::vector<std::string>& argv) { return ask(place, user, argv); };
    auto found = wanted->find(program, place);
    if (!found && found.error().code == ErrorCode::invalid) {
        return Error{ErrorCode::invalid, program + " of the image " + held.image.name +
                                             " does not start: " + found.error().message};
    }
    if (!found) { return found; }
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kKnownMost) { known_.clear(); }
    known_.emplace(key, *found);
    return found;
}

}  // namespace nias::worker
