/// The sink's side of uploads: who may send, how much, where an upload goes on, and when it is over.
/// Pure but for the files, which it sees through an interface. Owned by service/bulk/server's loop thread;
/// driven by tests and tests/sim.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/effects/effects.hpp"
#include "core/transfer/windows.hpp"

namespace nias::core {

using UploadNumber = std::uint64_t;

/// The files of uploads: those of the store in the product, files that lose what was not synced in the
/// simulation. An upload's file is open from open() until commit() or close().
class UploadFiles {
public:
    enum class End { named, damaged };

    virtual ~UploadFiles() = default;
    [[nodiscard]] virtual bool has(const BlobHash& hash) = 0;
    /// How many bytes are there already. `kept`: the one file of this blob that outlives its upload and the
    /// process; otherwise an empty one of its own.
    virtual Result<std::uint64_t> open(UploadNumber upload, const BlobHash& hash, bool kept) = 0;
    virtual Status append(UploadNumber upload, Bytes data) = 0;
    /// Whether commit() would find all bytes hashed. What an earlier life left is hashed bit by bit.
    [[nodiscard]] virtual bool hashed(UploadNumber upload) = 0;
    /// `named`: it is durable under its hash. `damaged`: its bytes are of another hash, and are gone.
    virtual Result<End> commit(UploadNumber upload, const BlobRef& blob) = 0;
    /// The same under the hash of what came, whatever that is: its name.
    virtual Result<BlobHash> name(UploadNumber upload) = 0;
    /// A kept file stays for who offers the blob again, unless `discard`; another goes with its upload.
    virtual void close(UploadNumber upload, bool discard) = 0;
};

struct UploadBounds {
    std::size_t uploads = 256;                 ///< uploads at once; others are told to wait
    Duration idle = std::chrono::seconds(60);  ///< a silent upload is forgotten after it
    /// After this silence the peer of an upload may have another connection.
    Duration quiet = std::chrono::milliseconds(500);
    Duration given_up = std::chrono::seconds(3);  ///< after it another peer may go on with the blob
    std::uint64_t chunk = wire::kChunkBytes;      ///< bytes that each upload may always have under way
    std::uint64_t shared = 128 * chunk;           ///< bytes beyond that, shared fairly by all
    WindowBounds window{};
    std::size_t named = 1024;  ///< hashes of unnamed uploads that are remembered
};

class Uploads {
public:
    using Replies = std::vector<Send>;

    explicit Uploads(UploadFiles& files, const UploadBounds& bounds = {}) : files_(files), bounds_(bounds) {}

    /// Answers with Stored, BulkRefused or a Grant. A Grant without credit asks to wait and offer again.
    void on(const std::string& peer, const wire::Offer& offer, Time now, Replies& out);
    /// Does nothing for an upload that is not known, because its sender offers it again.
    void on(const std::string& peer, wire::Chunk chunk, Time now, Replies& out);
    /// Ends uploads that are hashed, and forgets senders that are silent. Call at least once a second.
    void tick(Time now, Replies& out);

    [[nodiscard]] std::size_t size() const { return uploads_.size(); }
    [[nodiscard]] std::uint64_t under_way() const;  ///< credit that is granted and not used
    /// Ends the process with the broken invariant's name (NIAS_CHECK). For tests and the simulation.
    void check_invariants() const;

private:
    using Name = std::pair<std::string, BlobHash>;  ///< peer and blob
    struct Upload {
        Name name;
        BlobRef blob;
        ReceiveWindow window;
        Time heard;
        bool kept = false;   ///< its bytes go to the file that outlives it
        bool alone = false;  ///< every byte came from this peer, in this life
        bool unnamed = false;
        [[nodiscard]] bool is_of(const wire::Offer& offer) const {
            return blob == offer.blob && unnamed == offer.unnamed;
        }
    };

    /// The answer about a blob that is there already; nothing where it is not.
    [[nodiscard]] std::optional<wire::Stored> stored(const wire::Offer& offer);
    bool begin(UploadNumber number, const Name& name, const wire::Offer& offer, Time now, Replies& out);
    void finish(UploadNumber number, Time now, Replies& out);
    void finish_unnamed(UploadNumber number, Replies& out);
    void tell_stored(UploadNumber number, const wire::Stored& stored, Replies& out);
    /// Whether a peer that offers this blob has to wait for the one that is writing its kept file.
    bool must_wait(const BlobHash& hash, Time now);
    void begin_again(UploadNumber number, Time now, Replies& out);
    void erase(UploadNumber number);
    [[nodiscard]] std::uint64_t beyond_chunk(const Upload& upload) const;
    [[nodiscard]] std::uint64_t share(const Upload& upload) const;

    UploadFiles& files_;
    UploadBounds bounds_;
    UploadNumber next_ = 1;
    std::map<UploadNumber, Upload> uploads_;
    std::map<Name, UploadNumber> by_name_;
    std::map<BlobHash, UploadNumber> kept_;   ///< the upload that writes the kept file of a blob
    std::map<BlobHash, wire::Stored> named_;  ///< keyed by the hash that stood for them
    std::deque<BlobHash> named_order_;        ///< keys of `named_`, the oldest in front
};

}  // namespace nias::core
