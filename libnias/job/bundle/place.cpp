#include "job/bundle/place.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "job/bundle/programs.hpp"
#include "job/text.hpp"

namespace nias::job {
namespace {

constexpr std::size_t kFoldersAbove = 2;  // around the program; more are refused as too deep
constexpr std::size_t kNamesTold = 3;

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

std::size_t levels_of(const std::string& folder) {
    return static_cast<std::size_t>(std::count(folder.begin(), folder.end(), '/'));
}

/// Whether a file of this name makes its folder that of a job.
bool marks_job(const Member& member) {
    const std::string base = base_name(member.name);
    return std::any_of(std::begin(kProgramKinds), std::end(kProgramKinds),
                       [&](const ProgramKind& kind) { return kind.file == base; }) ||
           lower_case(base) == "nias.toml";
}

/// The folders of jobs on the level nearest to the top.
std::set<std::string> job_folders(const std::vector<Member>& members) {
    std::set<std::string> found;
    std::size_t level = kFoldersAbove;
    for (const Member& member : members) {
        if (member.folder || !marks_job(member)) { continue; }
        std::string folder = folder_of(member.name);
        const std::size_t levels = levels_of(folder);
        if (levels > level) { continue; }
        if (levels < level) { found.clear(); }
        level = levels;
        found.insert(std::move(folder));
    }
    return found;
}

std::string listed(const std::vector<std::string>& names) {
    std::string out;
    for (std::size_t i = 0; i < std::min(names.size(), kNamesTold); ++i) {
        out += (i == 0 ? "\"" : ", \"") + shown(names[i]) + "\"";
    }
    if (names.size() > kNamesTold) { out += " and " + std::to_string(names.size() - kNamesTold) + " more"; }
    return out;
}

/// A file outside the job's folder that the job would miss.
std::optional<Refusal> missed_outside(const std::string& name, const std::string& root) {
    const std::string lower = lower_case(base_name(name));
    const std::string move =
        ": put all that belongs to the job into \"" + shown(root) + "\" and zip that folder.";
    const auto refused = [&](const std::string& what) {
        return Refusal{"outside", "\"" + shown(name) + "\" " + what + move, name};
    };
    const std::string beside = "lies outside of the folder \"" + shown(root) + "\", which holds the program";
    const std::size_t slash = name.find('/');
    const bool is_hidden = name.front() == '.';
    const bool is_output = lower_case(name).starts_with("output/");
    if (is_hidden || is_output) { return std::nullopt; }
    if (kind_of_program(name) != nullptr || lower == "requirements.txt" ||
        !root.starts_with(folder_of(name))) {
        return refused(slash == std::string::npos
                           ? "lies beside the folder \"" + shown(root) + "\", which holds the program"
                           : beside);
    }
    return std::nullopt;
}

const std::string kWhere = std::string("put ") + kProgramsInWords + " at the top, or in the one top folder.";
constexpr int kNothing = 99;
constexpr int kOtherName = 4;

/// A guess at what a file was meant as. The guess of the lowest rank is told.
struct Found {
    int rank = kNothing;
    Refusal refusal;
};

Refusal refused(const std::string& name, const std::string& what) {
    return {"no_program", "\"" + shown(name, 200) + "\" " + what, name};
}

/// The name of an editor's or a browser's copy: `code (1).py`, `code - Copia.py`, `code copy.py`,
/// `code_v2.py`.
bool is_copy_of_code(std::string_view stem) {
    if (!stem.starts_with("code") || stem.size() == 4) { return false; }
    const std::string_view tail = stem.substr(4);
    return tail.front() == ' ' || tail.front() == '(' || tail.front() == '_' || tail.front() == '-' ||
           (tail.front() >= '0' && tail.front() <= '9');
}

/// Guesses whether a file was meant as the program.
std::optional<Found> meant_as_program(const std::string& name) {
    const std::string base = base_name(name);
    const std::string lower = lower_case(base);
    const auto ends = [&](std::string_view ending) { return lower.ends_with(ending); };
    if (const ProgramKind* kind = kind_of_program(base)) {
        const std::string file(kind->file);
        if (base == file) {
            return Found{
                1, refused(name, "is too deep in the zip: put it at the top, or in the one top folder.")};
        }
        if (lower == lower_case(file)) {
            return Found{0, refused(name, (file == lower ? "must be written in small letters: rename it to "
                                                         : "is not written as it has to be: rename it to ") +
                                              file + ".")};
        }
        if (is_copy_of_code(std::string_view(lower).substr(0, lower.size() - kind->ending.size()))) {
            return Found{2, refused(name, "looks like a copy of the program: rename it to " + file + ".")};
        }
        return Found{kOtherName, refused(name, "is a program of another name: rename it to " + file +
                                                   ", or choose it in nias.toml with entry = \"" +
                                                   shown(base) + "\". In short: ")};
    }
    for (const ProgramKind& kind : kProgramKinds) {
        const std::string file = lower_case(kind.file);
        if (lower == file + ".txt" || lower == file + ".rtf") {
            return Found{
                1, refused(name, "has a second ending, which Windows and some editors hide: rename it to " +
                                     std::string(kind.file) + ".")};
        }
    }
    if (lower == "code" || lower == "code.txt") {
        return Found{3, refused(name, std::string("has no ending of a program: rename it to ") +
                                          kProgramsInWords + ".")};
    }
    if (ends(".ipynb")) {
        return Found{
            3, refused(name,
                       "is a notebook, and notebooks are not run: save it as a program (in Jupyter: File, "
                       "Save and Export Notebook As, Executable Script) and name that code.py.")};
    }
    if (ends(".mlx") || ends(".mlapp")) {
        return Found{3, refused(name,
                                "is a live script or an app of MATLAB, which are not run: save it as a plain "
                                "program (Save As, .m) and name that code.m.")};
    }
    if (ends(".zip") || ends(".rar") || ends(".7z") || ends(".tar") || ends(".gz") || ends(".tgz")) {
        return Found{
            5, refused(name,
                       "is an archive inside the zip, and archives inside are not opened: unpack it, and "
                       "send a zip of the folder that holds code.py or code.m.")};
    }
    for (const std::string_view other :
         {".rmd", ".qmd", ".jl", ".c", ".cpp", ".java", ".sh", ".bat", ".exe", ".f90", ".js"}) {
        if (ends(other)) {
            return Found{6, refused(name, std::string("is no program of Python, MATLAB, Octave or R, which "
                                                      "are what is run here: put in a ") +
                                              kProgramsInWords + ".")};
        }
    }
    return std::nullopt;
}

}  // namespace

const ProgramKind* kind_of_program(std::string_view name) {
    const std::string lower = lower_case(name);
    for (const ProgramKind& kind : kProgramKinds) {
        if (lower.ends_with(kind.ending)) { return &kind; }
    }
    return nullptr;
}

std::string base_name(std::string_view path) {
    while (path.ends_with('/')) { path.remove_suffix(1); }
    return std::string(path.substr(path.rfind('/') + 1));
}

const Member* find_file(const std::vector<Member>& members, std::string_view root, std::string_view name) {
    const std::string wanted = std::string(root) + std::string(name);
    const std::string lower = lower_case(wanted);
    const Member* other = nullptr;
    for (const Member& member : members) {
        if (member.folder || member.name.size() != wanted.size()) { continue; }
        if (member.name == wanted) { return &member; }
        if (other == nullptr && member.name.starts_with(root) && lower_case(member.name) == lower) {
            other = &member;
        }
    }
    return other;
}

Result<Place, Refusal> find_place(const std::vector<Member>& members) {
    const std::set<std::string> folders = job_folders(members);
    if (folders.empty()) { return no_program(members); }
    if (folders.size() > 1) {
        return Refusal{"two_projects",
                       "The zip holds " + counted(folders.size(), "project") + ", " +
                           listed({folders.begin(), folders.end()}) + ": send each as a zip of its own.",
                       *folders.begin()};
    }
    Place place{*folders.begin(), {}};
    for (const Member& member : members) {
        if (member.folder || member.name.starts_with(place.root)) { continue; }
        if (auto missed = missed_outside(member.name, place.root)) { return std::move(*missed); }
        place.beside.push_back(member.name);
    }
    return place;
}

Refusal no_program(const std::vector<Member>& members) {
    Found best;
    std::vector<std::string> files;
    std::vector<std::string> programs;
    bool is_document = false;
    for (const Member& member : members) {
        if (member.folder) { continue; }
        files.push_back(member.name);
        is_document = is_document || member.name == "[Content_Types].xml";
        if (kind_of_program(member.name) != nullptr) { programs.push_back(member.name); }
        if (auto found = meant_as_program(member.name); found && found->rank < best.rank) {
            best = std::move(*found);
        }
    }
    if (files.empty()) { return {"no_program", "The zip holds no files: " + kWhere, ""}; }
    if (is_document) {
        return {"not_a_zip",
                "The file is a document of Office: put it into the folder of its program and send a zip of "
                "that folder.",
                ""};
    }
    if (best.rank == kOtherName && programs.size() > 1) {
        return {"no_program",
                "The zip holds " + listed(programs) +
                    ", and which of them to run is not said: rename that one to code.py (or code.m), or "
                    "choose it in "
                    "nias.toml with a line like entry = \"" +
                    shown(base_name(programs.front())) + "\". In short: " + kWhere,
                programs.front()};
    }
    if (best.rank == kOtherName) { best.refusal.detail += kWhere; }
    if (best.rank != kNothing) { return best.refusal; }
    return {"no_program", "The zip holds no program, only " + listed(files) + ": " + kWhere, ""};
}

}  // namespace nias::job
