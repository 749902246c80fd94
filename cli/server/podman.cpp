#include "cli/server/podman.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "cli/server/program.hpp"

namespace nias::cli {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kVariablesMost = 256;
constexpr std::size_t kVariableBytesMost = 16U << 10U;
constexpr auto kContainer = "nias-image-add";
/// A line each: digest, architecture, and the variables.
constexpr auto kFacts = "{{.Digest}}\n{{.Architecture}}\n{{range .Config.Env}}{{.}}\n{{end}}";

/// This machine's kind of processor in the words of images.
std::string architecture() {
    struct utsname host {};
    (void)::uname(&host);
    const std::string machine = host.machine;
    return machine == "x86_64" ? "amd64" : machine == "aarch64" ? "arm64" : machine;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) {
        if (!line.empty()) { out.push_back(line); }
    }
    return out;
}

Result<std::vector<std::string>> known_ids() {
    const auto said = run_program({"podman", "images", "--all", "--quiet", "--no-trunc"});
    if (!said) { return said.error(); }
    return lines_of(*said);
}

/// The name that podman says it loaded, in words like «Loaded image: localhost/eeg:1».
Result<std::string> loaded_in(const std::string& said, const std::string& file) {
    constexpr std::string_view kLoaded = "Loaded image: ";
    std::vector<std::string> names;
    for (const std::string& line : lines_of(said)) {
        if (line.starts_with(kLoaded)) { names.push_back(line.substr(kLoaded.size())); }
    }
    if (names.size() == 1) { return names.front(); }
    return Error{ErrorCode::invalid, file + " holds " + std::to_string(names.size()) +
                                         " images: save the one that is meant by itself"};
}

}  // namespace

Result<Podman> Podman::find(std::string scratch) {
    if (const auto version = run_program({"podman", "--version"}); !version) {
        return Error{ErrorCode::unavailable, "images are made by podman, which does not run here (" +
                                                 version.error().message +
                                                 "): install it, on Debian with «apt-get install podman»"};
    }
    return Podman(std::move(scratch));
}

Podman::~Podman() {
    if (!brought_.empty()) { (void)run_program({"podman", "rmi", "--force", brought_}); }
}

Result<std::string> Podman::import_tar(const std::string& tar) const {
    const auto said = run_program({"podman", "import", "--quiet", tar});
    if (!said) { return Error{ErrorCode::invalid, said.error().message}; }
    const auto lines = lines_of(*said);
    if (lines.empty()) { return Error{ErrorCode::unavailable, "podman names nothing that it imported"}; }
    return lines.back();
}

/// The image of the source in podman, by a name or an id.
Result<std::string> Podman::bring(const std::string& source) {
    std::error_code error;
    if (fs::is_directory(source, error)) {
        const std::string tar = scratch_ + "/root.tar";
        const auto packed =
            run_program({"tar", "-c", "-f", tar, "-C", source, "--numeric-owner", "--exclude=./dev/*",
                         "--exclude=./proc/*", "--exclude=./sys/*", "."});
        if (!packed) { return packed.error(); }
        auto id = import_tar(tar);
        fs::remove(tar, error);
        return id;
    }
    if (fs::is_regular_file(source, error)) {
        const auto loaded = run_program({"podman", "load", "--input", source});
        if (loaded) { return loaded_in(*loaded, source); }
        auto id = import_tar(fs::absolute(source).string());
        if (id) { return id; }
        return Error{ErrorCode::invalid, source + " is neither an image nor the tar of a root file system (" +
                                             loaded.error().message + "; " + id.error().message + ")"};
    }
    if (!source.starts_with('-') && run_program({"podman", "image", "exists", source})) { return source; }
    return Error{ErrorCode::not_found,
                 source +
                     " is no file, no folder and no image that podman has here: «podman pull» fetches "
                     "one, «podman images» shows them"};
}

Result<PodmanImage> Podman::take(const std::string& source) {
    const auto before = known_ids();
    if (!before) { return before.error(); }
    const auto name = bring(source);
    if (!name) { return name.error(); }
    auto id = run_program({"podman", "image", "inspect", "--format", "{{.Id}}", *name});
    if (!id) { return id.error(); }
    PodmanImage image{.id = first_line(*id), .digest = {}, .env = {}};
    const auto is_it = [&](const std::string& known) { return known.find(image.id) != std::string::npos; };
    if (std::none_of(before->begin(), before->end(), is_it)) { brought_ = image.id; }
    const auto facts = run_program({"podman", "image", "inspect", "--format", kFacts, image.id});
    if (!facts) { return facts.error(); }
    const auto lines = lines_of(*facts);
    if (lines.size() < 2) { return Error{ErrorCode::unavailable, "podman says too little of " + source}; }
    image.digest = lines[0];
    if (lines[1] != architecture()) {
        return Error{ErrorCode::invalid, source + " is for processors of the kind " + lines[1] +
                                             ", and this machine's is " + architecture()};
    }
    for (std::size_t i = 2; i < lines.size() && image.env.size() < kVariablesMost; ++i) {
        const std::size_t equals = lines[i].find('=');
        if (equals == 0 || equals == std::string::npos || lines[i].size() > kVariableBytesMost) { continue; }
        image.env[lines[i].substr(0, equals)] = lines[i].substr(equals + 1);
    }
    return image;
}

Status Podman::unpack(const PodmanImage& image, const std::string& folder) const {
    const std::string tar = scratch_ + "/files.tar";
    // A container that never starts: podman puts the layers of an image together for one.
    const auto made = run_program({"podman", "create", "--replace", "--pull", "never", "--network", "none",
                                   "--name", kContainer, image.id, "/bin/true"});
    if (!made) { return made.error(); }
    const auto written = run_program({"podman", "export", "--output", tar, kContainer});
    (void)run_program({"podman", "rm", "--force", kContainer});
    if (!written) { return written.error(); }
    const auto unpacked = run_program({"tar", "-x", "-f", tar, "-C", folder, "--numeric-owner", "--anchored",
                                       "--exclude=dev/*", "--exclude=proc/*", "--exclude=sys/*"});
    std::error_code error;
    fs::remove(tar, error);
    return unpacked ? Status{} : Status(unpacked.error());
}

}  // namespace nias::cli
