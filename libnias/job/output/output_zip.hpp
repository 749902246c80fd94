/// output.zip as pack.hpp makes it, read by httpfront and cli.
/// Functions without state; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <nias/result.hpp>

namespace nias::job {

struct ZipEntry {
    std::string path;
    std::uint64_t size_bytes = 0;
};

/// Regular files of a zip that pack_output() made, by path. This and the rest: `corrupt` where it is not
/// as it was made, `unavailable` where it cannot be read.
[[nodiscard]] Result<std::vector<ZipEntry>> list_zip(const std::string& zip_path);

/// One file of the zip, read piece by piece. One thread at a time.
class ZipEntryReader {
public:
    /// `not_found` where the zip has no such file.
    static Result<ZipEntryReader> open(const std::string& zip_path, const std::string& entry);
    ZipEntryReader(ZipEntryReader&&) noexcept;
    ZipEntryReader& operator=(ZipEntryReader&&) noexcept;
    ~ZipEntryReader();

    [[nodiscard]] std::uint64_t size_bytes() const;
    /// 0 bytes at the end. An Error at the end, by the checksum, is about all that was read before.
    [[nodiscard]] Result<std::size_t> read(std::span<char> into);

private:
    struct State;
    explicit ZipEntryReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Hands one file to `take` in pieces of at most 64 KiB; stops early where `take` returns false.
/// `not_found` where the zip has no such file.
[[nodiscard]] Status read_zip_entry(const std::string& zip_path, const std::string& entry,
                                    const std::function<bool(std::span<const char>)>& take);

/// Writes every file of the zip below `folder`, which is made where it is missing.
[[nodiscard]] Status unpack_output(const std::string& zip_path, const std::string& folder);

}  // namespace nias::job
