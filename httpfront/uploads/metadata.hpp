/// Reads `Upload-Metadata`: pairs of a name and a value in base64 by which a client describes its upload.
/// Pure. Used by api/handlers/uploads and uploads/upload.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nias/task.hpp>

namespace nias::httpfront {

struct UploadMetadata {
    std::string file_name;
    std::optional<BlobHash> sha256;  ///< hash of the whole file; the client writes it in hexadecimal
};

/// nullopt: no such list, longer than 4 KiB, or an `sha256` that is none.
[[nodiscard]] std::optional<UploadMetadata> parse_upload_metadata(std::string_view text);

}  // namespace nias::httpfront
