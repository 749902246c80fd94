/// Write-once files named by their SHA-256: bundles and outputs, `blobs/ab/cdef…`.
/// Anyone may write. Temp file, fsync, rename, fsync of the folder; a blob that has a name is whole.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <nias/task.hpp>

namespace nias::store {

/// A blob being written, in `blobs/tmp`. Removed when the object dies uncommitted.
class BlobWriter {
public:
    BlobWriter(BlobWriter&&) noexcept;
    BlobWriter& operator=(BlobWriter&&) noexcept;
    ~BlobWriter();
    [[nodiscard]] Status append(std::span<const std::uint8_t> data);
    [[nodiscard]] std::uint64_t size_bytes() const;
    /// Path of the unfinished file: for a reader that judges before the commit.
    [[nodiscard]] std::string path() const;
    /// Syncs and names the blob. With `expected`, refuses (`invalid`) bytes of another hash.
    [[nodiscard]] Result<BlobRef> commit();
    [[nodiscard]] Result<BlobRef> commit(const BlobRef& expected);

private:
    friend class Blobs;
    struct State;
    explicit BlobWriter(std::unique_ptr<State> state);
    [[nodiscard]] Result<BlobRef> name_as(const BlobRef& blob);
    std::unique_ptr<State> state_;
};

class Blobs {
public:
    /// Makes the folders under `data_dir` if need be.
    static Result<Blobs> open(const std::string& data_dir);
    [[nodiscard]] bool has(const BlobHash& hash) const;
    [[nodiscard]] Result<BlobRef> find(const BlobHash& hash) const;  ///< with its size; `not_found`
    [[nodiscard]] std::string path_of(const BlobHash& hash) const;
    [[nodiscard]] Result<BlobWriter> begin() const;
    /// Copies a file in as a blob.
    [[nodiscard]] Result<BlobRef> add_file(const std::string& path) const;
    /// At most `max_bytes` from `offset`; fewer only at the end.
    [[nodiscard]] Result<Bytes> read(const BlobHash& hash, std::uint64_t offset, std::size_t max_bytes) const;

private:
    explicit Blobs(std::string root) : root_(std::move(root)) {}
    std::string root_;
};

}  // namespace nias::store
