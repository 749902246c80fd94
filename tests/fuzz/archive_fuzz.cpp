// Fuzzes what a researcher may send: any bytes as a bundle, judged and then unpacked; and what does not begin
// like a zip as a manifest. A refusal has words; what is taken unpacks to what it claimed, and to nothing
// else.
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "job/bundle/bundle.hpp"
#include "job/manifest/manifest.hpp"
#include "job/manifest/measures.hpp"
#include "support/temp_folder.hpp"

namespace nias::fuzz {
namespace {

/// A file in memory: the judge wants a path.
class MemoryFile {
public:
    explicit MemoryFile(std::span<const std::uint8_t> bytes)
        : descriptor_(::memfd_create("bundle", MFD_CLOEXEC)) {
        NIAS_CHECK(descriptor_ >= 0, "a file in memory can be made");
        const auto wrote = ::write(descriptor_, bytes.data(), bytes.size());
        NIAS_CHECK(wrote == static_cast<ssize_t>(bytes.size()), "it takes all bytes");
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    ~MemoryFile() { ::close(descriptor_); }
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

private:
    int descriptor_;
};

job::BundleLimits small_limits() {
    job::BundleLimits limits;
    limits.unpacked_bytes = 1U << 20U;
    limits.members = 100;
    return limits;
}

void unpack(const std::string& zip, const job::Layout& layout) {
    const test::TempFolder folder;
    const std::string inside = folder / "work";
    std::filesystem::create_directory(inside);
    const Status done = job::unpack(zip, layout, inside);
    std::uint64_t bytes = 0;
    std::size_t entries = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(inside)) {
        NIAS_CHECK(!entry.is_symlink() && (entry.is_regular_file() || entry.is_directory()),
                   "only files and folders are written");
        bytes += entry.is_regular_file() ? entry.file_size() : 0;
        entries += 1;
    }
    NIAS_CHECK(bytes <= layout.unpacked_bytes, "no more is written than was claimed");
    NIAS_CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1,
               "nothing is written outside");
    if (!done) {
        NIAS_CHECK(!done.error().message.empty(), "a refusal has words");
        return;
    }
    NIAS_CHECK(entries >= 1, "a bundle that is taken has its program");
    NIAS_CHECK(std::filesystem::is_regular_file(inside + "/" + layout.entry),
               "the program is where the layout says");
}

void bundle(std::span<const std::uint8_t> bytes) {
    const MemoryFile file(bytes);
    const auto verdict = job::judge(file.path(), "upload.zip", small_limits());
    if (!verdict) {
        NIAS_CHECK(!verdict.error().code.empty() && !verdict.error().detail.empty(),
                   "a refusal has a code and words");
        return;
    }
    unpack(file.path(), *verdict);
}

void manifest(std::string_view text) {
    if (const auto read = job::parse_manifest(text); !read) {
        NIAS_CHECK(!read.error().message.empty(), "a refusal has words");
    }
    if (const auto read = job::parse_bytes(text); !read) {
        NIAS_CHECK(!read.error().message.empty(), "a refusal has words");
    }
    if (const auto read = job::parse_duration_ms(text); !read) {
        NIAS_CHECK(!read.error().message.empty(), "a refusal has words");
    }
}

}  // namespace
}  // namespace nias::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (text.starts_with("PK")) {
        nias::fuzz::bundle({data, size});
    } else {
        nias::fuzz::manifest(text);
    }
    return 0;
}
