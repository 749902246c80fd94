#include "job/output/output_zip.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>

#include "base/host/descriptor.hpp"
#include "job/archive/zip_reader.hpp"

namespace nias::job {
namespace {

bool is_safe(const std::string& name) {
    return !name.empty() && name.front() != '/' && ("/" + name + "/").find("/../") == std::string::npos &&
           name.find('\\') == std::string::npos;
}

}  // namespace

namespace {

/// The zip is one of ours: what is wrong in it went wrong on this machine, and its reader can do nothing.
Error of_stored(const Error& error) {
    if (error.code != ErrorCode::invalid) { return error; }
    return {ErrorCode::corrupt, error.message + ": these outputs are damaged on the disk of the server"};
}

}  // namespace

Result<std::vector<ZipEntry>> list_zip(const std::string& zip_path) {
    auto zip = open_zip(zip_path);
    if (!zip) { return of_stored(zip.error()); }
    std::vector<ZipEntry> entries;
    const zip_int64_t count = zip_get_num_entries(zip->get(), 0);
    for (zip_int64_t i = 0; i < count; ++i) {
        zip_stat_t stat;
        if (zip_stat_index(zip->get(), static_cast<zip_uint64_t>(i), 0, &stat) != 0) {
            return Error{ErrorCode::corrupt, zip_path + ": " + zip_strerror(zip->get())};
        }
        const std::string name = stat.name;
        if (!name.ends_with('/')) { entries.push_back({name, stat.size}); }
    }
    std::sort(entries.begin(), entries.end(),
              [](const ZipEntry& a, const ZipEntry& b) { return a.path < b.path; });
    return entries;
}

struct ZipEntryReader::State {
    ZipHandle zip;
    MemberReader member;  // reads from the zip, so it goes first
    std::uint64_t size_bytes;
};

ZipEntryReader::ZipEntryReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZipEntryReader::ZipEntryReader(ZipEntryReader&&) noexcept = default;
ZipEntryReader& ZipEntryReader::operator=(ZipEntryReader&&) noexcept = default;
ZipEntryReader::~ZipEntryReader() = default;
std::uint64_t ZipEntryReader::size_bytes() const { return state_->size_bytes; }

Result<ZipEntryReader> ZipEntryReader::open(const std::string& zip_path, const std::string& entry) {
    auto zip = open_zip(zip_path);
    if (!zip) { return of_stored(zip.error()); }
    zip_stat_t stat;
    if (zip_stat(zip->get(), entry.c_str(), ZIP_FL_ENC_UTF_8, &stat) != 0) {
        return Error{ErrorCode::not_found, "the outputs hold no file \"" + entry + "\""};
    }
    auto member = MemberReader::open(zip->get(), stat.index, entry, stat.size);
    if (!member) { return of_stored(member.error()); }
    return ZipEntryReader(std::make_unique<State>(State{std::move(*zip), std::move(*member), stat.size}));
}

Result<std::size_t> ZipEntryReader::read(std::span<char> into) {
    auto count = state_->member.read(into);
    if (!count) { return of_stored(count.error()); }
    return count;
}

Status read_zip_entry(const std::string& zip_path, const std::string& entry,
                      const std::function<bool(std::span<const char>)>& take) {
    auto reader = ZipEntryReader::open(zip_path, entry);
    if (!reader) { return reader.error(); }
    std::array<char, 64 * 1024> piece;
    while (true) {
        const auto count = reader->read(piece);
        if (!count) { return count.error(); }
        if (*count == 0 || !take({piece.data(), *count})) { return {}; }
    }
}

namespace {

/// True, so that the stream goes on.
Result<bool> write_all(int file, std::span<const char> piece, const std::string& path) {
    while (!piece.empty()) {
        const ssize_t count = ::write(file, piece.data(), piece.size());
        if (count < 0 && errno != EINTR) {
            return Error{ErrorCode::unavailable, path + ": " + std::strerror(errno)};
        }
        if (count > 0) { piece = piece.subspan(static_cast<std::size_t>(count)); }
    }
    return true;
}

}  // namespace

Status unpack_output(const std::string& zip_path, const std::string& folder) {
    auto zip = open_zip(zip_path);
    if (!zip) { return of_stored(zip.error()); }
    auto entries = list_zip(zip_path);
    if (!entries) { return entries.error(); }
    for (const ZipEntry& entry : *entries) {
        if (!is_safe(entry.path)) {
            return Error{ErrorCode::corrupt, zip_path + " holds the unsafe name \"" + entry.path + "\""};
        }
        const boost::filesystem::path path = boost::filesystem::path(folder) / entry.path;
        boost::system::error_code error;
        boost::filesystem::create_directories(path.parent_path(), error);
        if (error) {
            return Error{ErrorCode::unavailable, path.parent_path().string() + ": " + error.message()};
        }
        const Descriptor file(
            ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
        if (file.get() < 0) {
            return Error{ErrorCode::unavailable, path.string() + ": " + std::strerror(errno)};
        }
        const zip_int64_t index = zip_name_locate(zip->get(), entry.path.c_str(), ZIP_FL_ENC_UTF_8);
        auto written = stream_member(
            zip->get(), static_cast<std::uint64_t>(index), entry.path, entry.size_bytes,
            [&](std::span<const char> piece) { return write_all(file.get(), piece, path.string()); });
        if (!written) { return of_stored(written.error()); }
    }
    return {};
}

}  // namespace nias::job
