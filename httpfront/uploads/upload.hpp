/// The one place where a bundle comes in: received (as the body, as the file of a form, or by an upload that
/// was sent before), judged, and committed to the blob store. Nothing is left behind unless the caller
/// commits. Used by api/handlers/jobs.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "http/connection.hpp"
#include "http/message.hpp"
#include "job/bundle/bundle.hpp"
#include "site/stores.hpp"
#include "uploads/open_uploads.hpp"

namespace nias::httpfront {

/// The wishes of a request beside its bundle: parameters of the address, fields of the form, or keys of the
/// JSON.
struct Wishes {
    std::string array;  ///< indices; empty: what nias.toml says
    bool trial = false;
    std::string image;  ///< in which it runs; empty: what nias.toml says
};

/// A bundle that can be run. Its bytes are in `writer`, else in the store as `stored`, else those of `sent`.
struct Upload {
    std::optional<store::BlobWriter> writer{};
    std::optional<BlobRef> stored{};
    std::optional<OpenUploads::Hold> sent{};  ///< the upload that brought it, kept from others meanwhile
    std::string file_name{};                  ///< as the researcher called it, without folders
    job::Layout layout{};
    Wishes wishes{};
    std::vector<std::uint32_t> indices{};  ///< members of the array; empty: it is one job
};

/// Where bundles come from, besides the request itself.
struct Sources {
    Stores& stores;
    OpenUploads& uploads;
    const std::string& owner;
    std::optional<std::string> sender;  ///< as Identity::sender()
    std::uint64_t max_upload = 0;
};

/// Refuses before it reads where that is possible: 415, 411, 413, 507; else 400, 404, 408, 409, 413, 422,
/// 423, 503 or 507. An upload that was sent before and is refused as a bundle is gone.
[[nodiscard]] std::variant<Upload, Problem> receive_upload(const Request& request, Body& body,
                                                           const Sources& sources);

/// Puts it into the store for good. An upload that was sent before is used up by this; the same request again
/// finds the bundle that it became.
[[nodiscard]] std::variant<BlobRef, Problem> commit_upload(Upload& upload);

/// Judges the bytes of `writer`. Where they cannot be run: 422, or 503 where this server's disk does not
/// give back what came.
[[nodiscard]] Result<job::Layout, Problem> judge_written(store::BlobWriter& writer,
                                                         const std::string& file_name);

/// All of a small body.
[[nodiscard]] std::variant<std::string, Problem> read_text(Body& body);

/// 413 for more than the server takes.
[[nodiscard]] std::optional<Problem> check_length(std::uint64_t bytes, std::uint64_t max_upload);

/// How a client is told that an unfinished upload cannot be had: 404, 423, 503 or 507.
[[nodiscard]] Problem upload_problem(const Error& error);

/// The last part of a path, at most 255 bytes, without control characters; "bundle.zip" for nothing.
[[nodiscard]] std::string clean_file_name(std::string_view name);

}  // namespace nias::httpfront
