#include "cli/remote/upload.hpp"

#include <Poco/Base64Encoder.h>
#include <Poco/URI.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <sstream>

#include "base/numbers.hpp"
#include "base/sha256.hpp"
#include "cli/remote/surroundings.hpp"

namespace nias::cli {
namespace {

constexpr std::size_t kPieceBytes = 8U << 20U;  // the server confirms a piece as a whole
constexpr std::string_view kUploads = "/api/v1/uploads";

std::string base64(std::string_view bytes) {
    std::ostringstream out;
    Poco::Base64Encoder encoder(out);
    encoder.rdbuf()->setLineLength(0);
    encoder.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    encoder.close();
    return out.str();
}

BlobHash hash_of(std::string_view bytes) {
    Sha256 hash;
    hash.update({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    return hash.finish();
}

/// Where the next command finds an upload that this one did not finish. Its name tells server, file and
/// bytes.
std::string note_path(const FileToSend& file, const BlobHash& hash) {
    const std::string named = file.server + '\0' + file.name + '\0' + to_string(hash);
    return cache_folder() + "/nias/uploads/" + to_string(hash_of(named));
}

std::string read_note(const std::string& path) {
    std::ifstream file(path);
    std::string location;
    std::getline(file, location);
    return location.starts_with(std::string(kUploads) + "/") ? location : std::string();
}

/// Where it cannot be written, the next command begins anew, and nothing else is lost. The id of an upload is
/// a secret, so that only its owner can read it.
void write_note(const std::string& path, const std::string& location) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) { return; }
    const bool whole =
        ::write(file, location.data(), location.size()) == static_cast<ssize_t>(location.size());
    ::close(file);
    if (!whole) { ::unlink(path.c_str()); }
}

/// One upload while it is sent.
class Upload {
public:
    Upload(Link& link, const FileToSend& file, std::uint64_t size, const BlobHash& hash)
        : link_(link),
          file_(file),
          size_(size),
          hash_(hash),
          note_(note_path(file, hash)),
          in_(file.path, std::ios::binary) {}

    [[nodiscard]] Result<SentUpload> finish(
        const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
        if (auto begun = begin(); !begun) { return begun.error(); }
        Patience patience(kServerAway);
        while (true) {
            progress(offset_, size_);
            if (offset_ == size_) { return SentUpload{location_.substr(kUploads.size() + 1), note_}; }
            const std::uint64_t before = offset_;
            if (auto sent = send_piece(); !sent) {
                const ErrorCode code = sent.error().code;
                const bool passes = code == ErrorCode::unavailable || code == ErrorCode::overloaded;
                if (!passes || !patience.rest()) { return sent.error(); }
                if (auto known = look(); !known) { return known.error(); }
            }
            if (offset_ > before) { patience = Patience(kServerAway); }
        }
    }

private:
    static constexpr auto kVersion = "1.0.0";

    [[nodiscard]] Status take_offset(const Answered& answered) {
        const auto found = answered.fields.find("upload-offset");
        const auto offset =
            found == answered.fields.end() ? std::nullopt : whole_number<std::uint64_t>(found->second);
        if (!offset || *offset > size_) {
            return Error{ErrorCode::internal, "the server does not say how much of the upload it has"};
        }
        offset_ = *offset;
        return {};
    }

    [[nodiscard]] Status look() {
        const auto answered =
            link_.ask({.method = "HEAD", .path = location_, .fields = {{"Tus-Resumable", kVersion}}});
        return answered ? take_offset(*answered) : Status(answered.error());
    }

    /// Finds the upload of an earlier command, or begins one.
    [[nodiscard]] Status begin() {
        location_ = read_note(note_);
        if (!location_.empty()) {
            const Status known = look();
            if (known || known.error().code != ErrorCode::not_found) { return known; }
        }
        const std::string metadata = "filename " + base64(file_.name) + ",sha256 " + base64(to_string(hash_));
        const auto answered = link_.ask({.method = "POST",
                                         .path = std::string(kUploads),
                                         .fields = {{"Tus-Resumable", kVersion},
                                                    {"Upload-Length", std::to_string(size_)},
                                                    {"Upload-Metadata", metadata}}});
        if (!answered) { return answered.error(); }
        const auto found = answered->fields.find("location");
        location_ = found == answered->fields.end() ? "" : Poco::URI(found->second).getPath();
        if (!location_.starts_with(std::string(kUploads) + "/")) {
            return Error{ErrorCode::internal, "the server does not say where the upload is"};
        }
        write_note(note_, location_);
        return answered->fields.contains("upload-offset") ? take_offset(*answered) : Status();
    }

    [[nodiscard]] Status send_piece() {
        std::string piece(kPieceBytes, '\0');
        in_.clear();
        in_.seekg(static_cast<std::streamoff>(offset_));
        in_.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        piece.resize(static_cast<std::size_t>(in_.gcount()));
        if (piece.empty()) {
            return Error{ErrorCode::invalid,
                         file_.name + " became shorter while it was sent: send it again when it rests"};
        }
        const BlobHash hash = hash_of(piece);
        const std::string_view digest(reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size());
        const auto answered = link_.ask_once({.method = "PATCH",
                                              .path = location_,
                                              .fields = {{"Tus-Resumable", kVersion},
                                                         {"Content-Type", "application/offset+octet-stream"},
                                                         {"Upload-Offset", std::to_string(offset_)},
                                                         {"Upload-Checksum", "sha256 " + base64(digest)}},
                                              .body = std::move(piece)});
        if (!answered) { return answered.error(); }
        if (answered->status < 400) { return take_offset(*answered); }
        Error refused = error_of(*answered);
        // Another connection holds the upload, or what it sent is not counted yet: look and go on.
        const int status = answered->status;
        if (status == 409 || status == 423 || status == 460 || status == 507) {
            refused.code = ErrorCode::overloaded;
        }
        return refused;
    }

    Link& link_;
    const FileToSend& file_;
    std::uint64_t size_;
    BlobHash hash_;
    std::string note_;
    std::ifstream in_;
    std::string location_;
    std::uint64_t offset_ = 0;
};

}  // namespace

Result<SentUpload> send_file(Link& link, const FileToSend& file,
                             const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(file.path, error);
    if (error) { return Error{ErrorCode::unavailable, file.path + " cannot be read: " + error.message()}; }
    const auto hash = hash_file(file.path);
    if (!hash) { return hash.error(); }
    return Upload(link, file, size, *hash).finish(progress);
}

}  // namespace nias::cli
