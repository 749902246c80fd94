#include "job/bundle/bundle.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>
#include <optional>

#include "job/archive/zip_reader.hpp"

namespace nias::job {
namespace {

constexpr std::uint64_t kManifestBytesMax = 64 * 1024;
constexpr std::string_view kPrograms[] = {"code.py", "code.m"};

std::string base_name(std::string_view path) {
    while (path.ends_with('/')) { path.remove_suffix(1); }
    return std::string(path.substr(path.rfind('/') + 1));
}

bool is_junk(std::string_view name) {
    const std::string base = base_name(name);
    return name.starts_with("__MACOSX/") || name.find("/__MACOSX/") != std::string_view::npos ||
           base == ".DS_Store" || base == "Thumbs.db" || base == "desktop.ini" || base == "__MACOSX";
}

/// What is below `root`, without junk.
class View {
public:
    View(const std::vector<Member>& members, std::string root) : members_(members), root_(std::move(root)) {}

    [[nodiscard]] const Member* file(std::string_view name) const {
        const std::string full = root_ + std::string(name);
        const auto found = std::find_if(members_.begin(), members_.end(), [&](const Member& member) {
            return !member.folder && member.name == full;
        });
        return found == members_.end() ? nullptr : &*found;
    }
    [[nodiscard]] std::vector<std::string> programs() const {
        std::vector<std::string> found;
        for (const std::string_view program : kPrograms) {
            if (file(program) != nullptr) { found.emplace_back(program); }
        }
        return found;
    }
    [[nodiscard]] bool holds_job() const { return !programs().empty() || file("nias.toml") != nullptr; }
    /// The one folder that everything is in, with its `/`; nullopt where there are files or several folders.
    [[nodiscard]] std::optional<std::string> only_folder() const {
        std::optional<std::string> only;
        for (const Member& member : members_) {
            if (is_junk(member.name) || !member.name.starts_with(root_) ||
                member.name.size() == root_.size()) {
                continue;
            }
            const std::size_t slash = member.name.find('/', root_.size());
            if (slash == std::string::npos) { return std::nullopt; }
            std::string folder = member.name.substr(0, slash + 1);
            if (only && *only != folder) { return std::nullopt; }
            only = std::move(folder);
        }
        return only;
    }

private:
    const std::vector<Member>& members_;
    std::string root_;
};

/// The folder of the program: the top, the single top folder, or the single folder in that.
std::optional<std::string> find_root(const std::vector<Member>& members) {
    std::string root;
    for (int level = 0; level < 3; ++level) {
        const View view(members, root);
        if (view.holds_job()) { return root; }
        const auto next = view.only_folder();
        if (!next) { return std::nullopt; }
        root = *next;
    }
    return std::nullopt;
}

Refusal no_program(const std::vector<Member>& members) {
    for (const Member& member : members) {
        const std::string base = base_name(member.name);
        std::string lower = base;
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if (member.folder || is_junk(member.name)) { continue; }
        if (lower == "code.py" || lower == "code.m") {
            const std::string what =
                base == lower ? "is too deep in the zip: put it at the top, or in the one top folder."
                              : "must be written in small letters: rename it to " + lower + ".";
            return {"no_program", "\"" + member.name + "\" " + what, member.name};
        }
    }
    return {"no_program",
            "The zip holds no program: put code.py (Python) or code.m (Octave) at the top, or in the one top "
            "folder.",
            ""};
}

std::variant<Manifest, Refusal> read_manifest(const std::string& zip_path, const Member& member) {
    if (member.size_bytes > kManifestBytesMax) {
        return Refusal{"manifest", "nias.toml is larger than 64 KiB: it holds settings only.", member.name};
    }
    auto zip = open_zip(zip_path);
    if (!zip) { return Refusal{"broken_zip", zip.error().message, ""}; }
    std::string text;
    const auto read = stream_member(zip->get(), member.index, member.name, member.size_bytes,
                                    [&](std::span<const char> piece) -> Result<bool> {
                                        text.append(piece.data(), piece.size());
                                        return true;
                                    });
    if (!read) { return Refusal{"broken_zip", read.error().message, member.name}; }
    if (text.starts_with("\xEF\xBB\xBF")) { text.erase(0, 3); }
    auto manifest = parse_manifest(text);
    if (!manifest) { return Refusal{"manifest", manifest.error().message + ".", member.name}; }
    return std::move(*manifest);
}

std::string runtime_of(const std::string& entry) {
    return entry.ends_with(".py") ? "python" : entry.ends_with(".m") ? "octave" : "";
}

/// Fills entry and runtime, or refuses.
std::optional<Refusal> choose_program(const View& view, Layout& layout) {
    const Manifest& manifest = layout.manifest;
    if (!manifest.entry.empty()) {
        if (view.file(manifest.entry) == nullptr) {
            return Refusal{
                "no_program",
                "nias.toml names \"" + manifest.entry + "\" as entry, but the zip does not hold it.",
                manifest.entry};
        }
        layout.entry = manifest.entry;
    } else {
        const auto programs = view.programs();
        if (programs.empty()) {
            return Refusal{"no_program",
                           "The zip holds no code.py or code.m beside nias.toml: add one, or name the "
                           "program with entry = \"…\".",
                           ""};
        }
        if (programs.size() > 1) {
            return Refusal{"two_programs",
                           "The zip holds both code.py and code.m: remove one, or choose with entry = "
                           "\"code.py\" in nias.toml.",
                           "code.m"};
        }
        layout.entry = programs.front();
    }
    const std::string natural = runtime_of(layout.entry);
    layout.runtime = manifest.runtime.empty() ? natural : manifest.runtime;
    if (natural.empty() || (layout.runtime == "python") != (natural == "python")) {
        return Refusal{"runtime",
                       "\"" + layout.entry + "\" cannot be run by \"" + layout.runtime +
                           "\": a Python program ends in .py, an Octave one in .m.",
                       layout.entry};
    }
    return std::nullopt;
}

std::string name_of(const Layout& layout, const std::string& file_name) {
    if (!layout.manifest.name.empty()) { return layout.manifest.name; }
    std::string name = layout.root.empty() ? base_name(file_name) : base_name(layout.root);
    if (layout.root.empty() && name.size() > 4 && name.ends_with(".zip")) { name.resize(name.size() - 4); }
    if (name.empty()) { name = "job"; }
    std::size_t end = std::min<std::size_t>(name.size(), 200);
    while (end < name.size() && end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) {
        --end;
    }  // not inside a character
    return name.substr(0, end);
}

void say_what_was_mended(const std::vector<Member>& members, Layout& layout) {
    const auto levels = std::count(layout.root.begin(), layout.root.end(), '/');
    if (levels > 1) {
        layout.mended.push_back("The program is two folders deep; \"" + layout.root +
                                "\" is taken as the job's folder.");
    }
    const auto junk = std::count_if(members.begin(), members.end(),
                                    [](const Member& member) { return is_junk(member.name); });
    if (junk > 0) {
        layout.mended.push_back(std::to_string(junk) +
                                " entries of the system that made the zip (such as __MACOSX) are left out.");
    }
    const auto filled = std::count_if(members.begin(), members.end(), [&](const Member& member) {
        return !member.folder && member.name.starts_with(layout.root + "output/");
    });
    if (filled > 0) {
        layout.mended.push_back("output/ holds " + std::to_string(filled) +
                                " files already; the job starts with an empty one.");
    }
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

std::variant<Layout, Refusal> judge(const std::string& zip_path, const std::string& file_name,
                                    const BundleLimits& limits) {
    auto scanned = scan_archive(zip_path, limits);
    if (auto* refusal = std::get_if<Refusal>(&scanned)) { return std::move(*refusal); }
    const auto& members = std::get<std::vector<Member>>(scanned);
    const auto root = find_root(members);
    if (!root) { return no_program(members); }
    const View view(members, *root);
    Layout layout;
    layout.root = *root;
    if (const Member* member = view.file("nias.toml")) {
        auto manifest = read_manifest(zip_path, *member);
        if (auto* refusal = std::get_if<Refusal>(&manifest)) { return std::move(*refusal); }
        layout.manifest = std::move(std::get<Manifest>(manifest));
    }
    if (auto refusal = choose_program(view, layout)) { return std::move(*refusal); }
    layout.has_requirements = view.file("requirements.txt") != nullptr;
    layout.name = name_of(layout, file_name);
    for (const Member& member : members) { layout.unpacked_bytes += member.size_bytes; }
    layout.members = members.size();
    say_what_was_mended(members, layout);
    return layout;
}

Status unpack(const std::string& zip_path, const Layout& layout, const std::string& folder,
              const BundleLimits& limits) {
    auto scanned = scan_archive(zip_path, limits);
    if (const auto* refusal = std::get_if<Refusal>(&scanned)) {
        return Error{ErrorCode::invalid, refusal->detail};
    }
    auto zip = open_zip(zip_path);
    if (!zip) { return zip.error(); }
    for (const Member& member : std::get<std::vector<Member>>(scanned)) {
        if (is_junk(member.name) || !member.name.starts_with(layout.root) ||
            member.name.size() == layout.root.size()) {
            continue;
        }
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
    task.bundle = bundle;
    return task;
}

}  // namespace nias::job
