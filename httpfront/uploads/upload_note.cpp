#include "uploads/upload_note.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/log.hpp"
#include "base/numbers.hpp"

namespace nias::httpfront {
namespace {

constexpr int kOffsetDigits = 20;

std::string digits_of(std::uint64_t offset) {
    std::string digits = std::to_string(offset);
    return std::string(kOffsetDigits - digits.size(), '0') + digits;
}

Error failed(const std::string& path) {
    const int code = errno;
    const ErrorCode kind = code == ENOSPC || code == EDQUOT ? ErrorCode::overloaded : ErrorCode::unavailable;
    return {kind, path + " cannot be written: " + std::strerror(code)};
}

/// Writes `text` at `offset`, or at the end where there is none.
Status write_at(const std::string& path, int flags, std::optional<off_t> offset, const std::string& text,
                bool durable) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0600);
    if (file < 0) { return failed(path); }
    const ssize_t put =
        offset ? ::pwrite(file, text.data(), text.size(), *offset) : ::write(file, text.data(), text.size());
    const bool written = put == static_cast<ssize_t>(text.size()) && (!durable || ::fdatasync(file) == 0);
    Status status = written ? Status{} : Status{failed(path)};
    ::close(file);
    return status;
}

/// Fills in what the second line says; false for another kind of line.
bool parse_json(const std::string& line, UploadInfo& info) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) { return false; }
    const auto text = [&](const char* name, std::string& into) {
        const auto at = json.find(name);
        if (at == json.end() || !at->is_string()) { return false; }
        into = at->get<std::string>();
        return true;
    };
    const auto length = json.find("length");
    if (length == json.end() || !length->is_number_unsigned()) { return false; }
    info.length = length->get<std::uint64_t>();
    return text("owner", info.owner) && text("name", info.file_name) && text("metadata", info.metadata);
}

bool parse_offset(const std::string& line, UploadInfo& info) {
    const auto offset = whole_number<std::uint64_t>(line);
    info.offset = offset.value_or(0);
    return line.size() == kOffsetDigits && offset.has_value();
}

/// The lines of the blob; the last one counts. One that a power cut tore has no line end, and counts for
/// nothing.
void parse_blob(std::istream& in, UploadInfo& info) {
    for (std::string line; std::getline(in, line) && !in.eof();) {
        std::istringstream words(line);
        std::string hash;
        std::uint64_t size = 0;
        words >> hash >> size;
        const auto parsed = parse_blob_hash(hash);
        if (parsed && !words.fail()) { info.blob = BlobRef{*parsed, size}; }
    }
}

}  // namespace

Status UploadNote::begin(const UploadInfo& info) const {
    const nlohmann::ordered_json json{{"owner", info.owner},
                                      {"name", info.file_name},
                                      {"metadata", info.metadata},
                                      {"length", info.length}};
    const std::string line = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return write_at(path_, O_CREAT | O_EXCL, 0, digits_of(info.offset) + "\n" + line + "\n", false);
}

Status UploadNote::confirm(std::uint64_t offset) const {
    return write_at(path_, 0, 0, digits_of(offset), true);
}

Status UploadNote::name_blob(const BlobRef& blob) const {
    const std::string line = to_string(blob.hash) + " " + std::to_string(blob.size_bytes) + "\n";
    return write_at(path_, O_APPEND, std::nullopt, line, true);
}

Result<UploadInfo> UploadNote::read(const std::string& id) const {
    struct stat state {};
    std::ifstream in(path_);
    if (!in || ::stat(path_.c_str(), &state) != 0) {
        return Error{ErrorCode::not_found, path_ + " cannot be read: " + std::strerror(errno)};
    }
    UploadInfo info;
    info.id = id;
    info.written_unix_ms = std::int64_t{state.st_mtim.tv_sec} * 1000 + state.st_mtim.tv_nsec / 1'000'000;
    std::string offset;
    std::string json;
    std::getline(in, offset);
    std::getline(in, json);
    if (!parse_offset(offset, info) || !parse_json(json, info) || info.offset > info.length) {
        return Error{ErrorCode::corrupt, path_ + " is no note of an upload"};
    }
    parse_blob(in, info);
    return info;
}

void UploadNote::remove() const {
    if (::unlink(path_.c_str()) != 0 && errno != ENOENT) {
        log::warn(path_ + " cannot be removed: " + std::strerror(errno));
    }
}

}  // namespace nias::httpfront
