/// One piece of an upload on its way into its file: received, compared with its checksum, confirmed. Used by
/// api/handlers/uploads.
#pragma once

#include <optional>
#include <string_view>

#include "http/connection.hpp"
#include "http/message.hpp"
#include "uploads/open_uploads.hpp"

namespace nias::httpfront {

/// The algorithms of `Upload-Checksum`, as tus names them.
inline constexpr std::string_view kChecksumAlgorithms = "sha1,sha256";

/// Reads the body to its end. Whatever came before a failure is confirmed, so that the client goes on behind
/// it; with a checksum it is all or nothing. 400, 408, 413, 460, 503 or 507.
[[nodiscard]] std::optional<Problem> receive_part(const Request& request, Body& body,
                                                  OpenUploads::Hold& hold);

}  // namespace nias::httpfront
