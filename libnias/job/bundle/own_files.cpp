#include "job/bundle/own_files.hpp"

#include <algorithm>
#include <span>

#include "job/archive/zip_reader.hpp"
#include "job/bundle/place.hpp"
#include "job/bundle/programs.hpp"
#include "job/text.hpp"

namespace nias::job {
namespace {

constexpr std::size_t kManifestBytesMax = 64U << 10U;
constexpr std::size_t kUnreadTold = 8;

/// Names that people give to the two files by mistake. Windows hides a second `.txt`, browsers count copies.
bool is_meant_as(std::string_view lower, std::string_view stem, std::string_view ending) {
    if (!lower.starts_with(stem)) { return false; }
    const std::string_view tail = lower.substr(stem.size());
    if (tail == std::string(ending) + ".txt") { return true; }
    const bool is_copy = tail.starts_with(" (") || tail.starts_with("(") || tail.starts_with(" - ");
    return is_copy && tail.ends_with(ending);
}

/// Why the file of this name (in small letters) is not read; empty: nobody would expect it to be.
std::string why_unread(std::string_view lower) {
    static constexpr std::string_view kPackageLists[] = {
        "environment.yml", "environment.yaml", "conda.yml",   "conda.yaml", "pipfile",  "pyproject.toml",
        "setup.py",        "setup.cfg",        "poetry.lock", "uv.lock",    "pixi.toml"};
    if (std::find(std::begin(kPackageLists), std::end(kPackageLists), lower) != std::end(kPackageLists)) {
        return "packages that the program needs are named in requirements.txt";
    }
    static constexpr std::string_view kNearly[] = {"requirement.txt",   "requeriments.txt", "requirments.txt",
                                                   "requirements",      "requirements.md",  "requirements.in",
                                                   "requirements.docx", "requerimentos.txt"};
    const bool nearly = std::find(std::begin(kNearly), std::end(kNearly), lower) != std::end(kNearly);
    if (nearly || is_meant_as(lower, "requirements", ".txt")) {
        return "the list of packages is called requirements.txt: rename it";
    }
    if (lower == "nias.tml" || lower == "nias" || lower == "nias.txt" || lower == "nias.json" ||
        lower == "nias.yml" || lower == "nias.yaml" || lower == "nias.ini" ||
        is_meant_as(lower, "nias", ".toml")) {
        return "the settings are in nias.toml: rename it";
    }
    return {};
}

}  // namespace

const Member* OwnFiles::find(std::string_view name) const { return find_file(members_, root_, name); }

std::optional<Refusal> OwnFiles::read_text(const Member& member, std::string_view name, std::string_view code,
                                           std::size_t most, std::string& to) {
    const auto refused = [&](std::string_view with, const std::string& why) {
        return Refusal{std::string(with), std::string(name) + why, member.name};
    };
    if (member.size_bytes > most) {
        return refused(code,
                       " is larger than " + std::to_string(most >> 10U) + " KiB: it holds a few lines only.");
    }
    auto zip = open_zip(zip_path_);
    if (!zip) { return Refusal{"broken_zip", zip.error().message, ""}; }
    std::string bytes;
    const auto read = stream_member(zip->get(), member.index, member.name, member.size_bytes,
                                    [&](std::span<const char> piece) -> Result<bool> {
                                        bytes.append(piece.data(), piece.size());
                                        return true;
                                    });
    if (!read) { return Refusal{"broken_zip", read.error().message, member.name}; }
    auto decoded = decode_text(bytes);
    if (!decoded) { return refused(code, ": " + decoded.error().message + "."); }
    if (const std::string written = base_name(member.name); written != name) {
        mended_.push_back("\"" + shown(written) + "\" is read as " + std::string(name) + ".");
    }
    if (!decoded->encoding.empty()) {
        mended_.push_back(std::string(name) + " is written in " + decoded->encoding +
                          " and is read so; UTF-8 is what all programs understand.");
    }
    to = std::move(decoded->text);
    return std::nullopt;
}

std::optional<Refusal> OwnFiles::read_manifest(Manifest& to) {
    const Member* member = find("nias.toml");
    if (member == nullptr) { return std::nullopt; }
    std::string text;
    if (auto refusal = read_text(*member, "nias.toml", "manifest", kManifestBytesMax, text)) {
        return refusal;
    }
    auto manifest = parse_manifest(text);
    if (!manifest) {
        const std::string& words = manifest.error().message;
        return Refusal{"manifest", words.ends_with('?') ? words : words + ".", member->name};
    }
    to = std::move(*manifest);
    return std::nullopt;
}

std::optional<Refusal> OwnFiles::read_requirements(Requirements& to) {
    const Member* member = find("requirements.txt");
    if (member == nullptr) { return std::nullopt; }
    std::string text;
    auto refusal = read_text(*member, "requirements.txt", "requirements", kRequirementsBytesMax, text);
    if (refusal) { return refusal; }
    auto requirements = parse_requirements(text);
    if (!requirements) { return Refusal{"requirements", requirements.error().message, member->name}; }
    for (const std::string& wheel : requirements->wheels) {
        const std::string path = root_ + wheel;
        const auto is_it = [&](const Member& one) { return !one.folder && one.name == path; };
        if (std::none_of(members_.begin(), members_.end(), is_it)) {
            return Refusal{
                "requirements",
                "requirements.txt names the wheel \"" + shown(wheel) +
                    "\", but the zip does not hold it: put it in, or name the package and its version.",
                member->name};
        }
    }
    mended_.insert(mended_.end(), requirements->mended.begin(), requirements->mended.end());
    to = std::move(*requirements);
    return std::nullopt;
}

/// One of the two files that lies in a folder below the program's, where none lies beside it.
void OwnFiles::tell_too_deep() {
    for (const std::string_view ours : {"requirements.txt", "nias.toml"}) {
        const auto lies_deeper = [&](const Member& member) {
            return !member.folder && member.name.starts_with(root_) &&
                   lower_case(base_name(member.name)) == ours;
        };
        const auto found = std::find_if(members_.begin(), members_.end(), lies_deeper);
        if (find(ours) != nullptr || found == members_.end()) { continue; }
        mended_.push_back("\"" + shown(found->name.substr(root_.size())) + "\" is not read: " +
                          std::string(ours) + " lies at the top, or in the one top folder.");
    }
}

void OwnFiles::tell_unread() {
    tell_too_deep();
    std::size_t told = 0;
    for (const Member& member : members_) {
        const bool beside_program = !member.folder && member.name.starts_with(root_) &&
                                    member.name.find('/', root_.size()) == std::string::npos;
        if (!beside_program || told == kUnreadTold) { continue; }
        const std::string name = member.name.substr(root_.size());
        const std::string lower = lower_case(name);
        std::string why = why_unread(lower);
        for (const std::string_view ours : {"requirements.txt", "nias.toml"}) {
            if (lower == ours && find(ours) != &member) { why = std::string(ours) + " is there too, and is"; }
        }
        if (why.empty()) { continue; }
        mended_.push_back("\"" + shown(name) + "\" is not read: " + why + ".");
        ++told;
    }
}

}  // namespace nias::job
