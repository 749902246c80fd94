#include "job/archive/archive.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <unordered_set>

#include "job/archive/file_kind.hpp"
#include "job/archive/names.hpp"
#include "job/archive/zip_marks.hpp"
#include "job/text.hpp"

namespace nias::job {
namespace {

constexpr std::uint16_t kUnicodePathField = 0x7075;
constexpr std::uint16_t kFlagsAllowed = 0x080E;  // bits 1, 2 (compression level), 3 (descriptor), 11 (UTF-8)

[[noreturn]] void refuse(std::string code, std::string detail, std::string entry = {}) {
    throw Refusal{std::move(code), std::move(detail), std::move(entry)};
}
[[noreturn]] void broken(const std::string& what) {
    refuse("broken_zip",
           "The zip file is damaged or cut short (" + what + "): make it again and send it once more.");
}

/// Reads little-endian numbers out of bytes and never past their end.
class Cursor {
public:
    Cursor(const std::string& bytes, std::size_t at) : bytes_(bytes), at_(at) {}
    std::uint64_t take(std::size_t width) {
        if (width > bytes_.size() - std::min(at_, bytes_.size())) { broken("a record ends early"); }
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < width; ++i) {
            value |= std::uint64_t{static_cast<unsigned char>(bytes_[at_ + i])} << (8 * i);
        }
        at_ += width;
        return value;
    }
    std::string text(std::size_t length) {
        if (length > bytes_.size() - std::min(at_, bytes_.size())) { broken("a name ends early"); }
        at_ += length;
        return bytes_.substr(at_ - length, length);
    }
    [[nodiscard]] std::size_t at() const { return at_; }

private:
    const std::string& bytes_;
    std::size_t at_;
};

/// One entry of the directory, with zip64 sizes already in place.
struct Entry {
    std::uint16_t made_by = 0;
    std::uint16_t flags = 0;
    std::uint16_t method = 0;
    std::uint32_t crc = 0;
    std::uint64_t packed = 0;
    std::uint64_t unpacked = 0;
    std::uint64_t offset = 0;
    std::uint32_t attributes = 0;
    std::string raw_name;
    std::string extra;
};

struct Directory {
    std::uint64_t entries = 0;
    std::uint64_t size = 0;
    std::uint64_t offset = 0;
};

void take_zip64(const std::string& extra, bool unpacked, bool packed, bool offset, Entry& entry) {
    Cursor at(extra, 0);
    while (at.at() < extra.size()) {
        const auto id = at.take(2);
        const auto length = static_cast<std::size_t>(at.take(2));
        const std::string body = at.text(length);
        if (id != 1) { continue; }
        Cursor field(body, 0);
        if (unpacked) { entry.unpacked = field.take(8); }
        if (packed) { entry.packed = field.take(8); }
        if (offset) { entry.offset = field.take(8); }
        return;
    }
    if (unpacked || packed || offset) { broken("a large size is not given"); }
}

class Scan {
public:
    Scan(const std::string& path, const BundleLimits& limits) : limits_(limits), in_(path, std::ios::binary) {
        if (!in_) { broken("it cannot be read"); }
        in_.seekg(0, std::ios::end);
        size_ = static_cast<std::uint64_t>(in_.tellg());
    }
    Archive archive();

private:
    std::string read(std::uint64_t offset, std::uint64_t length) {
        if (offset > size_ || length > size_ - offset) { broken("a record points past the end"); }
        std::string out(static_cast<std::size_t>(length), '\0');
        in_.clear();
        in_.seekg(static_cast<std::streamoff>(offset));
        in_.read(out.data(), static_cast<std::streamsize>(length));
        if (static_cast<std::uint64_t>(in_.gcount()) != length) { broken("it cannot be read whole"); }
        return out;
    }
    Directory find_directory();
    Entry read_entry(Cursor& at);
    std::uint64_t check_local(const Entry& entry, const std::string& name);
    std::vector<Entry> read_directory(const Directory& directory);
    static RawName raw_name_of(const Entry& entry);
    void add(const Entry& entry, std::uint64_t index, const std::string& name, Archive& to);

    const BundleLimits& limits_;
    std::ifstream in_;
    std::uint64_t size_ = 0;
    std::uint64_t unpacked_ = 0;
    std::unordered_set<std::string> files_;
    std::unordered_set<std::string> folders_;
};

Directory Scan::find_directory() {
    constexpr std::uint64_t kEndBytes = 22;
    const std::string head = read(0, std::min<std::uint64_t>(size_, kFileKindBytes));
    if (auto other = refuse_no_zip(head)) { throw Refusal(std::move(*other)); }
    if (size_ < kEndBytes) { broken("it is not a zip file"); }
    const std::uint64_t tail_at = size_ - std::min<std::uint64_t>(size_, kEndBytes + 0xFFFF);
    const std::string tail = read(tail_at, size_ - tail_at);
    std::optional<std::size_t> found;
    for (std::size_t i = tail.size() - kEndBytes + 1; i-- > 0 && !found;) {
        Cursor at(tail, i);
        if (at.take(4) == kEndMark && Cursor(tail, i + 20).take(2) == tail.size() - i - kEndBytes) {
            found = i;
        }
    }
    if (!found) { broken("its end record is missing"); }
    Cursor at(tail, *found + 4);
    const auto disk = at.take(2);
    const auto first_disk = at.take(2);
    const auto here = at.take(2);
    Directory directory{at.take(2), 0, 0};
    directory.size = at.take(4);
    directory.offset = at.take(4);
    if (disk != 0 || first_disk != 0 || here != directory.entries) {
        refuse("split_zip", "The zip file is one of several parts: send it as a single file.");
    }
    std::uint64_t end = tail_at + *found;
    const bool large =
        directory.entries == 0xFFFF || directory.size == 0xFFFFFFFF || directory.offset == 0xFFFFFFFF;
    if (end >= 20 && Cursor(read(end - 20, 4), 0).take(4) == kLocator64Mark) {
        const std::string locator = read(end - 20, 20);
        const std::uint64_t record_at = Cursor(locator, 8).take(8);
        const std::string record = read(record_at, 56);
        if (Cursor(record, 0).take(4) != kEnd64Mark ||
            record_at + 12 + Cursor(record, 4).take(8) != end - 20) {
            broken("its large-file record is wrong");
        }
        const Directory wide{Cursor(record, 32).take(8), Cursor(record, 40).take(8),
                             Cursor(record, 48).take(8)};
        const auto agrees = [](std::uint64_t narrow, std::uint64_t full, std::uint64_t mark) {
            return narrow == mark || narrow == full;
        };
        if (!agrees(directory.entries, wide.entries, 0xFFFF) ||
            !agrees(directory.size, wide.size, 0xFFFFFFFF) ||
            !agrees(directory.offset, wide.offset, 0xFFFFFFFF)) {
            broken("its end records disagree");
        }
        directory = wide;
        end = record_at;
    } else if (large) {
        broken("its large-file record is missing");
    }
    if (directory.offset > end || directory.size != end - directory.offset) {
        broken("its directory is not where it should be");
    }
    return directory;
}

Entry Scan::read_entry(Cursor& at) {
    if (at.take(4) != kDirectoryMark) { broken("its directory is damaged"); }
    Entry entry;
    entry.made_by = static_cast<std::uint16_t>(at.take(2));
    at.take(2);
    entry.flags = static_cast<std::uint16_t>(at.take(2));
    entry.method = static_cast<std::uint16_t>(at.take(2));
    at.take(4);
    entry.crc = static_cast<std::uint32_t>(at.take(4));
    entry.packed = at.take(4);
    entry.unpacked = at.take(4);
    const auto name = static_cast<std::size_t>(at.take(2));
    const auto extra = static_cast<std::size_t>(at.take(2));
    const auto comment = static_cast<std::size_t>(at.take(2));
    if (at.take(2) != 0) {
        refuse("split_zip", "The zip file is one of several parts: send it as a single file.");
    }
    at.take(2);
    entry.attributes = static_cast<std::uint32_t>(at.take(4));
    entry.offset = at.take(4);
    entry.raw_name = at.text(name);
    entry.extra = at.text(extra);
    at.text(comment);
    take_zip64(entry.extra, entry.unpacked == 0xFFFFFFFF, entry.packed == 0xFFFFFFFF,
               entry.offset == 0xFFFFFFFF, entry);
    return entry;
}

RawName Scan::raw_name_of(const Entry& entry) {
    RawName raw{.bytes = entry.raw_name, .unicode_path = {}, .claims_utf8 = (entry.flags & 0x0800U) != 0};
    Cursor at(entry.extra, 0);
    while (at.at() < entry.extra.size()) {
        const auto id = at.take(2);
        const std::string body = at.text(static_cast<std::size_t>(at.take(2)));
        if (id == kUnicodePathField) { raw.unicode_path = unicode_path_of(body, entry.raw_name); }
    }
    return raw;
}

/// Where the member's bytes end. Local header and directory say the same.
std::uint64_t Scan::check_local(const Entry& entry, const std::string& name) {
    const std::string head = read(entry.offset, 30);
    Cursor at(head, 0);
    if (at.take(4) != kLocalMark) { broken("\"" + name + "\" is not where the directory says"); }
    at.take(2);
    const auto flags = at.take(2);
    const auto method = at.take(2);
    at.take(4);
    const auto crc = at.take(4);
    Entry local;
    local.packed = at.take(4);
    local.unpacked = at.take(4);
    const auto name_bytes = at.take(2);
    const auto extra_bytes = at.take(2);
    const std::string rest = read(entry.offset + 30, name_bytes + extra_bytes);
    if (rest.substr(0, static_cast<std::size_t>(name_bytes)) != entry.raw_name || flags != entry.flags ||
        method != entry.method) {
        broken("the two records of \"" + name + "\" disagree");
    }
    const bool described = (entry.flags & 8U) != 0;
    const bool wide = local.packed == 0xFFFFFFFF || local.unpacked == 0xFFFFFFFF;
    take_zip64(rest.substr(static_cast<std::size_t>(name_bytes)), local.unpacked == 0xFFFFFFFF,
               local.packed == 0xFFFFFFFF, false, local);
    const bool unset = described && local.packed == 0 && local.unpacked == 0 && crc == 0;
    if (!unset && !(local.packed == entry.packed && local.unpacked == entry.unpacked && crc == entry.crc)) {
        // With a descriptor some writers leave only the sizes unset.
        if (!(described && (local.packed == 0 || local.packed == entry.packed))) {
            broken("the two records of \"" + name + "\" disagree");
        }
    }
    std::uint64_t end = entry.offset + 30 + name_bytes + extra_bytes + entry.packed;
    if (!described) { return end; }
    const std::string tail = read(end, std::min<std::uint64_t>(24, size_ - std::min(size_, end)));
    const bool marked = tail.size() >= 4 && Cursor(tail, 0).take(4) == kDescriptorMark;
    for (const std::size_t width : {std::size_t{wide ? 8U : 4U}, std::size_t{wide ? 4U : 8U}}) {
        const std::size_t start = marked ? 4 : 0;
        if (tail.size() < start + 4 + 2 * width) { continue; }
        Cursor field(tail, start);
        if (field.take(4) == entry.crc && field.take(width) == entry.packed &&
            field.take(width) == entry.unpacked) {
            return end + start + 4 + 2 * width;
        }
    }
    broken("the descriptor of \"" + name + "\" is wrong");
}

std::string method_words(std::uint16_t method) {
    switch (method) {
        case 1: return "Shrink";
        case 6: return "Implode";
        case 9: return "Deflate64, which Windows itself uses for large files";
        case 12: return "BZip2";
        case 14: return "LZMA";
        case 20:
        case 93: return "Zstandard";
        case 95: return "XZ";
        case 98: return "PPMd";
        default: return "method " + std::to_string(method);
    }
}

/// Only plain files and folders, stored or deflated.
void judge_kind(const Entry& entry, const std::string& name, bool folder) {
    const std::string quoted = "\"" + shown(name, 200) + "\"";
    if ((entry.flags & 1U) != 0) {
        refuse("encrypted", quoted + " is protected by a password: send it without.", name);
    }
    if ((entry.flags & ~kFlagsAllowed) != 0) {
        refuse("unknown_flags", quoted + " uses a feature of zip that is not taken: make an ordinary zip.",
               name);
    }
    if (entry.method != 0 && entry.method != 8) {
        refuse("method",
               quoted + " is compressed with " + method_words(entry.method) +
                   ": choose the method Deflate and zip again (7-Zip: archive format zip, compression method "
                   "Deflate).",
               name);
    }
    const auto mode = (entry.made_by >> 8U) == 3 ? (entry.attributes >> 16U) & 0170000U : 0U;
    if (mode != 0 && mode != (folder ? 0040000U : 0100000U)) {
        refuse("not_a_file", quoted + " is a link or a device: replace it by the file itself.", name);
    }
    if (folder && entry.unpacked != 0) { broken("the folder " + quoted + " has contents"); }
    if (entry.method == 0 && entry.packed != entry.unpacked) { broken(quoted + " has two sizes"); }
}

std::vector<Entry> Scan::read_directory(const Directory& directory) {
    if (directory.entries > limits_.members) {
        refuse(
            "too_many_files",
            "The zip holds " + std::to_string(directory.entries) + " files; at most " +
                std::to_string(limits_.members) +
                " are taken: leave out what the program does not read, such as .venv, .git and old results.");
    }
    if (directory.size > limits_.directory_bytes) {
        refuse("too_many_files", "Its table of contents is too large: send fewer files or shorter names.");
    }
    const std::string bytes = read(directory.offset, directory.size);
    Cursor at(bytes, 0);
    std::vector<Entry> entries;
    for (std::uint64_t i = 0; i < directory.entries; ++i) { entries.push_back(read_entry(at)); }
    if (at.at() != bytes.size()) { broken("its directory is longer than its entries"); }
    return entries;
}

/// Judges one entry that will be unpacked.
void Scan::add(const Entry& entry, std::uint64_t index, const std::string& name, Archive& to) {
    const bool folder = name.back() == '/';
    judge_kind(entry, name, folder);
    unpacked_ += entry.unpacked;
    if (entry.unpacked > limits_.unpacked_bytes || unpacked_ > limits_.unpacked_bytes) {
        refuse("too_large",
               "Unpacked, the zip is larger than " + std::to_string(limits_.unpacked_bytes >> 20U) +
                   " MiB: leave out what the program does not read.",
               name);
    }
    const std::string bare = folder ? name.substr(0, name.size() - 1) : name;
    if (folder) { folders_.insert(bare); }
    if (!folder && !files_.insert(bare).second) {
        refuse("twice", "\"" + name + "\" is in the zip twice: make the zip again.", name);
    }
    for (std::size_t slash = bare.find('/'); slash != std::string::npos; slash = bare.find('/', slash + 1)) {
        folders_.insert(bare.substr(0, slash));
    }
    to.members.push_back({.name = name, .index = index, .size_bytes = entry.unpacked, .folder = folder});
}

Archive Scan::archive() {
    const Directory directory = find_directory();
    const std::vector<Entry> entries = read_directory(directory);
    std::vector<RawName> raw;
    for (const Entry& entry : entries) {
        if (entry.raw_name.empty()) {
            refuse("bad_name", "An entry of the zip has no name: make the zip again.");
        }
        raw.push_back(raw_name_of(entry));
    }
    const ReadNames read = read_names(raw);
    const Leavings leavings(read.names);
    Archive out;
    out.mended = read.mended;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> spans;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const std::string& name = read.names[i];
        spans.emplace_back(entries[i].offset, check_local(entries[i], shown(name, 200)));
        if (name.empty()) { continue; }  // «./», the top itself
        if (leavings.has(name)) {
            if (out.leavings++ == 0) { out.first_leaving = name; }
            continue;
        }
        if (auto bad = judge_name(name, limits_)) { throw Refusal(std::move(*bad)); }
        add(entries[i], i, name, out);
    }
    for (const std::string& file : files_) {
        if (folders_.contains(file)) {
            refuse("twice", "\"" + file + "\" is both a file and a folder: rename one.", file);
        }
    }
    std::sort(spans.begin(), spans.end());
    std::uint64_t next = 0;
    for (const auto& [from, to] : spans) {
        if (from != next) { broken("its members do not follow one another"); }
        next = to;
    }
    if (next != directory.offset) { broken("there are bytes that belong to no member"); }
    return out;
}

}  // namespace

Result<Archive, Refusal> scan_archive(const std::string& path, const BundleLimits& limits) {
    try {
        return Scan(path, limits).archive();
    } catch (const Refusal& refusal) { return refusal; }
}

}  // namespace nias::job
