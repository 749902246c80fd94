/// A bundle on its way in: the body, or the first file of its form, streamed into an uncommitted blob and
/// judged there. Nothing is left behind unless the caller commits. Used by api/handlers/jobs.
#pragma once

#include <string>
#include <variant>

#include "http/connection.hpp"
#include "http/message.hpp"
#include "job/bundle/bundle.hpp"
#include "site/stores.hpp"

namespace nias::httpfront {

struct Upload {
    store::BlobWriter writer;
    std::string file_name;  ///< as the researcher called it, without folders
    job::Layout layout;
};

/// Refuses before it reads where that is possible: 415, 411, 413, 507; else 400, 408, 413, 422, 503 or 507.
[[nodiscard]] std::variant<Upload, Problem> receive_upload(const Request& request, Body& body,
                                                           const Stores& stores, std::uint64_t max_upload);

/// The bundle that `writer` holds, if it can be run: else 422, or 503 where this server's disk does not give
/// back what came.
[[nodiscard]] std::variant<Upload, Problem> judged(store::BlobWriter writer, std::string file_name);

/// The last part of a path, at most 255 bytes, without control characters; "bundle.zip" for nothing.
[[nodiscard]] std::string clean_file_name(std::string_view name);

}  // namespace nias::httpfront
