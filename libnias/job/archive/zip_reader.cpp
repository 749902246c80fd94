#include "job/archive/zip_reader.hpp"

#include <array>

namespace nias::job {
namespace {

/// Whether the system failed, and not the zip.
ErrorCode kind_of(zip_error_t& error) {
    return zip_error_system_type(&error) == ZIP_ET_SYS ? ErrorCode::unavailable : ErrorCode::invalid;
}

}  // namespace

Result<ZipHandle> open_zip(const std::string& path) {
    int code = 0;
    ZipHandle zip(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (zip) { return zip; }
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string words = zip_error_strerror(&error);
    const ErrorCode kind = code == ZIP_ER_NOENT ? ErrorCode::not_found : kind_of(error);
    zip_error_fini(&error);
    return Error{
        kind,
        path + (kind == ErrorCode::unavailable ? " cannot be read: " : " cannot be read as a zip: ") + words};
}

Result<MemberReader> MemberReader::open(zip_t* zip, std::uint64_t index, std::string name,
                                        std::uint64_t size_bytes) {
    ZipFileHandle file(zip_fopen_index(zip, index, 0));
    if (!file) {
        return Error{kind_of(*zip_get_error(zip)),
                     "\"" + name + "\" cannot be unpacked: " + zip_strerror(zip)};
    }
    return MemberReader(std::move(file), std::move(name), size_bytes);
}

Result<std::size_t> MemberReader::read(std::span<char> into) {
    const zip_int64_t count = zip_fread(file_.get(), into.data(), into.size());
    if (count < 0) {
        const ErrorCode kind = kind_of(*zip_file_get_error(file_.get()));
        return Error{kind, "\"" + name_ + "\" " +
                               (kind == ErrorCode::invalid ? "is damaged: " : "cannot be read: ") +
                               zip_file_strerror(file_.get())};
    }
    got_ += static_cast<std::uint64_t>(count);
    if (got_ > size_bytes_) {
        return Error{ErrorCode::invalid,
                     "\"" + name_ + "\" is larger than the zip claims: make the zip again"};
    }
    if (count == 0 && got_ != size_bytes_) {
        return Error{ErrorCode::invalid,
                     "\"" + name_ + "\" is smaller than the zip claims: make the zip again"};
    }
    return static_cast<std::size_t>(count);
}

Status stream_member(zip_t* zip, std::uint64_t index, const std::string& name, std::uint64_t size_bytes,
                     const std::function<Result<bool>(std::span<const char>)>& take) {
    auto member = MemberReader::open(zip, index, name, size_bytes);
    if (!member) { return member.error(); }
    std::array<char, 64 * 1024> piece;
    while (true) {
        const auto count = member->read(piece);
        if (!count) { return count.error(); }
        if (*count == 0) { return {}; }
        auto more = take({piece.data(), *count});
        if (!more) { return more.error(); }
        if (!*more) { return {}; }
    }
}

}  // namespace nias::job
