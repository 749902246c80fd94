#include "job/archive/names.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

#include "job/text.hpp"

namespace nias::job {
namespace {

/// Counts the names that were read in one other way, and remembers the first for the sentence.
struct Mending {
    std::size_t count = 0;
    std::string first;
    void add(const std::string& name) {
        if (count++ == 0) { first = name; }
    }
    void say(const std::string& words, std::vector<std::string>& to) const {
        if (count > 0) {
            to.push_back(words + " (" + counted(count, "name") + ", like \"" + shown(first) + "\").");
        }
    }
};

/// Leaves out the parts `.` of a path: `./a/./b` is `a/b`, and `./` is the top itself.
std::string without_dots(const std::string& name) {
    std::string out;
    for (std::size_t from = 0; from < name.size();) {
        const std::size_t to = std::min(name.find('/', from), name.size());
        if (name.compare(from, to - from, ".") != 0) { out.append(name, from, to + 1 - from); }
        from = to + 1;
    }
    return out;
}

/// Which names are in a code page: they are neither marked as UTF-8 nor by chance UTF-8.
bool is_in_code_page(const RawName& raw) {
    return raw.unicode_path.empty() && !raw.claims_utf8 && !is_utf8(raw.bytes);
}

CodePage page_of(const std::vector<RawName>& raw) {
    std::vector<std::string_view> names;
    for (const RawName& one : raw) {
        if (is_in_code_page(one)) { names.push_back(one.bytes); }
    }
    return likely_code_page(names);
}

constexpr std::array<std::string_view, 17> kFolders{
    "__macosx",       ".git",          ".svn",         ".hg",
    "__pycache__",    ".venv",         ".virtualenv",  ".ipynb_checkpoints",
    ".mypy_cache",    ".pytest_cache", ".ruff_cache",  ".appledouble",
    ".trashes",       ".fseventsd",    "$recycle.bin", "@eadir",
    ".spotlight-v100"};
constexpr std::array<std::string_view, 6> kFiles{".ds_store",   "thumbs.db",  "ehthumbs.db",
                                                 "desktop.ini", ".directory", "icon\r"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// `._x` is macOS's side file of `x`, `~$x` that of an Office document that is open, `.~lock.x#`
/// LibreOffice's.
bool is_leaving_part(std::string_view part, bool is_last) {
    const std::string lower = lower_case(part);
    if (is_one_of(kFolders, lower)) { return true; }
    if (!is_last) { return false; }
    return is_one_of(kFiles, lower) || part.starts_with("._") || part.starts_with("~$") ||
           (part.starts_with(".~lock.") && part.ends_with('#'));
}

}  // namespace

std::string unicode_path_of(const std::string& body, const std::string& raw) {
    constexpr std::size_t kHead = 5;  // a version byte and the checksum of the plain name
    if (body.size() <= kHead || body[0] != 1) { return {}; }
    std::uint32_t claimed = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        claimed |= std::uint32_t{static_cast<unsigned char>(body[1 + i])} << (8 * i);
    }
    const auto sum = ::crc32(0, reinterpret_cast<const Bytef*>(raw.data()), static_cast<uInt>(raw.size()));
    return sum == claimed ? body.substr(kHead) : std::string();
}

ReadNames read_names(const std::vector<RawName>& raw) {
    const CodePage page = page_of(raw);
    ReadNames out;
    Mending decoded, backslashes, dots, accents;
    for (const RawName& one : raw) {
        const bool in_page = is_in_code_page(one);
        std::string name = !one.unicode_path.empty() ? one.unicode_path
                           : in_page                 ? from_code_page(one.bytes, page)
                                                     : one.bytes;
        const bool has_backslash = name.find('\\') != std::string::npos;
        std::replace(name.begin(), name.end(), '\\', '/');
        const std::string plain = without_dots(name);
        if (in_page) { decoded.add(plain); }
        if (has_backslash) { backslashes.add(plain); }
        if (plain.size() != name.size()) { dots.add(name); }
        out.names.push_back(plain);
    }
    // Where an archive holds both forms of a name as two files, each keeps its own.
    const std::unordered_set<std::string> taken(out.names.begin(), out.names.end());
    for (std::string& name : out.names) {
        std::string whole = composed(name);
        if (whole == name || taken.contains(whole)) { continue; }
        accents.add(whole);
        name = std::move(whole);
    }
    decoded.say(page == CodePage::page850 ? "Names in code page 850 of Windows are read as text"
                                          : "Names in code page 1252 of Windows are read as text",
                out.mended);
    backslashes.say("Backslashes in names are read as / between folders", out.mended);
    dots.say("The ./ in front of names is left out", out.mended);
    accents.say(
        "Names whose accents are stored apart from their letters, as macOS does, are composed as "
        "a keyboard types them",
        out.mended);
    return out;
}

std::optional<Refusal> judge_name(const std::string& name, const BundleLimits& limits) {
    const std::string cut = shown(name, 200);
    const auto refused = [&](std::string code, std::string detail) {
        return Refusal{std::move(code), std::move(detail), is_utf8(name) ? cut : std::string()};
    };
    if (!is_utf8(name)) {
        return refused("bad_name",
                       "The name of an entry is not readable text: rename the file and zip it again.");
    }
    if (name.size() > limits.path_bytes) {
        return refused("bad_name", "The path \"" + cut + "\" is too long: shorten the names of its folders.");
    }
    // A colon behind one letter makes a drive only in front of a slash: macOS writes 9:30.csv.
    const bool has_drive = name.size() > 1 && name[1] == ':' && (name.size() == 2 || name[2] == '/');
    if (name.front() == '/' || has_drive) {
        return refused(
            "path_escapes",
            "\"" + cut + "\" has an absolute path: zip the folder itself, not its place on your disk.");
    }
    std::size_t depth = 0;
    for (std::size_t from = 0; from < name.size();) {
        const std::size_t to = std::min(name.find('/', from), name.size());
        const std::string part = name.substr(from, to - from);
        if (part == "..") {
            return refused("path_escapes",
                           "\"" + cut + "\" climbs out of its folder: take the \"..\" out of its path.");
        }
        if (part.empty()) {
            return refused("bad_name", "\"" + cut + "\" has an empty part in its path: make the zip again.");
        }
        if (part.size() > limits.component_bytes) {
            return refused("bad_name", "A name in \"" + cut + "\" is longer than 255 bytes: shorten it.");
        }
        if (std::any_of(part.begin(), part.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
            return refused("bad_name", "An entry has control characters in its name: rename the file.");
        }
        ++depth;
        from = to + 1;
    }
    if (depth > limits.depth) {
        return refused("too_deep", "\"" + cut + "\" lies more than 32 folders deep: flatten the folders.");
    }
    return std::nullopt;
}

bool is_leaving(std::string_view path) {
    for (std::size_t from = 0; from < path.size();) {
        const std::size_t to = std::min(path.find('/', from), path.size());
        if (is_leaving_part(path.substr(from, to - from), to >= path.size())) { return true; }
        from = to + 1;
    }
    return false;
}

Leavings::Leavings(const std::vector<std::string>& names) {
    constexpr std::string_view kMark = "/pyvenv.cfg";
    for (const std::string& name : names) {
        if (name.ends_with(kMark)) {
            environments_.push_back(name.substr(0, name.size() - kMark.size() + 1));
        }
    }
    std::sort(environments_.begin(), environments_.end());
}

bool Leavings::has(std::string_view path) const {
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
         slash = path.find('/', slash + 1)) {
        const auto folder = path.substr(0, slash + 1);
        if (std::binary_search(environments_.begin(), environments_.end(), folder)) { return true; }
    }
    return is_leaving(path);
}

}  // namespace nias::job
