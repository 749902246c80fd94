#include "store/blobs/blobs.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/host/durable_file.hpp"
#include "base/ids.hpp"
#include "base/sha256.hpp"
#include "store/sqlite/database.hpp"

namespace nias::store {

namespace fs = boost::filesystem;

namespace {

constexpr std::size_t kCopyBytes = 1U << 20U;
constexpr std::size_t kPartialNameMax = 64;
constexpr std::uint64_t kBegunBytes = 8U << 20U;  // handed to the disk together

Error failed(const std::string& what, const std::string& path) {
    const int code = errno;
    const ErrorCode kind = code == ENOSPC || code == EDQUOT ? ErrorCode::overloaded : ErrorCode::unavailable;
    return {kind, path + " cannot be " + what + ": " + std::strerror(code)};
}

/// Why a blob cannot be read, by errno: that there is none is another thing than a disk that fails.
Error unread(const BlobHash& hash, const std::string& path) {
    if (errno == ENOENT) {
        return {ErrorCode::not_found, "blob " + to_string(hash) + " is not in the store"};
    }
    return failed("read", path);
}

struct Leftover {
    std::string path;
    std::time_t written = 0;
    std::uint64_t bytes = 0;
};

/// The files of a folder, the one written last in front.
std::vector<Leftover> leftovers_in(const std::string& folder) {
    std::vector<Leftover> out;
    boost::system::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        struct stat info {};
        if (::lstat(at->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) { continue; }
        out.push_back({at->path().string(), info.st_mtime, static_cast<std::uint64_t>(info.st_size)});
    }
    std::sort(out.begin(), out.end(),
              [](const Leftover& a, const Leftover& b) { return a.written > b.written; });
    return out;
}

/// Keeps removal apart from writing and holding, across processes: those who write or hold share the lock,
/// and whoever removes has it alone. Without the file nothing is removed.
class StoreLock {
public:
    StoreLock(const std::string& root, int kind)
        : file_(::open((root + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        if (file_ < 0) { return; }
        int done = 0;
        do { done = ::flock(file_, kind); } while (done != 0 && errno == EINTR);
        held_ = done == 0;
    }
    StoreLock(const StoreLock&) = delete;
    StoreLock& operator=(const StoreLock&) = delete;
    ~StoreLock() {
        if (file_ >= 0) { ::close(file_); }
    }
    [[nodiscard]] bool held() const { return held_; }

private:
    int file_;
    bool held_ = false;
};

}  // namespace

struct BlobWriter::State {
    std::string root;
    std::string path;
    int file = -1;
    std::uint64_t size = 0;
    std::uint64_t begun = 0;   ///< bytes that the disk was told to write
    std::uint64_t hashed = 0;  ///< less than `size` only in a resumed file
    bool kept = false;         ///< if it holds anything
    bool named = false;        ///< the folder is synced, so that the file's name outlives a power cut
    Sha256 sha;
    std::optional<BlobHash> whole;  ///< the hash of everything; `sha` is spent then
    HashesLater* other = nullptr;   ///< may be at `sha`
    void settle() {
        if (other != nullptr) { other->wait(); }
        other = nullptr;
    }
    ~State() {
        settle();
        if (file >= 0) { ::close(file); }
        if (!path.empty() && !(kept && size > 0)) { ::unlink(path.c_str()); }
    }
};

BlobWriter::BlobWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlobWriter::BlobWriter(BlobWriter&&) noexcept = default;
BlobWriter& BlobWriter::operator=(BlobWriter&&) noexcept = default;
BlobWriter::~BlobWriter() = default;

Status BlobWriter::append(std::span<const std::uint8_t> data) {
    if (state_->hashed == state_->size && !state_->whole) {  // else hash_more reads it back in its turn
        state_->settle();
        state_->sha.update(data);
        state_->hashed += data.size();
    }
    return write(data);
}

// Written first: the other is at the hash while the next bytes come.
Status BlobWriter::append(Bytes data, HashesLater& other) {
    const bool hashes = state_->hashed == state_->size && !state_->whole;
    if (hashes) { state_->hashed += data.size(); }
    auto written = write(data);
    if (written && hashes) {
        state_->other = &other;
        other.update(state_->sha, std::move(data));
    }
    return written;
}

Status BlobWriter::write(std::span<const std::uint8_t> data) {
    if (state_->whole) { return Error{ErrorCode::invalid, state_->path + " was hashed: it takes no more"}; }
    while (!data.empty()) {
        const ssize_t put = ::write(state_->file, data.data(), data.size());
        if (put < 0 && errno == EINTR) { continue; }
        if (put < 0) { return failed("written", state_->path); }
        data = data.subspan(static_cast<std::size_t>(put));
        state_->size += static_cast<std::uint64_t>(put);
    }
    // The disk begins at once, or all of a large blob waits for the sync at its end. Only a hint: that sync
    // is what counts, and says what went wrong.
    if (const std::uint64_t waits = state_->size - state_->begun; waits >= kBegunBytes) {
        (void)::sync_file_range(state_->file, static_cast<off_t>(state_->begun), static_cast<off_t>(waits),
                                SYNC_FILE_RANGE_WRITE);
        state_->begun = state_->size;
    }
    return {};
}

std::uint64_t BlobWriter::size_bytes() const { return state_->size; }
std::string BlobWriter::path() const { return state_->path; }
std::uint64_t BlobWriter::unhashed_bytes() const { return state_->size - state_->hashed; }

Status BlobWriter::hash_more(std::uint64_t max_bytes) {
    Bytes piece;
    while (max_bytes > 0 && state_->hashed < state_->size) {
        piece.resize(std::min({std::uint64_t{kCopyBytes}, max_bytes, state_->size - state_->hashed}));
        const ssize_t got =
            ::pread(state_->file, piece.data(), piece.size(), static_cast<off_t>(state_->hashed));
        if (got < 0 && errno == EINTR) { continue; }
        if (got <= 0) { return failed("read back", state_->path); }
        state_->sha.update(std::span(piece).first(static_cast<std::size_t>(got)));
        state_->hashed += static_cast<std::uint64_t>(got);
        max_bytes -= static_cast<std::uint64_t>(got);
    }
    return {};
}

Status BlobWriter::check_written() {
    discard();
    const auto came = hash();
    if (!came) { return came.error(); }
    const auto written = hash_file(state_->path);
    if (!written) { return written.error(); }
    if (*written == *came) { return {}; }
    return Error{ErrorCode::unavailable,
                 state_->path + " does not hold what was written to it: check this disk"};
}

void BlobWriter::discard() { state_->kept = false; }

Status BlobWriter::sync() {
    if (::fdatasync(state_->file) != 0) {
        discard();
        return failed("synced", state_->path);
    }
    if (state_->named) { return {}; }
    if (auto synced = sync_folder(fs::path(state_->path).parent_path().string()); !synced) { return synced; }
    state_->named = true;
    return {};
}

Status BlobWriter::cut(std::uint64_t size_bytes) {
    if (size_bytes > state_->size) {
        return Error{ErrorCode::invalid, state_->path + " has only " + std::to_string(state_->size) +
                                             " bytes: it cannot be cut to " + std::to_string(size_bytes)};
    }
    const auto end = static_cast<off_t>(size_bytes);
    if (::ftruncate(state_->file, end) != 0 || ::lseek(state_->file, end, SEEK_SET) != end) {
        return failed("cut", state_->path);
    }
    state_->settle();
    state_->size = size_bytes;
    state_->begun = std::min(state_->begun, size_bytes);
    if (state_->hashed > size_bytes || state_->whole) {  // bytes that are gone cannot be taken out of a hash
        state_->sha = Sha256();
        state_->hashed = 0;
        state_->whole.reset();
    }
    return {};
}

Result<BlobHash> BlobWriter::hash() {
    if (state_->whole) { return *state_->whole; }
    if (auto hashed = hash_more(unhashed_bytes()); !hashed) { return hashed.error(); }
    state_->settle();
    state_->whole = state_->sha.finish();
    return *state_->whole;
}

Result<BlobRef> BlobWriter::commit() {
    const auto whole = hash();
    if (!whole) { return whole.error(); }
    return name_as({*whole, state_->size});
}

Result<BlobRef> BlobWriter::commit(const BlobRef& expected) {
    const auto whole = hash();
    if (!whole) { return whole.error(); }
    const BlobRef found{*whole, state_->size};
    if (found != expected) {
        discard();
        return Error{ErrorCode::invalid, "the bytes that came are not those of blob " +
                                             to_string(expected.hash) + ": send it again"};
    }
    return name_as(found);
}

Result<BlobRef> BlobWriter::name_as(const BlobRef& blob) {
    const std::string name = to_string(blob.hash);
    const std::string folder = state_->root + "/" + name.substr(0, 2);
    if (::fsync(state_->file) != 0) {
        discard();  // a sync that failed may be followed by one that succeeds with the bytes gone
        return failed("synced", state_->path);
    }
    if (auto made = make_folder(folder); !made) { return made.error(); }
    const StoreLock lock(state_->root, LOCK_SH);
    if (!lock.held()) { return failed("locked", state_->root + ".lock"); }
    if (::futimens(state_->file, nullptr) != 0) { return failed("dated", state_->path); }
    if (::rename(state_->path.c_str(), (folder + "/" + name.substr(2)).c_str()) != 0) {
        return failed("named", state_->path);
    }
    state_->path.clear();
    if (auto synced = sync_folder(folder); !synced) { return synced.error(); }
    return blob;
}

Result<Blobs> Blobs::open(const std::string& data_dir) {
    const std::string root = data_dir + "/blobs";
    for (const char* unfinished : {"/tmp", "/partial"}) {
        if (auto made = make_folder(root + unfinished); !made) { return made.error(); }
    }
    return Blobs(root);
}

std::string Blobs::path_of(const BlobHash& hash) const {
    const std::string name = to_string(hash);
    return root_ + "/" + name.substr(0, 2) + "/" + name.substr(2);
}

Result<BlobRef> Blobs::find(const BlobHash& hash) const {
    struct stat info {};
    if (::stat(path_of(hash).c_str(), &info) != 0) { return unread(hash, path_of(hash)); }
    return BlobRef{hash, static_cast<std::uint64_t>(info.st_size)};
}

Status Blobs::check(const BlobRef& blob) const {
    const auto found = find(blob.hash);
    if (!found) { return found.error(); }
    if (found->size_bytes == blob.size_bytes) { return {}; }
    return Error{ErrorCode::corrupt, path_of(blob.hash) + " has " + std::to_string(found->size_bytes) +
                                         " bytes, and " + std::to_string(blob.size_bytes) +
                                         " were stored: check this disk, and restore the file from a backup"};
}

Result<BlobRef> Blobs::hold(const BlobHash& hash) const {
    const StoreLock lock(root_, LOCK_SH);
    if (!lock.held()) { return failed("locked", root_ + ".lock"); }
    const std::string path = path_of(hash);
    if (::utimensat(AT_FDCWD, path.c_str(), nullptr, 0) != 0) { return unread(hash, path); }
    return find(hash);
}

std::set<BlobHash> Blobs::untouched_since(std::int64_t unix_s) const {
    std::set<BlobHash> found;
    boost::system::error_code error;
    for (fs::directory_iterator folder(root_, error), end; !error && folder != end; folder.increment(error)) {
        const std::string first = folder->path().filename().string();
        if (first.size() != 2) { continue; }  // tmp and partial
        for (const Leftover& file : leftovers_in(folder->path().string())) {
            const auto hash = parse_blob_hash(first + file.path.substr(file.path.rfind('/') + 1));
            if (hash && std::int64_t{file.written} < unix_s) { found.insert(*hash); }
        }
    }
    return found;
}

bool Blobs::remove_untouched(const BlobHash& hash, std::int64_t unix_s) const {
    const StoreLock lock(root_, LOCK_EX);
    struct stat info {};
    const std::string path = path_of(hash);
    if (!lock.held() || ::stat(path.c_str(), &info) != 0 || std::int64_t{info.st_mtime} >= unix_s) {
        return false;
    }
    return ::unlink(path.c_str()) == 0;
}

bool Blobs::has(const BlobHash& hash) const { return find(hash).ok(); }

Result<BlobWriter> Blobs::begin() const {
    auto state = std::make_unique<BlobWriter::State>();
    state->root = root_;
    const std::string path =
        root_ + "/tmp/" + std::to_string(::getpid()) + "-" + std::to_string(make_incarnation());
    state->file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (state->file < 0) { return failed("made", path); }
    state->path = path;
    return BlobWriter(std::move(state));
}

Result<BlobWriter> Blobs::resume(const BlobHash& hash) const { return resume_named(to_string(hash)); }

Result<BlobWriter> Blobs::resume_named(const std::string& name) const {
    const bool plain = std::all_of(name.begin(), name.end(),
                                   [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
    if (name.empty() || name.size() > kPartialNameMax || !plain) {
        return Error{ErrorCode::invalid, "a partial blob must be named by 1 to 64 digits and small letters"};
    }
    auto state = std::make_unique<BlobWriter::State>();
    state->root = root_;
    const std::string path = root_ + "/partial/" + name;
    state->file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (state->file < 0) { return failed("opened", path); }
    const off_t length = ::lseek(state->file, 0, SEEK_END);
    if (length < 0) { return failed("opened", path); }
    state->path = path;
    state->size = static_cast<std::uint64_t>(length);
    state->kept = true;
    return BlobWriter(std::move(state));
}

std::size_t Blobs::sweep(const LeftoverBounds& bounds) const {
    const std::time_t today = static_cast<std::time_t>(unix_ms_now() / 1000);
    std::size_t removed = 0;
    const auto remove = [&](const Leftover& leftover) {
        if (::unlink(leftover.path.c_str()) == 0) { ++removed; }
    };
    for (const Leftover& leftover : leftovers_in(root_ + "/tmp")) {
        if (today - leftover.written > bounds.age.count()) { remove(leftover); }
    }
    std::uint64_t sum = 0;
    for (const Leftover& leftover : leftovers_in(root_ + "/partial")) {  // the youngest first
        sum += leftover.bytes;
        const std::time_t idle = today - leftover.written;
        if (idle > bounds.age.count() || (sum > bounds.bytes && idle > bounds.busy.count())) {
            remove(leftover);
        }
    }
    return removed;
}

Result<BlobRef> Blobs::add_file(const std::string& path) const {
    const int in = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (in < 0) { return failed("read", path); }
    auto writer = begin();
    Status copied = writer ? Status{} : Status{writer.error()};
    Bytes buffer(kCopyBytes);
    while (copied) {
        const ssize_t got = ::read(in, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { copied = failed("read", path); }
        if (got <= 0) { break; }
        copied = writer->append(std::span(buffer).first(static_cast<std::size_t>(got)));
    }
    ::close(in);
    if (!copied) { return copied.error(); }
    return writer->commit();
}

Result<std::size_t> Blobs::read(const BlobHash& hash, std::uint64_t offset,
                                std::span<std::uint8_t> into) const {
    const std::string path = path_of(hash);
    const int in = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (in < 0) { return unread(hash, path); }
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t got =
            ::pread(in, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) {
            const Error error = failed("read", path);
            ::close(in);
            return error;
        }
        if (got == 0) { break; }
        done += static_cast<std::size_t>(got);
    }
    ::close(in);
    return done;
}

}  // namespace nias::store
