#include "job/output/output_zip.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>
#include <memory>

#include "job/archive/zip_reader.hpp"

namespace nias::job {
namespace {

constexpr std::uint64_t kLargeFile = 16ULL << 20U;  // deflated fast, not small
constexpr std::string_view kPackedAlready[] = {".png", ".jpg", ".jpeg", ".gz",  ".zip",
                                               ".npz", ".xz",  ".bz2",  ".mp4", ".pdf"};

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) { ::close(fd_); }
    }
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

private:
    int fd_;
};

/// The program chose these paths: nothing may lead out of the folder, by `..`, by a link or by a mount.
int open_beneath(int folder, const std::string& path, std::uint64_t flags) {
    open_how how{};
    how.flags = flags | O_CLOEXEC | O_NOFOLLOW;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how));
}

/// One file of the tree as a source of libzip: opened when its turn comes, so that no descriptor is kept.
struct FileSource {
    int folder = -1;
    std::string path;
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
            source->open = open_beneath(source->folder, source->path, O_RDONLY | O_NONBLOCK);
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

class Packer {
public:
    Packer(zip_t* zip, const OutputLimits& limits) : zip_(zip), limits_(limits) {}

    void walk(int folder, const std::string& prefix, std::size_t depth) {
        if (root_ < 0) { root_ = folder; }
        const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR* const listing = copy < 0 ? nullptr : ::fdopendir(copy);
        if (listing == nullptr) { return note(prefix + " could not be read"); }
        std::vector<std::string> names;
        while (const dirent* entry = ::readdir(listing)) {
            const std::string name = static_cast<const char*>(entry->d_name);
            if (name == "." || name == "..") { continue; }
            if (names.size() > limits_.entries) { break; }
            names.push_back(name);
        }
        ::closedir(listing);
        std::sort(names.begin(), names.end());
        for (const std::string& name : names) { take(folder, prefix, name, depth); }
    }
    void take_extra(const ExtraFile& file) {
        char* const copy = static_cast<char*>(std::malloc(std::max<std::size_t>(file.content.size(), 1)));
        if (copy == nullptr) { return note(file.name + " was left out: there was no memory for it"); }
        std::copy(file.content.begin(), file.content.end(), copy);
        zip_source_t* const source = zip_source_buffer(zip_, copy, file.content.size(), 1);
        if (source == nullptr) { std::free(copy); }
        // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): libzip frees the copy
        add(file.name, source, file.content.size());
    }
    void reserve(const std::string& name) { reserved_.push_back(name); }
    Packed packed;

private:
    void note(std::string text) {
        if (packed.notes.size() < limits_.notes) {
            packed.notes.push_back(std::move(text));
        } else if (packed.notes.size() == limits_.notes) {
            packed.notes.emplace_back("more of output/ was left out; this list ends here");
        }
    }
    void take(int folder, const std::string& prefix, const std::string& name, std::size_t depth) {
        const std::string path = prefix + name;
        struct stat seen {};
        if (::fstatat(folder, name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) != 0) {
            return note(path + " could not be read");
        }
        if (std::any_of(name.begin(), name.end(),
                        [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '\\'; })) {
            return note("a file of output/ was left out: its name holds a control character or a backslash");
        }
        if (S_ISLNK(seen.st_mode)) { return note(path + " was left out: it is a link"); }
        if (S_ISDIR(seen.st_mode)) {
            if (depth >= limits_.depth) {
                return note(path + " was left out: it is more than " + std::to_string(limits_.depth) +
                            " folders deep");
            }
            const Descriptor below(open_beneath(folder, name, O_RDONLY | O_DIRECTORY));
            if (below.get() < 0) { return note(path + " could not be read"); }
            return walk(below.get(), path + "/", depth + 1);
        }
        if (!S_ISREG(seen.st_mode)) { return note(path + " was left out: it is not a file"); }
        if (seen.st_nlink != 1) { return note(path + " was left out: it has a second name (a hard link)"); }
        if (std::find(reserved_.begin(), reserved_.end(), path) != reserved_.end()) {
            return note(path + " was left out: NIAS writes a file of that name");
        }
        const auto size = static_cast<std::uint64_t>(seen.st_size);
        if (packed.files >= limits_.entries) {
            return note(path + " was left out: more than " + std::to_string(limits_.entries) + " files");
        }
        if (size > limits_.bytes - packed.bytes) {
            return note(path + " was left out: output/ passes " + std::to_string(limits_.bytes >> 20U) +
                        " MiB");
        }
        auto source = std::make_unique<FileSource>();
        source->folder = root_;
        source->path = path;
        source->seen = seen;
        zip_error_init(&source->error);
        zip_source_t* const handle = zip_source_function(zip_, &read_source, source.get());
        if (handle != nullptr) { (void)source.release(); }
        add(path, handle, size);
    }
    void add(const std::string& path, zip_source_t* source, std::uint64_t size) {
        if (source == nullptr) { return note(path + " could not be packed"); }
        const zip_int64_t index = zip_file_add(zip_, path.c_str(), source, ZIP_FL_ENC_UTF_8);
        if (index < 0) {
            zip_source_free(source);
            return note("a file of output/ was left out: its name is not UTF-8");
        }
        const std::string extension = lower_extension(path);
        const bool stored = std::find(std::begin(kPackedAlready), std::end(kPackedAlready), extension) !=
                            std::end(kPackedAlready);
        (void)zip_set_file_compression(zip_, static_cast<zip_uint64_t>(index),
                                       stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, size > kLargeFile ? 1 : 0);
        ++packed.files;
        packed.bytes += size;
    }

    zip_t* zip_;
    const OutputLimits& limits_;
    int root_ = -1;
    std::vector<std::string> reserved_;
};

bool is_safe(const std::string& name) {
    return !name.empty() && name.front() != '/' && ("/" + name + "/").find("/../") == std::string::npos &&
           name.find('\\') == std::string::npos;
}

}  // namespace

Result<Packed> pack_output(int job_folder_fd, const std::string& output_folder,
                           const std::vector<ExtraFile>& extra, const std::string& zip_path,
                           const OutputLimits& limits) {
    int code = 0;
    ZipHandle zip(zip_open(zip_path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
    if (!zip) {
        return Error{ErrorCode::unavailable,
                     zip_path + " cannot be written (libzip error " + std::to_string(code) + ")"};
    }
    Packer packer(zip.get(), limits);
    for (const ExtraFile& file : extra) { packer.reserve(file.name); }
    const Descriptor folder(open_beneath(job_folder_fd, output_folder, O_RDONLY | O_DIRECTORY));
    if (folder.get() >= 0) { packer.walk(folder.get(), "", 0); }
    for (const ExtraFile& file : extra) { packer.take_extra(file); }
    if (zip_close(zip.get()) != 0) {
        const bool full = zip_error_code_system(zip_get_error(zip.get())) == ENOSPC;
        return Error{full ? ErrorCode::overloaded : ErrorCode::unavailable,
                     "output/ could not be packed: " + std::string(zip_strerror(zip.get()))};
    }
    (void)zip.release();  // closed
    return std::move(packer.packed);
}

namespace {

/// The zip is one of ours: what is wrong in it went wrong on this machine, and its reader can do nothing.
Error of_stored(const Error& error) {
    if (error.code != ErrorCode::invalid) { return error; }
    return {ErrorCode::corrupt, error.message + ": these outputs are damaged on the disk of the server"};
}

}  // namespace

Result<std::vector<ZipEntry>> list_zip(const std::string& zip_path) {
    auto zip = open_zip(zip_path);
    if (!zip) { return of_stored(zip.error()); }
    std::vector<ZipEntry> entries;
    const zip_int64_t count = zip_get_num_entries(zip->get(), 0);
    for (zip_int64_t i = 0; i < count; ++i) {
        zip_stat_t stat;
        if (zip_stat_index(zip->get(), static_cast<zip_uint64_t>(i), 0, &stat) != 0) {
            return Error{ErrorCode::corrupt, zip_path + ": " + zip_strerror(zip->get())};
        }
        const std::string name = stat.name;
        if (!name.ends_with('/')) { entries.push_back({name, stat.size}); }
    }
    std::sort(entries.begin(), entries.end(),
              [](const ZipEntry& a, const ZipEntry& b) { return a.path < b.path; });
    return entries;
}

Status read_zip_entry(const std::string& zip_path, const std::string& entry,
                      const std::function<bool(std::span<const char>)>& take) {
    auto zip = open_zip(zip_path);
    if (!zip) { return of_stored(zip.error()); }
    zip_stat_t stat;
    if (zip_stat(zip->get(), entry.c_str(), ZIP_FL_ENC_UTF_8, &stat) != 0) {
        return Error{ErrorCode::not_found, "the outputs hold no file \"" + entry + "\""};
    }
    auto read = stream_member(zip->get(), stat.index, entry, stat.size,
                              [&](std::span<const char> piece) -> Result<bool> { return take(piece); });
    if (!read) { return of_stored(read.error()); }
    return {};
}

namespace {

/// True, so that the stream goes on.
Result<bool> write_all(int file, std::span<const char> piece, const std::string& path) {
    while (!piece.empty()) {
        const ssize_t count = ::write(file, piece.data(), piece.size());
        if (count < 0 && errno != EINTR) {
            return Error{ErrorCode::unavailable, path + ": " + std::strerror(errno)};
        }
        if (count > 0) { piece = piece.subspan(static_cast<std::size_t>(count)); }
    }
    return true;
}

}  // namespace

Status unpack_output(const std::string& zip_path, const std::string& folder) {
    auto zip = open_zip(zip_path);
    if (!zip) { return of_stored(zip.error()); }
    auto entries = list_zip(zip_path);
    if (!entries) { return entries.error(); }
    for (const ZipEntry& entry : *entries) {
        if (!is_safe(entry.path)) {
            return Error{ErrorCode::corrupt, zip_path + " holds the unsafe name \"" + entry.path + "\""};
        }
        const boost::filesystem::path path = boost::filesystem::path(folder) / entry.path;
        boost::system::error_code error;
        boost::filesystem::create_directories(path.parent_path(), error);
        if (error) {
            return Error{ErrorCode::unavailable, path.parent_path().string() + ": " + error.message()};
        }
        const Descriptor file(
            ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
        if (file.get() < 0) {
            return Error{ErrorCode::unavailable, path.string() + ": " + std::strerror(errno)};
        }
        const zip_int64_t index = zip_name_locate(zip->get(), entry.path.c_str(), ZIP_FL_ENC_UTF_8);
        auto written = stream_member(
            zip->get(), static_cast<std::uint64_t>(index), entry.path, entry.size_bytes,
            [&](std::span<const char> piece) { return write_all(file.get(), piece, path.string()); });
        if (!written) { return of_stored(written.error()); }
    }
    return {};
}

}  // namespace nias::job
