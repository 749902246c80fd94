#include "job/output/joined_zip.hpp"

#include <algorithm>
#include <cstring>
#include <ctime>

#include "job/archive/zip_marks.hpp"
#include "job/archive/zip_reader.hpp"

namespace nias::job {
namespace {

// Fields of APPNOTE 6.3.10 of PKWARE.
constexpr std::uint16_t kZip64Field = 1;
constexpr std::uint16_t kVersion = 45;           // zip64
constexpr std::uint16_t kMadeByUnix = 3U << 8U;  // the attributes are a mode of Unix
constexpr std::uint16_t kUtf8Names = 1U << 11U;
constexpr std::uint32_t kRegularFile = 0100644U << 16U;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;
constexpr std::size_t kRecordOf64 = 56;  // bytes of the end of directory of zip64

struct Entry {
    std::size_t part = 0;
    std::uint64_t index = 0;  ///< number in the directory of its part
    std::string name;         ///< with the folder
    std::uint16_t method = 0;
    std::uint32_t crc = 0;
    std::uint64_t packed = 0;
    std::uint64_t unpacked = 0;
    std::uint32_t time = 0;  ///< as zips have it: date and time of two bytes each
    std::uint64_t offset = 0;
};

/// Little-endian numbers, one behind the other.
class Record {
public:
    Record& two(std::uint64_t value) { return number(value, 2); }
    Record& four(std::uint64_t value) { return number(value, 4); }
    Record& eight(std::uint64_t value) { return number(value, 8); }
    Record& text(std::string_view bytes) {
        bytes_ += bytes;
        return *this;
    }
    [[nodiscard]] const std::string& bytes() const { return bytes_; }

private:
    Record& number(std::uint64_t value, std::size_t width) {
        for (std::size_t i = 0; i < width; ++i) { bytes_.push_back(static_cast<char>(value >> (8 * i))); }
        return *this;
    }
    std::string bytes_;
};

bool is_large(const Entry& entry) { return std::max(entry.packed, entry.unpacked) >= kIn64; }

std::string local_header(const Entry& entry) {
    const bool large = is_large(entry);
    Record extra;
    if (large) { extra.two(kZip64Field).two(16).eight(entry.unpacked).eight(entry.packed); }
    return Record()
        .four(kLocalMark)
        .two(kVersion)
        .two(kUtf8Names)
        .two(entry.method)
        .four(entry.time)
        .four(entry.crc)
        .four(large ? kIn64 : entry.packed)
        .four(large ? kIn64 : entry.unpacked)
        .two(entry.name.size())
        .two(extra.bytes().size())
        .text(entry.name)
        .text(extra.bytes())
        .bytes();
}

std::string directory_header(const Entry& entry) {
    const bool large = is_large(entry);
    const bool far = entry.offset >= kIn64;
    Record sizes;
    if (large) { sizes.eight(entry.unpacked).eight(entry.packed); }
    if (far) { sizes.eight(entry.offset); }
    Record extra;
    if (large || far) { extra.two(kZip64Field).two(sizes.bytes().size()).text(sizes.bytes()); }
    return Record()
        .four(kDirectoryMark)
        .two(kMadeByUnix | kVersion)
        .two(kVersion)
        .two(kUtf8Names)
        .two(entry.method)
        .four(entry.time)
        .four(entry.crc)
        .four(large ? kIn64 : entry.packed)
        .four(large ? kIn64 : entry.unpacked)
        .two(entry.name.size())
        .two(extra.bytes().size())
        .two(0)  // comment
        .two(0)  // disk
        .two(0)  // internal attributes
        .four(kRegularFile)
        .four(far ? kIn64 : entry.offset)
        .text(entry.name)
        .text(extra.bytes())
        .bytes();
}

std::string end_of_directory(std::uint64_t entries, std::uint64_t offset, std::uint64_t size) {
    Record end;
    if (entries >= 0xFFFF || offset >= kIn64 || size >= kIn64) {
        end.four(kEnd64Mark)
            .eight(kRecordOf64 - 12)  // what follows
            .two(kMadeByUnix | kVersion)
            .two(kVersion)
            .four(0)
            .four(0)
            .eight(entries)
            .eight(entries)
            .eight(size)
            .eight(offset);
        end.four(kLocator64Mark).four(0).eight(offset + size).four(1);
    }
    const std::uint64_t shown = std::min<std::uint64_t>(entries, 0xFFFF);
    end.four(kEndMark).two(0).two(0).two(shown).two(shown);
    end.four(std::min<std::uint64_t>(size, kIn64)).four(std::min<std::uint64_t>(offset, kIn64)).two(0);
    return end.bytes();
}

std::uint32_t dos_time(std::time_t time) {
    std::tm at{};
    ::localtime_r(&time, &at);
    const auto clamped = [](int value, int least) {
        return static_cast<std::uint32_t>(std::max(value, least));
    };
    const std::uint32_t date =
        clamped(at.tm_year - 80, 0) << 9U | clamped(at.tm_mon + 1, 1) << 5U | clamped(at.tm_mday, 1);
    const std::uint32_t clock =
        clamped(at.tm_hour, 0) << 11U | clamped(at.tm_min, 0) << 5U | clamped(at.tm_sec / 2, 0);
    return date << 16U | clock;
}

Error damaged(const std::string& path, const std::string& how) {
    return {ErrorCode::corrupt, path + " is not as it was packed: " + how};
}

Status read_directory(const JoinedZip::Part& part, std::size_t number, std::vector<Entry>& to) {
    auto zip = open_zip(part.zip_path);
    if (!zip) { return zip.error(); }
    const auto count =
        static_cast<std::uint64_t>(std::max<zip_int64_t>(0, zip_get_num_entries(zip->get(), 0)));
    if (to.size() + count > JoinedZip::kEntriesMax) {
        return Error{ErrorCode::overloaded, "the members have more than " +
                                                std::to_string(JoinedZip::kEntriesMax) +
                                                " files: fetch them a member at a time"};
    }
    constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC |
                                     ZIP_STAT_COMP_METHOD | ZIP_STAT_MTIME;
    for (std::uint64_t i = 0; i < count; ++i) {
        zip_stat_t seen;
        if (zip_stat_index(zip->get(), i, 0, &seen) != 0 || (seen.valid & kNeeded) != kNeeded) {
            return damaged(part.zip_path, "an entry cannot be read");
        }
        const std::string_view name = seen.name;
        if (name.ends_with('/')) { continue; }
        to.push_back({.part = number,
                      .index = i,
                      .name = part.folder + "/" + std::string(name),
                      .method = seen.comp_method,
                      .crc = seen.crc,
                      .packed = seen.comp_size,
                      .unpacked = seen.size,
                      .time = dos_time(seen.mtime)});
        if (to.back().name.size() > 0xFFFF) { return damaged(part.zip_path, "a name is too long"); }
    }
    return {};
}

}  // namespace

struct JoinedZip::State {
    std::vector<Part> parts;
    std::vector<Entry> entries;
    std::uint64_t directory_at = 0;
    std::uint64_t directory_size = 0;
    std::uint64_t size = 0;

    std::size_t next = 0;       ///< entry whose header comes next; then those of the directory
    std::string header;         ///< a header of which some is still to be read
    std::size_t header_at = 0;  ///< how far it was read
    ZipHandle zip;              ///< the part of the entry that is read
    std::size_t zip_part = SIZE_MAX;
    ZipFileHandle file;  ///< the entry that is read; null between two
    std::uint64_t file_left = 0;

    void place_entries();
    Status begin_entry();
    Result<std::size_t> read_file(std::span<char> into);
    bool next_header();
};

void JoinedZip::State::place_entries() {
    for (Entry& entry : entries) {
        entry.offset = directory_at;
        directory_at += local_header(entry).size() + entry.packed;
        directory_size += directory_header(entry).size();
    }
    size =
        directory_at + directory_size + end_of_directory(entries.size(), directory_at, directory_size).size();
}

// Called when the header before it was read.
Status JoinedZip::State::begin_entry() {
    const Entry& entry = entries[next - 1];
    const std::string& path = parts[entry.part].zip_path;
    if (zip_part != entry.part) {
        auto opened = open_zip(path);
        if (!opened) { return opened.error(); }
        zip = std::move(*opened);
        zip_part = entry.part;
    }
    file.reset(zip_fopen_index(zip.get(), entry.index, ZIP_FL_COMPRESSED));
    if (!file) { return damaged(path, zip_strerror(zip.get())); }
    file_left = entry.packed;
    return {};
}

Result<std::size_t> JoinedZip::State::read_file(std::span<char> into) {
    const std::string& path = parts[entries[next - 1].part].zip_path;
    const auto wanted = static_cast<zip_uint64_t>(std::min<std::uint64_t>(into.size(), file_left));
    const zip_int64_t count = zip_fread(file.get(), into.data(), wanted);
    if (count <= 0) { return damaged(path, "an entry is shorter than it was"); }
    file_left -= static_cast<std::uint64_t>(count);
    if (file_left == 0) { file.reset(); }
    return static_cast<std::size_t>(count);
}

/// False: all was given out.
bool JoinedZip::State::next_header() {
    const std::size_t all = entries.size();
    header_at = 0;
    if (next < all) {
        header = local_header(entries[next]);
    } else if (next < 2 * all) {
        header = directory_header(entries[next - all]);
    } else if (next == 2 * all) {
        header = end_of_directory(all, directory_at, directory_size);
    } else {
        return false;
    }
    ++next;
    return true;
}

JoinedZip::JoinedZip(std::unique_ptr<State> state) : state_(std::move(state)) {}
JoinedZip::JoinedZip(JoinedZip&&) noexcept = default;
JoinedZip& JoinedZip::operator=(JoinedZip&&) noexcept = default;
JoinedZip::~JoinedZip() = default;

Result<JoinedZip> JoinedZip::open(std::vector<Part> parts) {
    auto state = std::make_unique<State>();
    state->parts = std::move(parts);
    for (std::size_t i = 0; i < state->parts.size(); ++i) {
        if (auto read = read_directory(state->parts[i], i, state->entries); !read) { return read.error(); }
    }
    state->place_entries();
    return JoinedZip(std::move(state));
}

std::uint64_t JoinedZip::size_bytes() const { return state_->size; }

Result<std::size_t> JoinedZip::read(std::span<char> into) {
    State& state = *state_;
    while (true) {
        if (state.header_at < state.header.size()) {
            const std::size_t count = std::min(into.size(), state.header.size() - state.header_at);
            std::memcpy(into.data(), state.header.data() + state.header_at, count);
            state.header_at += count;
            const bool whole = state.header_at == state.header.size();
            const bool is_local = state.next <= state.entries.size();
            if (whole && is_local && state.entries[state.next - 1].packed > 0) {
                if (auto begun = state.begin_entry(); !begun) { return begun.error(); }
            }
            return count;
        }
        if (state.file) { return state.read_file(into); }
        if (!state.next_header()) { return std::size_t{0}; }
    }
}

}  // namespace nias::job
