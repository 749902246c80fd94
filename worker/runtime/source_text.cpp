#include "worker/runtime/source_text.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr std::uintmax_t kSourceBytes = 4U << 20U;
constexpr std::size_t kNamesSaid = 3;
constexpr std::uint32_t kUnknown = 0xFFFD;

/// Bytes 0x80 to 0x9F of Windows-1252; the others are those of Latin-1.
constexpr std::array<std::uint16_t, 32> kWindows1252{
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

void append(std::string& out, std::uint32_t point) {
    const auto byte = [&](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
    if (point < 0x80) { return byte(point); }
    if (point < 0x800) {
        byte(0xC0U | point >> 6U);
    } else if (point < 0x10000) {
        byte(0xE0U | point >> 12U);
        byte(0x80U | (point >> 6U & 0x3FU));
    } else {
        byte(0xF0U | point >> 18U);
        byte(0x80U | (point >> 12U & 0x3FU));
        byte(0x80U | (point >> 6U & 0x3FU));
    }
    byte(0x80U | (point & 0x3FU));
}

bool is_utf8(std::string_view bytes) {
    std::size_t more = 0;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (more > 0) {
            if ((byte & 0xC0U) != 0x80U) { return false; }
            --more;
        } else if (byte >= 0x80) {
            if (byte < 0xC2 || byte > 0xF4) { return false; }
            more = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1;
        }
    }
    return more == 0;
}

std::string from_utf16(std::string_view bytes, bool big_endian) {
    const auto unit = [&](std::size_t at) {
        const auto first = static_cast<unsigned char>(bytes[at]);
        const auto second = static_cast<unsigned char>(bytes[at + 1]);
        return static_cast<std::uint32_t>(big_endian ? first << 8U | second : second << 8U | first);
    };
    std::string out;
    for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
        std::uint32_t point = unit(at);
        if (point >= 0xD800 && point < 0xE000) {
            const std::uint32_t low = at + 3 < bytes.size() ? unit(at + 2) : 0;
            const bool pair = point < 0xDC00 && low >= 0xDC00 && low < 0xE000;
            point = pair ? 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00) : kUnknown;
            at += pair ? 2 : 0;
        }
        append(out, point);
    }
    return out;
}

std::string from_windows_1252(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        append(out, byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80U] : byte);
    }
    return out;
}

Status rewrite(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    return file ? Status{} : Status{Error{ErrorCode::unavailable, path + " cannot be written"}};
}

}  // namespace

std::optional<Utf8> as_utf8(std::string_view bytes) {
    if (bytes.starts_with("\xFF\xFE")) { return Utf8{from_utf16(bytes.substr(2), false), "UTF-16"}; }
    if (bytes.starts_with("\xFE\xFF")) { return Utf8{from_utf16(bytes.substr(2), true), "UTF-16"}; }
    if (bytes.starts_with("\xEF\xBB\xBF")) { return Utf8{std::string(bytes.substr(3)), "UTF-8"}; }
    if (is_utf8(bytes)) { return std::nullopt; }
    return Utf8{from_windows_1252(bytes), "Latin-1"};
}

Result<std::vector<std::string>> read_sources_as_utf8(const std::string& folder, std::string_view ending) {
    std::map<std::string_view, std::vector<std::string>> changed;
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(folder, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        const std::string path = entry->path().string();
        std::error_code ignored;
        if (!path.ends_with(ending) || !fs::is_regular_file(entry->symlink_status(ignored)) ||
            entry->file_size(ignored) > kSourceBytes) {
            continue;
        }
        std::ifstream file(path, std::ios::binary);
        const auto utf8 = as_utf8(std::string(std::istreambuf_iterator<char>(file), {}));
        if (!utf8) { continue; }
        if (auto written = rewrite(path, utf8->text); !written) { return written.error(); }
        if (utf8->from != "UTF-8") { changed[utf8->from].push_back(path.substr(folder.size() + 1)); }
    }
    std::vector<std::string> notes;
    for (const auto& [encoding, files] : changed) {
        std::string names;
        for (std::size_t i = 0; i < files.size() && i < kNamesSaid; ++i) {
            names += (names.empty() ? "" : ", ") + files[i];
        }
        if (files.size() > kNamesSaid) {
            names += " and " + std::to_string(files.size() - kNamesSaid) + " more";
        }
        notes.push_back(names + " was written in " + std::string(encoding) + " and was read as UTF-8");
    }
    return notes;
}

}  // namespace nias::worker
