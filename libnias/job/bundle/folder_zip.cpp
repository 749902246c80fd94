#include "job/bundle/folder_zip.hpp"

#include <algorithm>
#include <boost/filesystem.hpp>

#include "job/archive/zip_reader.hpp"

namespace nias::job {

namespace fs = boost::filesystem;

Result<std::vector<std::string>> zip_folder(const std::string& folder, const std::string& zip_path) {
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
    std::vector<std::string> skipped;
    fs::recursive_directory_iterator at(root, error);
    if (error) { return Error{ErrorCode::unavailable, folder + ": " + error.message()}; }
    for (; at != fs::recursive_directory_iterator(); at.increment(error)) {
        if (error) { return Error{ErrorCode::unavailable, folder + ": " + error.message()}; }
        const fs::path& path = at->path();
        const std::string inner = path.lexically_relative(root).generic_string();
        const fs::file_type type = at->symlink_status().type();
        if (path.filename().string().starts_with(".") || inner == "output") {
            if (type == fs::directory_file) { at.disable_recursion_pending(); }
            continue;
        }
        const std::string name = root.filename().string() + "/" + inner;
        if (type == fs::directory_file) { continue; }
        if (type != fs::regular_file) {
            skipped.push_back(inner + " is left out: it is a link or a device");
            continue;
        }
        zip_source_t* const source = zip_source_file(zip.get(), path.c_str(), 0, -1);
        if (source == nullptr || zip_file_add(zip.get(), name.c_str(), source, ZIP_FL_ENC_UTF_8) < 0) {
            if (source != nullptr) { zip_source_free(source); }
            return Error{ErrorCode::invalid, inner + " cannot be put into a zip: " + zip_strerror(zip.get())};
        }
    }
    if (zip_close(zip.get()) != 0) {
        return Error{ErrorCode::unavailable, folder + " could not be zipped: " + zip_strerror(zip.get())};
    }
    (void)zip.release();  // closed
    return skipped;
}

}  // namespace nias::job
