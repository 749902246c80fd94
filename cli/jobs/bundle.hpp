/// What `nias submit` sends: a folder, a zip or a program alone, as a zip that was judged. One thread.
#pragma once

#include <memory>
#include <string>

#include "job/bundle/bundle.hpp"

namespace nias::cli {

/// A file that is gone when the command ends.
class TemporaryFile {
public:
    TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile();
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

struct Bundle {
    job::Layout layout;
    std::string zip;                      ///< its path
    std::string name;                     ///< file name that a server is told
    std::unique_ptr<TemporaryFile> made;  ///< the zip, where it was made for this
};

/// Says on the standard error, under the name of `program`, what was mended or left out. `invalid`: what can
/// be no job; the sentence says what to change. `not_found`: there is no such file.
[[nodiscard]] Result<Bundle> prepare_bundle(const char* program, const std::string& what);

}  // namespace nias::cli
