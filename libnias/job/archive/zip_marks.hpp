/// The four bytes that each record of a zip begins with, as little-endian numbers (APPNOTE 6.3.10 of PKWARE).
#pragma once

#include <cstdint>

namespace nias::job {

inline constexpr std::uint32_t kLocalMark = 0x04034b50;       ///< header before the bytes of an entry
inline constexpr std::uint32_t kDirectoryMark = 0x02014b50;   ///< an entry of the directory
inline constexpr std::uint32_t kEndMark = 0x06054b50;         ///< end of the directory
inline constexpr std::uint32_t kEnd64Mark = 0x06064b50;       ///< end of the directory of zip64
inline constexpr std::uint32_t kLocator64Mark = 0x07064b50;   ///< where the end of zip64 lies
inline constexpr std::uint32_t kDescriptorMark = 0x08074b50;  ///< sizes behind the bytes of an entry

}  // namespace nias::job
