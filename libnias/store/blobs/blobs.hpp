/// Write-once files named by their SHA-256: bundles and outputs, `blobs/ab/cdef…`.
/// Anyone may write. Temp file, fsync, rename, fsync of the folder; a blob that has a name is whole.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>

#include <nias/task.hpp>

namespace nias {
class HashesLater;
}

namespace nias::store {

/// A blob being written. In `blobs/tmp` it is removed when the object dies uncommitted. In `blobs/partial`,
/// under the name of its hash or of its upload, it is kept then, for resume().
class BlobWriter {
public:
    BlobWriter(BlobWriter&&) noexcept;
    BlobWriter& operator=(BlobWriter&&) noexcept;
    ~BlobWriter();
    [[nodiscard]] Status append(std::span<const std::uint8_t> data);
    /// The same, hashed by another who takes the bytes and outlives this writer.
    [[nodiscard]] Status append(Bytes data, HashesLater& other);
    [[nodiscard]] std::uint64_t size_bytes() const;
    /// Bytes that an earlier life has left and this one has not hashed yet.
    [[nodiscard]] std::uint64_t unhashed_bytes() const;
    /// Hashes at most so many of them: who serves others between takes a little at a time.
    [[nodiscard]] Status hash_more(std::uint64_t max_bytes);
    /// Compares the file with the bytes that were appended, by their hash: for who doubts what it read of
    /// them. `unavailable`: the disk gives others back, or none. The writer takes nothing more, and is
    /// discarded.
    [[nodiscard]] Status check_written();
    void discard();  ///< the file goes with the writer, also a kept one
    /// Makes all that was appended outlive a power cut. After a failure the writer is discarded: a later sync
    /// may succeed although bytes are lost.
    [[nodiscard]] Status sync();
    /// Takes back all but the first `size_bytes`. `invalid`: there are fewer.
    [[nodiscard]] Status cut(std::uint64_t size_bytes);
    /// Hash of all that was appended, computed once: after it nothing can be appended (`invalid`).
    [[nodiscard]] Result<BlobHash> hash();
    /// Path of the unfinished file: for a reader that judges before the commit.
    [[nodiscard]] std::string path() const;
    /// Syncs and names the blob. With `expected`, refuses (`invalid`) bytes of another hash and removes them.
    /// Hashes first what is left to hash.
    [[nodiscard]] Result<BlobRef> commit();
    [[nodiscard]] Result<BlobRef> commit(const BlobRef& expected);

private:
    friend class Blobs;
    struct State;
    explicit BlobWriter(std::unique_ptr<State> state);
    [[nodiscard]] Status write(std::span<const std::uint8_t> data);
    [[nodiscard]] Result<BlobRef> name_as(const BlobRef& blob);
    std::unique_ptr<State> state_;
};

/// How much unfinished work is kept for those who may come back to it.
struct LeftoverBounds {
    std::chrono::seconds age = std::chrono::hours(24);  ///< since it was last written
    std::uint64_t bytes = 64ULL << 30U;                 ///< of `blobs/partial` together: the oldest go first
    std::chrono::seconds busy = std::chrono::minutes(10);  ///< what was written since is in use, and stays
};

class Blobs {
public:
    /// Makes the folders under `data_dir` if need be.
    static Result<Blobs> open(const std::string& data_dir);
    [[nodiscard]] bool has(const BlobHash& hash) const;
    /// As find(), for whoever is about to name the blob in a task, an outcome or an answer: from here on it
    /// is as if it had just been written, so that remove_untouched() passes it over.
    [[nodiscard]] Result<BlobRef> hold(const BlobHash& hash) const;
    /// With its size. `not_found`; `unavailable`: the disk does not say.
    [[nodiscard]] Result<BlobRef> find(const BlobHash& hash) const;
    /// The same for a blob whose size is known. `corrupt`: it has another, so its bytes are not those that
    /// were stored.
    [[nodiscard]] Status check(const BlobRef& blob) const;
    [[nodiscard]] std::string path_of(const BlobHash& hash) const;
    [[nodiscard]] Result<BlobWriter> begin() const;
    /// Goes on with what an earlier writer of this blob has left, or begins it. At most one writer of a hash
    /// at a time may be made so, in one process.
    [[nodiscard]] Result<BlobWriter> resume(const BlobHash& hash) const;
    /// The same for bytes whose hash nobody knows yet. `name`: 1 to 64 digits and lower-case letters.
    [[nodiscard]] Result<BlobWriter> resume_named(const std::string& name) const;
    /// Removes what dead writers have left past the bounds, by the files' times; returns how many files.
    std::size_t sweep(const LeftoverBounds& bounds) const;
    /// The blobs that nobody has written or held since `unix_s`.
    [[nodiscard]] std::set<BlobHash> untouched_since(std::int64_t unix_s) const;
    /// Removes a blob, unless it was written or held since `unix_s`. True: it is gone. Every process that
    /// writes or holds blobs is kept out between the look and the removal.
    [[nodiscard]] bool remove_untouched(const BlobHash& hash, std::int64_t unix_s) const;
    /// Copies a file in as a blob.
    [[nodiscard]] Result<BlobRef> add_file(const std::string& path) const;
    /// As many bytes as there is room for, from `offset`; fewer only at the end. How many.
    [[nodiscard]] Result<std::size_t> read(const BlobHash& hash, std::uint64_t offset,
                                           std::span<std::uint8_t> into) const;

private:
    explicit Blobs(std::string root) : root_(std::move(root)) {}
    std::string root_;
};

}  // namespace nias::store
