#include "service/worker/shared_blobs.hpp"

#include <filesystem>
#include <system_error>

#include "store/blobs/blobs.hpp"

namespace nias::service {

Status link_shared_blob(const std::string& folder, const BlobRef& blob, const std::string& path) {
    auto blobs = store::Blobs::open(folder);
    if (!blobs) { return blobs.error(); }
    if (auto found = blobs->check(blob); !found) { return found; }
    std::error_code error;
    std::filesystem::create_symlink(std::filesystem::absolute(blobs->path_of(blob.hash)), path, error);
    if (error) { return Error{ErrorCode::unavailable, path + ": " + error.message()}; }
    return {};
}

}  // namespace nias::service
