#include "job/output/pack.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>
#include <utility>

#include "base/host/descriptor.hpp"
#include "job/archive/shrinks.hpp"
#include "job/archive/zip_reader.hpp"
#include "job/text.hpp"

namespace nias::job {
namespace {

constexpr int kFast = 1;                     // level of deflate: some percent are not worth a slot's time
constexpr std::size_t kListedMax = 200'000;  // names of one folder that are looked at
constexpr std::size_t kNamesSaid = 3;
constexpr auto kOutput = "output";
constexpr std::string_view kPackedAlready[] = {".png", ".jpg", ".jpeg", ".gz",  ".zip",
                                               ".npz", ".xz",  ".bz2",  ".mp4", ".pdf"};

/// The program chose these paths: nothing may lead out of the folder, by `..`, by a link or by a mount.
/// Links on the way are followed where `links` says so, and also then lead to nothing outside.
int open_beneath(int folder, const std::string& path, std::uint64_t flags, bool links = false) {
    open_how how{};
    how.flags = flags | O_CLOEXEC | (links ? 0 : O_NOFOLLOW);
    how.resolve =
        RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | (links ? 0 : RESOLVE_NO_SYMLINKS);
    return static_cast<int>(::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how));
}

/// One file of the tree as a source of libzip: opened when its turn comes, so that no descriptor is kept.
struct FileSource {
    int folder = -1;
    std::string path;
    bool link = false;  ///< a link of the program's leads to it
    struct stat seen {};
    int open = -1;
    zip_error_t error{};
};

zip_int64_t read_source(void* data, void* buffer, zip_uint64_t length, zip_source_cmd_t command) {
    auto* const source = static_cast<FileSource*>(data);
    const auto failed = [&](int kind) {
        zip_error_set(&source->error, kind, errno);
        return zip_int64_t{-1};
    };
    switch (command) {
        case ZIP_SOURCE_SUPPORTS:
            return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                                  ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);
        case ZIP_SOURCE_OPEN:
            source->open = open_beneath(source->folder, source->path, O_RDONLY | O_NONBLOCK, source->link);
            return source->open < 0 ? failed(ZIP_ER_OPEN) : 0;
        case ZIP_SOURCE_READ: {
            const ssize_t count = ::read(source->open, buffer, length);
            return count < 0 ? failed(ZIP_ER_READ) : static_cast<zip_int64_t>(count);
        }
        case ZIP_SOURCE_CLOSE: ::close(std::exchange(source->open, -1)); return 0;
        case ZIP_SOURCE_STAT: {
            auto* const stat = static_cast<zip_stat_t*>(buffer);
            zip_stat_init(stat);
            stat->valid = ZIP_STAT_SIZE | ZIP_STAT_MTIME;
            stat->size = static_cast<zip_uint64_t>(source->seen.st_size);
            stat->mtime = source->seen.st_mtime;
            return sizeof *stat;
        }
        case ZIP_SOURCE_ERROR: return zip_error_to_data(&source->error, buffer, length);
        case ZIP_SOURCE_FREE:
            delete source;  // NOLINT(cppcoreguidelines-owning-memory): libzip owns it from
                            // zip_source_function on
            return 0;
        default: zip_error_set(&source->error, ZIP_ER_OPNOTSUPP, 0); return -1;
    }
}

std::string lower_extension(const std::string& path) {
    const std::size_t dot = path.rfind('.');
    std::string extension = dot == std::string::npos ? "" : path.substr(dot);
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return extension;
}

/// Files that are told of in one sentence: how many, and the first few by name.
class Names {
public:
    void add(const std::string& name) {
        if (count_++ < kNamesSaid) { text_ += (text_.empty() ? "" : ", ") + name; }
    }
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::string text() const {
        return count_ > kNamesSaid ? text_ + " and " + std::to_string(count_ - kNamesSaid) + " more" : text_;
    }

private:
    std::size_t count_ = 0;
    std::string text_;
};

/// The path as UTF-8 without control characters.
std::string printable(const std::string& path) {
    std::string out = is_utf8(path) ? path : from_code_page(path, CodePage::page1252);
    for (char& c : out) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) { c = '_'; }
    }
    return out;
}

/// A path of the zip that every system can read: also with `/` between its folders, and nothing in it that
/// leads out of a folder.
std::string mended(const std::string& path) {
    std::string text = printable(path);
    std::replace(text.begin(), text.end(), '\\', '/');
    std::string out;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('/', at), text.size());
        const std::string part = text.substr(at, end - at);
        if (!part.empty() && part != "." && part != "..") { out += (out.empty() ? "" : "/") + part; }
        at = end + 1;
    }
    return out.empty() ? "unnamed" : out;
}

/// `a/b (2).csv` of `a/b.csv`.
std::string numbered(const std::string& path, int number) {
    const std::size_t name = path.rfind('/') + 1;  // 0 where there is none
    std::size_t dot = path.rfind('.');
    if (dot == std::string::npos || dot <= name) { dot = path.size(); }
    return path.substr(0, dot) + " (" + std::to_string(number) + ")" + path.substr(dot);
}

class Packer {
public:
    Packer(zip_t* zip, const JobFolder& job, const OutputLimits& limits)
        : zip_(zip), job_(job), limits_(limits), left_bytes_(limits.bytes) {}

    /// `output/` itself, also where the program put a link to another folder of the job in its place.
    void pack_output_folder();
    void pack_beside();
    void take_extra(const ExtraFile& file);
    void reserve(const std::string& name) { used_.insert(name); }
    /// After all the rest: the sentences on many files.
    void say_what_is_missing();
    Packed packed;

private:
    /// A file or folder of the job: where it lies, and the name that it is to have in the zip.
    struct Found {
        std::string path;  ///< below the job's folder
        std::string name;  ///< in the zip
    };
    void note(std::string text);
    void walk(int folder, const Found& at, std::size_t depth);
    void take(int parent, const Found& found, const std::string& base, std::size_t depth);
    void take_link(const Found& found);
    void take_file(const Found& found, const struct stat& seen, bool link);
    void add(const std::string& name, zip_source_t* source, std::uint64_t size, bool store);
    [[nodiscard]] bool is_new(const struct stat& seen) const {
        return seen.st_ctim.tv_sec > job_.begun_s ||
               (seen.st_ctim.tv_sec == job_.begun_s && seen.st_ctim.tv_nsec > job_.begun_ns);
    }
    [[nodiscard]] std::string name_in_zip(const Found& found);
    /// How the notes call it: as it is called in `output/`, and by its whole path beside it.
    [[nodiscard]] std::string told(const Found& found) const {
        return printable(beside_ ? found.path : found.name);
    }
    [[nodiscard]] std::string target_of(const Found& link) const;

    zip_t* zip_;
    const JobFolder& job_;
    const OutputLimits& limits_;
    std::uint64_t left_bytes_;
    std::size_t left_files_ = 0;
    bool beside_ = false;  ///< the walk is beside `output/`
    std::set<std::string> used_;
    std::set<ino_t> taken_;
    std::size_t seen_files_ = 0;
    Names past_limits_, renamed_, brought_, unreadable_;
};

void Packer::note(std::string text) {
    if (packed.notes.size() < limits_.notes) {
        packed.notes.push_back(std::move(text));
    } else if (packed.notes.size() == limits_.notes) {
        packed.notes.emplace_back("more was left out; this list ends here");
    }
}

void Packer::pack_output_folder() {
    Descriptor folder(open_beneath(job_.descriptor, kOutput, O_RDONLY | O_DIRECTORY));
    if (folder.get() < 0) {
        const std::string target = target_of({kOutput, ""});
        const Descriptor linked(
            target.empty() ? -1 : open_beneath(job_.descriptor, target, O_RDONLY | O_DIRECTORY, true));
        if (linked.get() >= 0) {
            note("output is a link to " + target + ": the files of that folder came back");
            return walk(linked.get(), {target, ""}, 0);
        }
        struct stat seen {};
        if (::fstatat(job_.descriptor, kOutput, &seen, AT_SYMLINK_NOFOLLOW) != 0) {
            note("the program removed output/");
        } else if (!S_ISREG(seen.st_mode)) {
            note(
                "the program put something in the place of output/ that leads out of the job's folder or is "
                "no "
                "folder: it was left out");
        }
        return;
    }
    walk(folder.get(), {kOutput, ""}, 0);
}

void Packer::pack_beside() {
    beside_ = true;
    left_bytes_ = std::min(left_bytes_, limits_.beside_bytes);
    walk(job_.descriptor, {"", kBesideOutput}, 0);
    if (brought_.count() > 0) {
        note(brought_.text() + (brought_.count() > 1 ? " were" : " was") +
             " written beside output/, and came back under " + kBesideOutput +
             ": what is written into output/ (in small letters) comes back in its place");
    }
}

void Packer::walk(int folder, const Found& at, std::size_t depth) {
    const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* const listing = copy < 0 ? nullptr : ::fdopendir(copy);
    if (listing == nullptr) {
        if (copy >= 0) { ::close(copy); }
        return unreadable_.add(printable(at.path));
    }
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(listing)) {
        const std::string name = static_cast<const char*>(entry->d_name);
        if (name == "." || name == "..") { continue; }
        if (names.size() < kListedMax) {
            names.push_back(name);
        } else {
            ++seen_files_;
            past_limits_.add(printable(at.path + "/" + name));
        }
    }
    ::closedir(listing);
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
        const std::string path = at.path.empty() ? name : at.path + "/" + name;
        if (beside_ && (path == kOutput || name == "__pycache__")) {
            struct stat seen {};
            if (::fstatat(folder, name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(seen.st_mode)) {
                continue;
            }
        }
        take(folder, {path, at.name + name}, name, depth);
    }
}

void Packer::take(int parent, const Found& found, const std::string& base, std::size_t depth) {
    struct stat seen {};
    if (::fstatat(parent, base.c_str(), &seen, AT_SYMLINK_NOFOLLOW) != 0) {
        return unreadable_.add(told(found));
    }
    if (S_ISDIR(seen.st_mode)) {
        if (depth >= limits_.depth) {
            return note(told(found) + " was left out: it is more than " + std::to_string(limits_.depth) +
                        " folders deep");
        }
        const Descriptor below(open_beneath(parent, base, O_RDONLY | O_DIRECTORY));
        if (below.get() < 0) { return unreadable_.add(told(found)); }
        return walk(below.get(), {found.path, found.name + "/"}, depth + 1);
    }
    if (beside_ && (!is_new(seen) || taken_.count(seen.st_ino) > 0)) { return; }
    if (S_ISLNK(seen.st_mode)) { return take_link(found); }
    if (!S_ISREG(seen.st_mode)) { return note(told(found) + " was left out: it is not a file"); }
    take_file(found, seen, false);
}

/// The path below the job's folder that a link names; empty where it leads elsewhere.
std::string Packer::target_of(const Found& link) const {
    std::string target(4096, '\0');
    const Descriptor parent(open_beneath(
        job_.descriptor,
        link.path.find('/') == std::string::npos ? "." : link.path.substr(0, link.path.rfind('/')),
        O_RDONLY | O_DIRECTORY));
    const std::string base = link.path.substr(link.path.rfind('/') + 1);
    const ssize_t size = ::readlinkat(parent.get(), base.c_str(), target.data(), target.size());
    if (size <= 0) { return {}; }
    target.resize(static_cast<std::size_t>(size));
    if (target.starts_with(job_.inside + "/")) { return target.substr(job_.inside.size() + 1); }
    if (target.front() == '/') { return {}; }
    const std::size_t slash = link.path.rfind('/');
    return slash == std::string::npos ? target : link.path.substr(0, slash + 1) + target;
}

void Packer::take_link(const Found& found) {
    const std::string target = target_of(found);
    const Descriptor file(
        target.empty() ? -1 : open_beneath(job_.descriptor, target, O_RDONLY | O_NONBLOCK, true));
    struct stat seen {};
    if (file.get() < 0 || ::fstat(file.get(), &seen) != 0) {
        return note(told(found) +
                    " was left out: it is a link that leads out of the job's folder, or to "
                    "nothing");
    }
    if (S_ISREG(seen.st_mode)) {
        if (beside_ && taken_.count(seen.st_ino) > 0) { return; }
        return take_file({target, found.name}, seen, true);
    }
    note(told(found) + " is a link to " + printable(target) +
         (S_ISDIR(seen.st_mode) ? ", a folder: what the program wrote there comes back under its own name"
                                : ", which is not a file: it was left out"));
}

std::string Packer::name_in_zip(const Found& found) {
    std::string name = mended(found.name);
    // A program of Windows that wrote into `output\`: that file was meant to lie in output/.
    const std::string meant = std::string(kBesideOutput) + kOutput + "/";
    const bool is_output = beside_ && found.path.find('/') == std::string::npos && name.starts_with(meant);
    if (is_output) { name.erase(0, meant.size()); }
    for (int number = 2; !used_.insert(name).second; ++number) {
        const std::string next = numbered(mended(found.name), number);
        if (used_.count(next) == 0) { name = next; }
    }
    if (name != found.name) {
        renamed_.add("\"" + told(found) + "\" as \"" + name + "\"");
    } else if (beside_) {
        brought_.add(told(found));
    }
    return name;
}

void Packer::take_file(const Found& found, const struct stat& seen, bool link) {
    const auto size = static_cast<std::uint64_t>(seen.st_size);
    ++seen_files_;
    const std::size_t most = beside_ ? left_files_ + limits_.beside_entries : limits_.entries;
    if (packed.files >= std::min(most, limits_.entries) || size > left_bytes_) {
        return past_limits_.add(told(found));
    }
    const Descriptor file(open_beneath(job_.descriptor, found.path, O_RDONLY | O_NONBLOCK, link));
    if (file.get() < 0) { return unreadable_.add(told(found)); }
    auto source = std::make_unique<FileSource>();
    source->folder = job_.descriptor;
    source->path = found.path;
    source->link = link;
    source->seen = seen;
    zip_error_init(&source->error);
    zip_source_t* const handle = zip_source_function(zip_, &read_source, source.get());
    if (handle != nullptr) { (void)source.release(); }
    const std::string extension = lower_extension(found.name);
    const bool packed_already = std::find(std::begin(kPackedAlready), std::end(kPackedAlready), extension) !=
                                std::end(kPackedAlready);
    add(name_in_zip(found), handle, size, packed_already || !shrinks(file.get(), size));
    taken_.insert(seen.st_ino);
    left_bytes_ -= size;
    if (!beside_) { left_files_ = packed.files; }
}

void Packer::take_extra(const ExtraFile& file) {
    char* const copy = static_cast<char*>(std::malloc(std::max<std::size_t>(file.content.size(), 1)));
    if (copy == nullptr) { return note(file.name + " was left out: there was no memory for it"); }
    std::copy(file.content.begin(), file.content.end(), copy);
    zip_source_t* const source = zip_source_buffer(zip_, copy, file.content.size(), 1);
    if (source == nullptr) { std::free(copy); }
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): libzip frees the copy
    add(file.name, source, file.content.size(), false);
}

void Packer::add(const std::string& name, zip_source_t* source, std::uint64_t size, bool store) {
    if (source == nullptr) { return note(name + " could not be packed: there was no memory for it"); }
    const zip_int64_t index = zip_file_add(zip_, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
        return note(name + " could not be packed: " + zip_strerror(zip_));
    }
    (void)zip_set_file_compression(zip_, static_cast<zip_uint64_t>(index),
                                   store ? ZIP_CM_STORE : ZIP_CM_DEFLATE, kFast);
    ++packed.files;
    packed.bytes += size;
}

void Packer::say_what_is_missing() {
    std::vector<std::string> first;
    if (past_limits_.count() > 0) {
        first.push_back(std::to_string(seen_files_ - past_limits_.count()) + " of " +
                        std::to_string(seen_files_) + " files came back: the outputs of a job end at " +
                        std::to_string(limits_.bytes >> 20U) + " MiB and " + std::to_string(limits_.entries) +
                        " files (beside output/ at " + std::to_string(limits_.beside_bytes >> 20U) +
                        " MiB and " + std::to_string(limits_.beside_entries) +
                        "); left out: " + past_limits_.text());
    }
    if (unreadable_.count() > 0) { first.push_back(unreadable_.text() + " could not be read"); }
    if (renamed_.count() > 0) {
        first.push_back(
            "names were changed, since they hold \\, control characters or no UTF-8, or are taken: " +
            renamed_.text());
    }
    packed.notes.insert(packed.notes.begin(), first.begin(), first.end());
}

}  // namespace

Result<Packed> pack_output(const JobFolder& job, const std::vector<ExtraFile>& extra,
                           const std::string& zip_path, const OutputLimits& limits) {
    int code = 0;
    ZipHandle zip(zip_open(zip_path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
    if (!zip) {
        return Error{ErrorCode::unavailable,
                     zip_path + " cannot be written (libzip error " + std::to_string(code) + ")"};
    }
    Packer packer(zip.get(), job, limits);
    for (const ExtraFile& file : extra) { packer.reserve(file.name); }
    packer.pack_output_folder();
    if (job.begun_s > 0) { packer.pack_beside(); }
    for (const ExtraFile& file : extra) { packer.take_extra(file); }
    packer.say_what_is_missing();
    if (zip_close(zip.get()) != 0) {
        const bool full = zip_error_code_system(zip_get_error(zip.get())) == ENOSPC;
        return Error{full ? ErrorCode::overloaded : ErrorCode::unavailable,
                     "output/ could not be packed: " + std::string(zip_strerror(zip.get()))};
    }
    (void)zip.release();  // closed
    return std::move(packer.packed);
}

}  // namespace nias::job
