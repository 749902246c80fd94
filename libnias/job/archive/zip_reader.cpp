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

Status stream_member(zip_t* zip, std::uint64_t index, const std::string& name, std::uint64_t size_bytes,
                     const std::function<Result<bool>(std::span<const char>)>& take) {
    const ZipFileHandle file(zip_fopen_index(zip, index, 0));
    if (!file) {
        return Error{kind_of(*zip_get_error(zip)),
                     "\"" + name + "\" cannot be unpacked: " + zip_strerror(zip)};
    }
    std::array<char, 64 * 1024> piece;
    std::uint64_t got = 0;
    while (true) {
        const zip_int64_t count = zip_fread(file.get(), piece.data(), piece.size());
        if (count < 0) {
            const ErrorCode kind = kind_of(*zip_file_get_error(file.get()));
            return Error{kind, "\"" + name + "\" " +
                                   (kind == ErrorCode::invalid ? "is damaged: " : "cannot be read: ") +
                                   zip_file_strerror(file.get())};
        }
        if (count == 0) { break; }
        got += static_cast<std::uint64_t>(count);
        if (got > size_bytes) {
            return Error{ErrorCode::invalid,
                         "\"" + name + "\" is larger than the zip claims: make the zip again"};
        }
        auto more = take({piece.data(), static_cast<std::size_t>(count)});
        if (!more) { return more.error(); }
        if (!*more) { return {}; }
    }
    if (got != size_bytes) {
        return Error{ErrorCode::invalid,
                     "\"" + name + "\" is smaller than the zip claims: make the zip again"};
    }
    return {};
}

}  // namespace nias::job
