/// Uploads that survive a cut line, a closed tab and a restart of the server: their bytes are partial files
/// of the blob store (decision 0040), with a note beside each. Used by api/handlers/uploads and
/// uploads/upload; any thread.
///
/// Bounds: how many are known and how many bytes they hold, of all and of each owner. Past a bound those go
/// first that nobody can miss: empty ones, those whose job was made, and those that have rested; where all
/// are busy a fresh one is refused. An upload that has rested for `age` is gone.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "store/blobs/blobs.hpp"
#include "uploads/upload_note.hpp"

namespace nias::httpfront {

struct OpenUploadBounds {
    std::size_t count = 1024;
    std::uint64_t bytes = store::LeftoverBounds{}.bytes;
    std::size_t count_of_owner = 256;  ///< the share of one owner
    std::uint64_t bytes_of_owner = store::LeftoverBounds{}.bytes / 2;
    std::chrono::milliseconds age = store::LeftoverBounds{}.age;
    std::chrono::milliseconds rested = store::LeftoverBounds{}.busy;
    std::size_t writers = 64;  ///< kept open between two requests, each with a file and the state of a hash
};

class OpenUploads {
    struct Entry;

public:
    /// One client at a time works on an upload. Dies before the OpenUploads that gave it.
    class Hold {
    public:
        Hold(OpenUploads& all, std::shared_ptr<Entry> entry) : all_(&all), entry_(std::move(entry)) {}
        Hold(Hold&& other) noexcept : all_(other.all_), entry_(std::move(other.entry_)) {}
        Hold& operator=(Hold&&) = delete;
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;
        ~Hold();

        [[nodiscard]] const UploadInfo& info() const;
        [[nodiscard]] store::BlobWriter& writer();
        /// True once another client of the same upload has come: its owner's line was cut, and this one waits
        /// for bytes that nobody will send.
        [[nodiscard]] const std::atomic<bool>& unwanted() const;
        /// Syncs what the writer took, and makes that the offset. After a failure the bytes since the last
        /// confirmation are taken back.
        [[nodiscard]] Status confirm();
        void take_back();  ///< the bytes since the last confirmation
        /// Notes durably which blob these bytes are about to become.
        [[nodiscard]] Status name_blob(const BlobRef& blob);
        void remove();  ///< the upload is gone, and with it its bytes

    private:
        OpenUploads* all_;
        std::shared_ptr<Entry> entry_;
    };

    /// Knows again what an earlier life has left.
    static Result<std::unique_ptr<OpenUploads>> open(const std::string& data_dir, const store::Blobs& blobs,
                                                     const OpenUploadBounds& bounds = {});
    OpenUploads(const OpenUploads&) = delete;
    OpenUploads& operator=(const OpenUploads&) = delete;
    ~OpenUploads();

    /// Gives it an id. With a blob it is whole from the beginning: the store has these bytes.
    /// `conflict`: the bounds are reached, of all or of this owner, and every upload is in use. `overloaded`:
    /// the disk is full.
    [[nodiscard]] Result<UploadInfo> create(UploadInfo info);
    /// As it stands. `not_found`: also for that of another owner.
    [[nodiscard]] Result<UploadInfo> find(const std::string& owner, const std::string& id);
    /// Takes it for this client alone: one that works on it is told to end, and waited for a few seconds.
    /// `not_found`; `conflict`: the other does not end.
    [[nodiscard]] Result<Hold> hold(const std::string& owner, const std::string& id);
    [[nodiscard]] std::chrono::milliseconds age() const { return bounds_.age; }

private:
    using EntryPtr = std::shared_ptr<Entry>;

    OpenUploads(std::string folder, const store::Blobs& blobs, const OpenUploadBounds& bounds);
    void load();
    [[nodiscard]] Result<EntryPtr> look_up(const std::string& owner, const std::string& id);
    /// The bounds of all, or of the one owner.
    [[nodiscard]] bool make_room(std::uint64_t bytes, const std::optional<std::string>& owner);
    void expire(std::int64_t at);
    void forget(const EntryPtr& entry);
    void release(const EntryPtr& entry);
    void close_writers();
    [[nodiscard]] Status open_writer(Entry& entry);

    std::string folder_;
    store::Blobs blobs_;
    OpenUploadBounds bounds_;
    std::mutex mutex_;
    std::condition_variable released_;
    std::unordered_map<std::string, EntryPtr> entries_;  ///< by id; under mutex_
};

}  // namespace nias::httpfront
