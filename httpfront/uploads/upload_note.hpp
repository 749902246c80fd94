/// The note that lies beside the bytes of an unfinished upload, `<data>/uploads/<id>`: whose it is, how long
/// it will be, and how many of its bytes were synced. Used by open_uploads only; one thread at a time for a
/// note.
///
/// Layout: 20 digits of the confirmed offset, a line of JSON, and once the bytes have become a blob a line
/// with its hash and size. The offset is overwritten in place (a write of 20 bytes is within one sector), so
/// that a confirmation costs no new file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nias/task.hpp>

namespace nias::httpfront {

/// An unfinished upload as it stands. Value.
struct UploadInfo {
    std::string id{};  ///< 32 random hexadecimal digits: nobody guesses it
    std::string owner{};
    std::string file_name{};  ///< as the researcher called it, without folders
    std::string metadata{};   ///< `Upload-Metadata` as it was sent, for HEAD
    std::uint64_t length = 0;
    std::uint64_t offset = 0;          ///< confirmed: so many bytes outlive a power cut
    std::int64_t written_unix_ms = 0;  ///< when it last grew
    std::optional<BlobRef> blob{};     ///< the bundle that it became, or is about to
    [[nodiscard]] bool whole() const { return offset == length; }
};

class UploadNote {
public:
    explicit UploadNote(const std::string& folder, const std::string& id) : path_(folder + "/" + id) {}

    /// Not synced: an upload that is lost with its first bytes is begun again by its client.
    [[nodiscard]] Status begin(const UploadInfo& info) const;
    /// Durable. The bytes themselves must be synced before.
    [[nodiscard]] Status confirm(std::uint64_t offset) const;
    /// Durable: which blob the bytes are about to become.
    [[nodiscard]] Status name_blob(const BlobRef& blob) const;
    /// `not_found`; `corrupt`: it is no note.
    [[nodiscard]] Result<UploadInfo> read(const std::string& id) const;
    void remove() const;

private:
    std::string path_;
};

}  // namespace nias::httpfront
