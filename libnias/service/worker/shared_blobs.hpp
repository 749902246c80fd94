/// Blobs of a sink whose data directory this host sees: they are linked to, not sent. Used by the contexts of
/// service/worker. Any thread.
#pragma once

#include <string>

#include <nias/task.hpp>

namespace nias::service {

/// Makes `path` a link to the blob, below the data directory `folder`. `not_found`: the sink has no such
/// blob.
[[nodiscard]] Status link_shared_blob(const std::string& folder, const BlobRef& blob,
                                      const std::string& path);

}  // namespace nias::service
