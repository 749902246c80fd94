/// The files of uploads in the store, as core::Uploads asks for them. Used by service/bulk/server's loop
/// thread.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "core/transfer/uploads.hpp"
#include "service/bulk/hash_thread.hpp"
#include "store/blobs/blobs.hpp"

namespace nias::service {

class StoredUploads final : public core::UploadFiles {
public:
    explicit StoredUploads(const store::Blobs& blobs) : blobs_(blobs) {}

    /// A client that is told that the blob is there may name it from then on.
    [[nodiscard]] bool has(const BlobHash& hash) override { return blobs_.hold(hash).ok(); }
    Result<std::uint64_t> open(core::UploadNumber upload, const BlobHash& hash, bool kept) override;
    Status append(core::UploadNumber upload, Bytes data) override;
    [[nodiscard]] bool hashed(core::UploadNumber upload) override;
    Result<End> commit(core::UploadNumber upload, const BlobRef& blob) override;
    Result<BlobHash> name(core::UploadNumber upload) override;
    void close(core::UploadNumber upload, bool discard) override;

    /// Hashes a little of what earlier lives left, in turns; true: there is more. A file that cannot be read
    /// counts as hashed: its commit says so.
    bool hash_a_little();

private:
    struct File {
        store::BlobWriter writer;
        bool unreadable = false;
    };
    const store::Blobs& blobs_;
    HashThread hasher_;                                   ///< hashes all uploads, and ends after them
    std::unordered_map<core::UploadNumber, File> files_;  ///< at most UploadBounds::uploads
};

}  // namespace nias::service
