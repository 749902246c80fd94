#include "job/archive/shrinks.hpp"

#include <sys/types.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <vector>

namespace nias::job {
namespace {

constexpr std::size_t kPieces = 16;
constexpr std::size_t kPieceBytes = 8 * 1024;
constexpr std::uint64_t kAlwaysWorthIt = kPieces * kPieceBytes;

}  // namespace

bool shrinks(int file, std::uint64_t size_bytes) {
    if (size_bytes < kAlwaysWorthIt) { return true; }
    std::array<Bytef, kPieceBytes> piece{};
    std::vector<Bytef> packed(::compressBound(kPieceBytes));
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    for (std::size_t i = 0; i < kPieces; ++i) {
        const std::uint64_t at = (size_bytes - kPieceBytes) / (kPieces - 1) * i;
        const ssize_t got = ::pread(file, piece.data(), piece.size(), static_cast<off_t>(at));
        if (got <= 0) { return true; }
        uLongf length = packed.size();
        if (::compress2(packed.data(), &length, piece.data(), static_cast<uLong>(got), Z_BEST_SPEED) !=
            Z_OK) {
            return true;
        }
        before += static_cast<std::uint64_t>(got);
        after += length;
    }
    return after * 100 <= before * kShrunkPercentMax;
}

}  // namespace nias::job
