#include "service/bulk/upload_files.hpp"

#include "base/log.hpp"

namespace nias::service {
namespace {

constexpr std::uint64_t kHashedAtOnce = 1U << 20U;  // bytes of one file: some milliseconds of hashing

}  // namespace

Result<std::uint64_t> StoredUploads::open(core::UploadNumber upload, const BlobHash& hash, bool kept) {
    auto writer = kept ? blobs_.resume(hash) : blobs_.begin();
    if (!writer) { return writer.error(); }
    const std::uint64_t length = writer->size_bytes();
    files_.insert_or_assign(upload, File{.writer = std::move(*writer)});
    return length;
}

Status StoredUploads::append(core::UploadNumber upload, Bytes data) {
    return files_.at(upload).writer.append(std::move(data), hasher_);
}

bool StoredUploads::hashed(core::UploadNumber upload) {
    const File& file = files_.at(upload);
    return file.unreadable || file.writer.unhashed_bytes() == 0;
}

Result<core::UploadFiles::End> StoredUploads::commit(core::UploadNumber upload, const BlobRef& blob) {
    auto node = files_.extract(upload);
    const auto stored = node.mapped().writer.commit(blob);
    if (stored) { return End::named; }
    if (stored.error().code == ErrorCode::invalid) { return End::damaged; }
    node.mapped().writer.discard();
    return stored.error();
}

Result<BlobHash> StoredUploads::name(core::UploadNumber upload) {
    auto node = files_.extract(upload);
    const auto stored = node.mapped().writer.commit();
    if (stored) { return stored->hash; }
    node.mapped().writer.discard();
    return stored.error();
}

void StoredUploads::close(core::UploadNumber upload, bool discard) {
    const auto place = files_.find(upload);
    if (place == files_.end()) { return; }
    if (discard) { place->second.writer.discard(); }
    files_.erase(place);
}

bool StoredUploads::hash_a_little() {
    bool more = false;
    for (auto& [upload, file] : files_) {
        if (file.unreadable || file.writer.unhashed_bytes() == 0) { continue; }
        if (auto hashed = file.writer.hash_more(kHashedAtOnce); !hashed) {
            log::warn(hashed.error().message);
            file.unreadable = true;
        }
        more = more || (!file.unreadable && file.writer.unhashed_bytes() > 0);
    }
    return more;
}

}  // namespace nias::service
