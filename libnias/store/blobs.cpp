#include "store/blobs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/ids.hpp"
#include "base/sha256.hpp"
#include "store/database.hpp"

namespace nias::store {
namespace {

constexpr std::size_t kCopyBytes = 1U << 20U;

Error failed(const std::string& what, const std::string& path) {
    const int code = errno;
    const ErrorCode kind = code == ENOSPC || code == EDQUOT ? ErrorCode::overloaded : ErrorCode::unavailable;
    return {kind, path + " cannot be " + what + ": " + std::strerror(code)};
}

}  // namespace

struct BlobWriter::State {
    std::string root;
    std::string path;
    int file = -1;
    std::uint64_t size = 0;
    Sha256 sha;
    ~State() {
        if (file >= 0) { ::close(file); }
        if (!path.empty()) { ::unlink(path.c_str()); }
    }
};

BlobWriter::BlobWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlobWriter::BlobWriter(BlobWriter&&) noexcept = default;
BlobWriter& BlobWriter::operator=(BlobWriter&&) noexcept = default;
BlobWriter::~BlobWriter() = default;

Status BlobWriter::append(std::span<const std::uint8_t> data) {
    state_->sha.update(data);
    while (!data.empty()) {
        const ssize_t put = ::write(state_->file, data.data(), data.size());
        if (put < 0 && errno == EINTR) { continue; }
        if (put < 0) { return failed("written", state_->path); }
        data = data.subspan(static_cast<std::size_t>(put));
        state_->size += static_cast<std::uint64_t>(put);
    }
    return {};
}

std::uint64_t BlobWriter::size_bytes() const { return state_->size; }
std::string BlobWriter::path() const { return state_->path; }

Result<BlobRef> BlobWriter::commit() { return name_as({state_->sha.finish(), state_->size}); }

Result<BlobRef> BlobWriter::commit(const BlobRef& expected) {
    const BlobRef found{state_->sha.finish(), state_->size};
    if (found != expected) {
        return Error{ErrorCode::invalid, "the bytes that came are not those of blob " +
                                             to_string(expected.hash) + ": send it again"};
    }
    return name_as(found);
}

Result<BlobRef> BlobWriter::name_as(const BlobRef& blob) {
    const std::string name = to_string(blob.hash);
    const std::string folder = state_->root + "/" + name.substr(0, 2);
    if (::fsync(state_->file) != 0) { return failed("synced", state_->path); }
    if (auto made = make_folder(folder); !made) { return made.error(); }
    if (::rename(state_->path.c_str(), (folder + "/" + name.substr(2)).c_str()) != 0) {
        return failed("named", state_->path);
    }
    state_->path.clear();
    if (auto synced = sync_folder(folder); !synced) { return synced.error(); }
    return blob;
}

Result<Blobs> Blobs::open(const std::string& data_dir) {
    const std::string root = data_dir + "/blobs";
    if (auto made = make_folder(root + "/tmp"); !made) { return made.error(); }
    return Blobs(root);
}

std::string Blobs::path_of(const BlobHash& hash) const {
    const std::string name = to_string(hash);
    return root_ + "/" + name.substr(0, 2) + "/" + name.substr(2);
}

Result<BlobRef> Blobs::find(const BlobHash& hash) const {
    struct stat info {};
    if (::stat(path_of(hash).c_str(), &info) != 0) {
        return Error{ErrorCode::not_found, "blob " + to_string(hash) + " is not in the store"};
    }
    return BlobRef{hash, static_cast<std::uint64_t>(info.st_size)};
}

bool Blobs::has(const BlobHash& hash) const { return find(hash).ok(); }

Result<BlobWriter> Blobs::begin() const {
    auto state = std::make_unique<BlobWriter::State>();
    state->root = root_;
    const std::string path =
        root_ + "/tmp/" + std::to_string(::getpid()) + "-" + std::to_string(make_incarnation());
    state->file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (state->file < 0) { return failed("made", path); }
    state->path = path;
    return BlobWriter(std::move(state));
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

Result<Bytes> Blobs::read(const BlobHash& hash, std::uint64_t offset, std::size_t max_bytes) const {
    const std::string path = path_of(hash);
    const int in = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (in < 0) { return Error{ErrorCode::not_found, "blob " + to_string(hash) + " is not in the store"}; }
    Bytes out(max_bytes);
    std::size_t done = 0;
    while (done < max_bytes) {
        const ssize_t got =
            ::pread(in, out.data() + done, max_bytes - done, static_cast<off_t>(offset + done));
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
    out.resize(done);
    return out;
}

}  // namespace nias::store
