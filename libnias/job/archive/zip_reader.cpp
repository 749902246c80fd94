#include "job/archive/zip_reader.hpp"

#include <array>

namespace nias::job {

Result<ZipHandle> open_zip(const std::string& path) {
    int code = 0;
    ZipHandle zip(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (zip) { return zip; }
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string words = zip_error_strerror(&error);
    zip_error_fini(&error);
    return Error{code == ZIP_ER_NOENT ? ErrorCode::not_found : ErrorCode::invalid,
                 path + " cannot be read as a zip: " + words};
}

Status stream_member(zip_t* zip, std::uint64_t index, const std::string& name, std::uint64_t size_bytes,
                     const std::function<Result<bool>(std::span<const char>)>& take) {
    const ZipFileHandle file(zip_fopen_index(zip, index, 0));
    if (!file) {
        return Error{ErrorCode::invalid, "\"" + name + "\" cannot be unpacked: " + zip_strerror(zip)};
    }
    std::array<char, 64 * 1024> piece;
    std::uint64_t got = 0;
    while (true) {
        const zip_int64_t count = zip_fread(file.get(), piece.data(), piece.size());
        if (count < 0) {
            return Error{ErrorCode::invalid, "\"" + name + "\" is damaged: " + zip_file_strerror(file.get())};
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
