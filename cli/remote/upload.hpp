/// Sends a file to a server by tus 1.0.0, piece by piece, and goes on where an earlier try was cut off, also
/// one of an earlier command. Used by remote_jobs. A function; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cli/remote/link.hpp"

namespace nias::cli {

struct FileToSend {
    std::string path;
    std::string name;    ///< as the server is told it
    std::string server;  ///< its URL: an unfinished upload is that server's alone
};

/// An upload that the server has whole.
struct SentUpload {
    std::string id;
    std::string note;  ///< file that names the upload for the next command; remove it once the job is made
};

/// `progress` is told the bytes that the server has confirmed, and all. An Error of the server is its own
/// sentence; `unavailable`: it stayed away for longer than kServerAway.
[[nodiscard]] Result<SentUpload> send_file(Link& link, const FileToSend& file,
                                           const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace nias::cli
