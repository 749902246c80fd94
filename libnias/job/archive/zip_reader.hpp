/// RAII around libzip's reader. Private to job; the members of an archive are streamed, never held whole.
#pragma once

#include <zip.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include <nias/result.hpp>

namespace nias::job {

struct ZipCloser {
    void operator()(zip_t* zip) const noexcept { zip_discard(zip); }
    void operator()(zip_file_t* file) const noexcept { zip_fclose(file); }
};
using ZipHandle = std::unique_ptr<zip_t, ZipCloser>;
using ZipFileHandle = std::unique_ptr<zip_file_t, ZipCloser>;

/// `not_found`; `unavailable`: the system cannot read it; `invalid`: it is no zip.
[[nodiscard]] Result<ZipHandle> open_zip(const std::string& path);

/// One member, read piece by piece. The zip outlives it.
class MemberReader {
public:
    /// `invalid`: its method or header is not as zips have it; `unavailable`: the system cannot read the zip.
    static Result<MemberReader> open(zip_t* zip, std::uint64_t index, std::string name,
                                     std::uint64_t size_bytes);
    /// 0 bytes at the end. An Error where it yields more or fewer bytes than `size_bytes`, or another CRC
    /// (libzip compares it at the end): `invalid`, or `unavailable` where the system cannot read the zip.
    [[nodiscard]] Result<std::size_t> read(std::span<char> into);

private:
    MemberReader(ZipFileHandle file, std::string name, std::uint64_t size_bytes)
        : file_(std::move(file)), name_(std::move(name)), size_bytes_(size_bytes) {}

    ZipFileHandle file_;
    std::string name_;
    std::uint64_t size_bytes_;
    std::uint64_t got_ = 0;
};

/// Streams a member in pieces of at most 64 KiB; the errors of MemberReader. Stops early when `take` returns
/// false.
[[nodiscard]] Status stream_member(zip_t* zip, std::uint64_t index, const std::string& name,
                                   std::uint64_t size_bytes,
                                   const std::function<Result<bool>(std::span<const char>)>& take);

}  // namespace nias::job
