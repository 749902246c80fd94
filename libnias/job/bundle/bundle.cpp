#include "job/bundle/bundle.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/words.hpp"
#include "job/archive/zip_reader.hpp"
#include "job/array/terms.hpp"
#include "job/bundle/own_files.hpp"
#include "job/bundle/place.hpp"
#include "job/bundle/programs.hpp"
#include "job/images/image.hpp"
#include "job/text.hpp"

namespace nias::job {
namespace {

/// A program that `entry` names, in the spelling of this system.
std::string entry_path(std::string entry) {
    std::replace(entry.begin(), entry.end(), '\\', '/');
    while (entry.starts_with("./")) { entry.erase(0, 2); }
    return entry;
}

std::optional<Refusal> choose_named(const std::vector<Member>& members, Layout& layout) {
    const std::string wanted = entry_path(layout.manifest.entry);
    const Member* member = find_file(members, layout.root, wanted);
    if (member == nullptr) {
        return Refusal{
            "no_program",
            "nias.toml names \"" + shown(layout.manifest.entry) +
                "\" as entry, but the zip does not hold it: name a program below the folder of nias.toml.",
            layout.manifest.entry};
    }
    layout.entry = member->name.substr(layout.root.size());
    if (layout.entry != layout.manifest.entry) {
        layout.mended.push_back("The entry \"" + shown(layout.manifest.entry) +
                                "\" of nias.toml is taken as \"" + shown(layout.entry) + "\".");
    }
    return std::nullopt;
}

/// A bundle whose nias.toml lies beside no program and names none.
Refusal no_program_beside(const std::vector<Member>& members, const std::string& root) {
    for (const Member& member : members) {
        if (member.folder || !member.name.starts_with(root) || kind_of_program(member.name) == nullptr) {
            continue;
        }
        return {"no_program",
                "nias.toml names no entry, and no code.py or code.m lies beside it: add the line entry = \"" +
                    shown(member.name.substr(root.size())) + "\", or put nias.toml beside the program.",
                member.name};
    }
    Refusal refusal = no_program(members);
    refusal.detail = "No program lies beside nias.toml. " + refusal.detail;
    return refusal;
}

std::optional<Refusal> choose_usual(const std::vector<Member>& members, Layout& layout) {
    std::vector<std::string> programs;
    for (const ProgramKind& kind : kProgramKinds) {
        const Member* member = find_file(members, layout.root, kind.file);
        if (member != nullptr && base_name(member->name) == kind.file) { programs.emplace_back(kind.file); }
    }
    if (programs.empty()) { return no_program_beside(members, layout.root); }
    if (programs.size() > 1) {
        return Refusal{"two_programs",
                       "The zip holds " + programs[0] + " and " + programs[1] +
                           ": remove one, or choose with entry = \"" + programs[0] + "\" in nias.toml.",
                       programs[1]};
    }
    layout.entry = programs.front();
    return std::nullopt;
}

/// Fills entry and runtime, or refuses.
std::optional<Refusal> choose_program(const std::vector<Member>& members, Layout& layout) {
    auto refusal =
        layout.manifest.entry.empty() ? choose_usual(members, layout) : choose_named(members, layout);
    if (refusal) { return refusal; }
    const ProgramKind* kind = kind_of_program(layout.entry);
    const std::string natural = kind == nullptr ? "" : std::string(kind->runtime);
    layout.language = layout.manifest.runtime.empty() ? natural : layout.manifest.runtime;
    const bool fits = layout.language == natural ||
                      ("|" + natural + "|").find("|" + layout.language + "|") != std::string::npos;
    if (natural.empty() || !fits) {
        return Refusal{"runtime",
                       "\"" + shown(layout.entry) + "\" cannot be run by \"" +
                           runtime_in_words(layout.language) +
                           "\": a Python program ends in .py, one of MATLAB or Octave in .m, one of R in .R.",
                       layout.entry};
    }
    layout.runtime = layout.language;
    if (!layout.manifest.image.empty()) { return use_image(layout, layout.manifest.image); }
    if (layout.manifest.environment.empty()) { return std::nullopt; }
    if (layout.language != "python") {
        return Refusal{"runtime",
                       "nias.toml names the environment \"" + layout.manifest.environment +
                           "\", and environments are for programs of Python: remove the line.",
                       layout.entry};
    }
    layout.runtime += ":" + layout.manifest.environment;
    return std::nullopt;
}

std::string name_of(const Layout& layout, const std::string& file_name) {
    if (!layout.manifest.name.empty()) { return layout.manifest.name; }
    std::string name = layout.root.empty() ? base_name(file_name) : base_name(layout.root);
    if (layout.root.empty() && name.size() > 4 && lower_case(name).ends_with(".zip")) {
        name.resize(name.size() - 4);
    }
    if (name.empty()) { name = "job"; }
    return std::string(cut_utf8(name, 200));
}

void tell_mended(const Archive& archive, const Place& place, std::vector<std::string>& to) {
    constexpr std::size_t kBesideTold = 3;
    if (std::count(place.root.begin(), place.root.end(), '/') > 1) {
        to.push_back("The program is two folders deep; \"" + place.root + "\" is taken as the job's folder.");
    }
    if (archive.leavings > 0) {
        to.push_back(std::to_string(archive.leavings) + (archive.leavings == 1 ? " entry" : " entries") +
                     " that systems and tools leave behind (such as " + shown(archive.first_leaving) +
                     ") are left out.");
    }
    const auto filled =
        std::count_if(archive.members.begin(), archive.members.end(), [&](const Member& member) {
            return !member.folder && member.name.starts_with(place.root + "output/");
        });
    if (filled > 0) {
        to.push_back("output/ holds " + counted(static_cast<std::size_t>(filled), "file") +
                     " already; the job starts with an empty one.");
    }
    for (std::size_t i = 0; i < std::min(place.beside.size(), kBesideTold); ++i) {
        to.push_back("\"" + shown(place.beside[i]) + "\" lies outside of the folder \"" + shown(place.root) +
                     "\" and is no part of the job.");
    }
    if (place.beside.size() > kBesideTold) {
        to.push_back(counted(place.beside.size() - kBesideTold, "more file") +
                     " outside of that folder are left out.");
    }
    to.insert(to.end(), archive.mended.begin(), archive.mended.end());
}

Error system_error(const std::string& what) {
    const int code = errno;
    return {code == ENOSPC || code == EDQUOT ? ErrorCode::overloaded : ErrorCode::unavailable,
            what + ": " + std::strerror(code)};
}

Status write_member(zip_t* zip, const Member& member, const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file < 0) { return system_error(path); }
    auto done = stream_member(zip, member.index, member.name, member.size_bytes,
                              [&](std::span<const char> piece) -> Result<bool> {
                                  while (!piece.empty()) {
                                      const ssize_t count = ::write(file, piece.data(), piece.size());
                                      if (count < 0 && errno == EINTR) { continue; }
                                      if (count < 0) { return system_error(path); }
                                      piece = piece.subspan(static_cast<std::size_t>(count));
                                  }
                                  return true;
                              });
    if (::close(file) != 0 && done) { return system_error(path); }
    return done;
}

}  // namespace

Result<Layout, Refusal> judge(const std::string& zip_path, const std::string& file_name,
                              const BundleLimits& limits) {
    auto scanned = scan_archive(zip_path, limits);
    if (!scanned) { return scanned.error(); }
    Archive& archive = *scanned;
    auto found = find_place(archive.members);
    if (!found) { return found.error(); }
    const Place& place = *found;
    Layout layout;
    layout.root = place.root;
    tell_mended(archive, place, layout.mended);
    OwnFiles own(zip_path, archive.members, layout.root, layout.mended);
    if (auto refusal = own.read_manifest(layout.manifest)) { return std::move(*refusal); }
    if (auto refusal = choose_program(archive.members, layout)) { return std::move(*refusal); }
    layout.has_requirements = own.has_requirements();
    if (layout.has_requirements && layout.language != "python") {
        layout.mended.push_back(
            "requirements.txt is not read: it names packages of Python, and the program is not.");
    } else if (auto refusal = own.read_requirements(layout.requirements)) {
        return std::move(*refusal);
    }
    own.tell_unread();
    layout.name = name_of(layout, file_name);
    for (Member& member : archive.members) {
        layout.unpacked_bytes += member.size_bytes;
        const bool inside = member.name.starts_with(layout.root) && member.name.size() > layout.root.size();
        if (inside) { layout.contents.push_back(std::move(member)); }
    }
    return layout;
}

Status unpack(const std::string& zip_path, const Layout& layout, const std::string& folder) {
    auto zip = open_zip(zip_path);
    if (!zip) { return zip.error(); }
    for (const Member& member : layout.contents) {
        const boost::filesystem::path path =
            boost::filesystem::path(folder) / member.name.substr(layout.root.size());
        boost::system::error_code error;
        boost::filesystem::create_directories(member.folder ? path : path.parent_path(), error);
        if (error) { return Error{ErrorCode::unavailable, path.string() + ": " + error.message()}; }
        if (member.folder) { continue; }
        if (auto written = write_member(zip->get(), member, path.string()); !written) { return written; }
    }
    return {};
}

std::optional<Refusal> use_image(Layout& layout, const std::string& image) {
    auto name = parse_image_name(image);
    if (!name) { return Refusal{"image", "image must be " + name.error().message + ".", ""}; }
    if (!layout.manifest.environment.empty()) {
        return Refusal{"image",
                       "nias.toml names the environment \"" + layout.manifest.environment +
                           "\", and the job is to run in the image \"" + *name +
                           "\", which brings packages of its own: leave one of the two out.",
                       ""};
    }
    if (layout.language == "matlab") {
        return Refusal{"image",
                       "nias.toml asks for matlab, and the job is to run in the image \"" + *name +
                           "\": MATLAB runs on the machines themselves, so leave one of the two out.",
                       ""};
    }
    layout.manifest.image = *name;
    layout.runtime = std::string(kImageRuntime) + *name;
    return std::nullopt;
}

std::string runtime_in_words(std::string runtime) {
    if (runtime.starts_with(kImageRuntime)) { return "image " + runtime.substr(kImageRuntime.size()); }
    for (std::size_t at = 0; (at = runtime.find('|', at)) != std::string::npos;) {
        runtime.replace(at, 1, " or ");
    }
    return runtime;
}

Task make_task(const Layout& layout, const std::string& owner, const BlobRef& bundle) {
    Task task;
    task.owner = owner;
    task.spec.name = layout.name;
    task.spec.runtime = layout.runtime;
    task.spec.resources = {.cpus = layout.manifest.cpus,
                           .gpus = layout.manifest.gpus,
                           .memory_bytes = layout.manifest.memory_bytes,
                           .counted = layout.manifest.counted};
    task.spec.time_limit_ms = layout.manifest.time_limit_ms;
    task.spec.max_attempts = layout.manifest.max_attempts;
    task.spec.lease_s = layout.manifest.lease_s;
    task.bundle = bundle;
    ask_for_disk(task, layout.manifest.disk_bytes);
    return task;
}

}  // namespace nias::job
