/// The sink's files in the simulation of transfers: what was not synced may be lost or damaged by a power
/// cut, and the disk may be full. A blob's hash is a simple one of its bytes.
#pragma once

#include <algorithm>
#include <map>
#include <utility>

#include "core/transfer/uploads.hpp"
#include "random.hpp"

namespace nias::sim {

/// FNV-1a, as a name: enough to tell the blobs of a run, and every change of one, apart.
inline BlobHash name_of(const Bytes& bytes) {
    std::uint64_t state = 0xcbf29ce484222325ULL;
    for (const std::uint8_t byte : bytes) { state = (state ^ byte) * 0x100000001b3ULL; }
    BlobHash hash;
    for (std::size_t i = 0; i < 8; ++i) { hash.bytes[i] = static_cast<std::uint8_t>(state >> (8 * i)); }
    return hash;
}

class TransferDisk final : public core::UploadFiles {
public:
    std::map<BlobHash, Bytes> stored;  ///< durable, under their names
    bool full = false;

    [[nodiscard]] bool has(const BlobHash& hash) override { return stored.contains(hash); }
    Result<std::uint64_t> open(core::UploadNumber upload, const BlobHash& hash, bool kept) override {
        File file{.hash = hash, .kept = kept, .bytes = {}, .hashed = 0};
        if (kept) { file.bytes = std::exchange(partial_[hash], {}); }
        const std::uint64_t length = file.bytes.size();
        files_.insert_or_assign(upload, std::move(file));
        return length;
    }
    Status append(core::UploadNumber upload, Bytes data) override {
        if (full) { return Error{ErrorCode::overloaded, "the disk is full"}; }
        File& file = files_.at(upload);
        if (file.hashed == file.bytes.size()) { file.hashed += data.size(); }
        file.bytes.insert(file.bytes.end(), data.begin(), data.end());
        return {};
    }
    [[nodiscard]] bool hashed(core::UploadNumber upload) override {
        return files_.at(upload).hashed == files_.at(upload).bytes.size();
    }
    Result<End> commit(core::UploadNumber upload, const BlobRef& blob) override {
        File file = std::move(files_.at(upload));
        files_.erase(upload);
        if (file.bytes.size() != blob.size_bytes || name_of(file.bytes) != blob.hash) { return End::damaged; }
        stored.insert_or_assign(blob.hash, std::move(file.bytes));
        return End::named;
    }
    Result<BlobHash> name(core::UploadNumber upload) override {
        File file = std::move(files_.at(upload));
        files_.erase(upload);
        const BlobHash hash = name_of(file.bytes);
        stored.insert_or_assign(hash, std::move(file.bytes));
        return hash;
    }
    void close(core::UploadNumber upload, bool discard) override {
        const auto place = files_.find(upload);
        if (place->second.kept && !discard) { partial_[place->second.hash] = std::move(place->second.bytes); }
        files_.erase(place);
    }

    void hash_a_little() {
        for (auto& [upload, file] : files_) {
            file.hashed += std::min<std::size_t>(4096, file.bytes.size() - file.hashed);
        }
    }
    /// The process is gone, and what it had written is there.
    void killed() {
        for (auto& [upload, file] : files_) {
            if (file.kept) { partial_[file.hash] = std::move(file.bytes); }
        }
        files_.clear();
    }
    /// So is the machine: of what was not synced some is missing, and some is zeros.
    void power_cut(Random& random) {
        killed();
        for (auto& [hash, bytes] : partial_) {
            const auto at =
                static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(bytes.size())));
            if (random.chance(0.5)) {
                bytes.resize(at);
            } else {
                std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), std::uint8_t{0});
            }
        }
    }

private:
    struct File {
        BlobHash hash;
        bool kept = false;
        Bytes bytes;
        std::size_t hashed = 0;
    };
    std::map<core::UploadNumber, File> files_;
    std::map<BlobHash, Bytes> partial_;
};

}  // namespace nias::sim
