#include "job/bundle/folder_zip.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "job/archive/shrinks.hpp"
#include "job/archive/zip_reader.hpp"

namespace nias::job {
namespace {

namespace fs = boost::filesystem;

constexpr int kFast = 1;               // level of deflate: somebody waits for the zip
constexpr std::size_t kNamesSaid = 5;  // names that a sentence lists at most

/// Names for one sentence, the first few of them.
class Names {
public:
    void add(std::string name) {
        ++count_;
        if (names_.size() < kNamesSaid) { names_.push_back(std::move(name)); }
    }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] std::string text() const {
        std::string out;
        for (const std::string& name : names_) { out += (out.empty() ? "" : ", ") + name; }
        if (count_ > names_.size()) { out += " and " + std::to_string(count_ - names_.size()) + " more"; }
        return out;
    }

private:
    std::size_t count_ = 0;
    std::vector<std::string> names_;
};

/// Puts a tree into a zip, file by file; libzip reads them when it is closed.
class FolderZip {
public:
    FolderZip(zip_t* zip, fs::path root, const BundleLimits& limits)
        : zip_(zip), root_(std::move(root)), limits_(limits) {}

    /// `inner`: the folder's path below the root, "" for the root itself.
    [[nodiscard]] Status add_folder(const fs::path& folder, const std::string& inner);
    [[nodiscard]] std::vector<std::string> said() const;

private:
    using Place = std::pair<dev_t, ino_t>;

    [[nodiscard]] Status add_entry(const fs::path& path, const std::string& inner);
    [[nodiscard]] Status add_file(const fs::path& path, const std::string& inner, std::uint64_t size);
    [[nodiscard]] Status add_empty_folder(const std::string& inner);
    [[nodiscard]] Status count(std::uint64_t bytes);
    [[nodiscard]] std::string in_zip(const std::string& inner) const {
        return root_.filename().string() + (inner.empty() ? "" : "/" + inner);
    }

    zip_t* zip_;
    fs::path root_;
    const BundleLimits& limits_;
    std::vector<Place> above_;  ///< the folders from the root to where the walk is
    std::size_t members_ = 0;
    std::uint64_t bytes_ = 0;
    Names hidden_;
    Names links_;
    bool left_output_ = false;
};

Error refused(const std::string& inner, const std::string& why) {
    return {ErrorCode::invalid, inner + " " + why};
}

Status FolderZip::count(std::uint64_t bytes) {
    bytes_ += bytes;
    if (++members_ > limits_.members) {
        return refused(root_.string(), "holds more than " + std::to_string(limits_.members) +
                                           " files: leave out what the program does not read");
    }
    if (bytes_ > limits_.unpacked_bytes) {
        return refused(root_.string(), "holds more than " + std::to_string(limits_.unpacked_bytes >> 20U) +
                                           " MiB: leave out what the program does not read");
    }
    return {};
}

Status FolderZip::add_folder(const fs::path& folder, const std::string& inner) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) {
        return refused(inner, std::string("cannot be read: ") + std::strerror(errno));
    }
    const Place place{info.st_dev, info.st_ino};
    if (std::find(above_.begin(), above_.end(), place) != above_.end()) {
        return refused(inner, "is a link to a folder that it lies in: take the link out of the folder");
    }
    if (above_.size() > limits_.depth) {
        return refused(
            inner, "lies more than " + std::to_string(limits_.depth) + " folders deep: flatten the folders");
    }
    boost::system::error_code error;
    std::vector<std::string> names;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        names.push_back(at->path().filename().string());
        if (names.size() > 2 * limits_.members) { break; }  // add_entry refuses them in words
    }
    if (error) {
        return refused(inner.empty() ? folder.string() : inner, "cannot be read: " + error.message());
    }
    std::sort(names.begin(), names.end());
    above_.push_back(place);
    const std::size_t before = members_;
    for (const std::string& name : names) {
        const std::string below = inner.empty() ? name : inner + "/" + name;
        if (name.starts_with('.')) {
            hidden_.add(below);
        } else if (below == "output") {
            left_output_ = !fs::is_empty(folder / name, error);
        } else if (auto added = add_entry(folder / name, below); !added) {
            return added;
        }
    }
    above_.pop_back();
    return members_ == before && !inner.empty() ? add_empty_folder(inner) : Status{};
}

Status FolderZip::add_entry(const fs::path& path, const std::string& inner) {
    struct stat info {};
    struct stat itself {};
    if (::lstat(path.c_str(), &itself) != 0) {
        return refused(inner, std::string("cannot be read: ") + std::strerror(errno));
    }
    const bool link = S_ISLNK(itself.st_mode);
    if (::stat(path.c_str(), &info) != 0) {
        const std::string why = std::strerror(errno);
        boost::system::error_code error;
        return link ? refused(inner,
                              "is a link to " + fs::read_symlink(path, error).string() +
                                  ", which cannot be read (" + why +
                                  "): put the file itself in its place, or take the link out of the folder")
                    : refused(inner, "cannot be read: " + why);
    }
    if (link) { links_.add(inner); }
    if (S_ISDIR(info.st_mode)) { return add_folder(path, inner); }
    if (S_ISREG(info.st_mode)) { return add_file(path, inner, static_cast<std::uint64_t>(info.st_size)); }
    return refused(inner, "is a pipe, a socket or a device: take it out of the folder");
}

Status FolderZip::add_file(const fs::path& path, const std::string& inner, std::uint64_t size) {
    if (auto counted = count(size); !counted) { return counted; }
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) { return refused(inner, std::string("cannot be read: ") + std::strerror(errno)); }
    const bool smaller = shrinks(file, size);
    ::close(file);
    zip_source_t* const source = zip_source_file(zip_, path.c_str(), 0, -1);
    const zip_int64_t index =
        source == nullptr ? -1 : zip_file_add(zip_, in_zip(inner).c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        if (source != nullptr) { zip_source_free(source); }
        return refused(inner, std::string("cannot be put into a zip: ") + zip_strerror(zip_));
    }
    if (zip_set_file_compression(zip_, static_cast<zip_uint64_t>(index),
                                 smaller ? ZIP_CM_DEFLATE : ZIP_CM_STORE, kFast) != 0) {
        return refused(inner, std::string("cannot be put into a zip: ") + zip_strerror(zip_));
    }
    return {};
}

Status FolderZip::add_empty_folder(const std::string& inner) {
    if (auto counted = count(0); !counted) { return counted; }
    if (zip_dir_add(zip_, in_zip(inner).c_str(), ZIP_FL_ENC_UTF_8) < 0) {
        return refused(inner, std::string("cannot be put into a zip: ") + zip_strerror(zip_));
    }
    return {};
}

std::vector<std::string> FolderZip::said() const {
    std::vector<std::string> out;
    if (!links_.empty()) { out.push_back("links are sent as what they lead to: " + links_.text()); }
    if (!hidden_.empty()) { out.push_back("hidden files are left out: " + hidden_.text()); }
    if (left_output_) { out.emplace_back("what is in output/ is left out: a job starts with an empty one"); }
    return out;
}

}  // namespace

Result<std::vector<std::string>> zip_folder(const std::string& folder, const std::string& zip_path,
                                            const BundleLimits& limits) {
    boost::system::error_code error;
    const fs::path root = fs::canonical(folder, error);
    if (error || !fs::is_directory(root, error)) {
        return Error{ErrorCode::not_found, folder + " is not a folder: name the job's folder or a zip"};
    }
    int code = 0;
    ZipHandle zip(zip_open(zip_path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code));
    if (!zip) {
        return Error{ErrorCode::unavailable,
                     zip_path + " cannot be written (libzip error " + std::to_string(code) + ")"};
    }
    FolderZip files(zip.get(), root, limits);
    if (auto added = files.add_folder(root, ""); !added) { return added.error(); }
    if (zip_close(zip.get()) != 0) {
        return Error{ErrorCode::unavailable, folder + " could not be zipped: " + zip_strerror(zip.get())};
    }
    (void)zip.release();  // closed
    return files.said();
}

}  // namespace nias::job
