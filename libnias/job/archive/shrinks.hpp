/// Whether a file is worth the time of a compressor. Used by all in job that writes a zip. Any thread.
#pragma once

#include <cstdint>

namespace nias::job {

/// The share that may stay of a file that is compressed, in percent of its size. Measured values of 64 bits
/// lose 5 % at most, and take thirty times as long to pack as to copy.
inline constexpr unsigned kShrunkPercentMax = 90;

/// True where pieces of the file, taken all over it, become so small that compressing is worth its time. A
/// small file is worth it always, and one that cannot be read is: who packs it says why. `file` is open for
/// reading, and its position does not move; at most 128 KiB are read and compressed.
[[nodiscard]] bool shrinks(int file, std::uint64_t size_bytes);

}  // namespace nias::job
