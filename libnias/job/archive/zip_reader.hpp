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

/// Streams a member in pieces of at most 64 KiB. An Error where it yields more or fewer bytes than
/// `size_bytes`, or another CRC (libzip compares it at the end): `invalid`, or `unavailable` where the system
/// cannot read the zip. Stops early when `take` returns false.
[[nodiscard]] Status stream_member(zip_t* zip, std::uint64_t index, const std::string& name,
                                   std::uint64_t size_bytes,
                                   const std::function<Result<bool>(std::span<const char>)>& take);

}  // namespace nias::job
