#include "service/bulk/arriving_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/ids.hpp"
#include "base/log.hpp"

namespace nias::service {
namespace fs = std::filesystem;

Result<ArrivingFile> ArrivingFile::begin(const std::string& place) {
    std::error_code error;
    if (place.empty() || fs::is_directory(place, error)) {
        return Error{ErrorCode::invalid,
                     "\"" + place + "\" is no place for a file: name a file, not a folder"};
    }
    const fs::path folder = fs::path(place).parent_path();
    std::string beside = (folder / (".nias-" + std::to_string(make_incarnation()))).string();
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    if (!out) { return Error{ErrorCode::unavailable, place + " cannot be written: " + std::strerror(errno)}; }
    return ArrivingFile(place, std::move(beside), std::move(out));
}

ArrivingFile::ArrivingFile(ArrivingFile&& other) noexcept
    : place_(std::move(other.place_)),
      beside_(std::exchange(other.beside_, {})),
      out_(std::move(other.out_)) {}

ArrivingFile::~ArrivingFile() {
    if (beside_.empty()) { return; }
    std::error_code error;
    fs::remove(beside_, error);
    if (error) { log::warn(beside_ + " was not removed: " + error.message()); }
}

Status ArrivingFile::append(std::span<const std::uint8_t> bytes) {
    out_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (out_) { return {}; }
    return Error{ErrorCode::unavailable, place_ + " cannot be written: is the disk full?"};
}

Status ArrivingFile::finish() {
    out_.close();
    if (!out_) { return Error{ErrorCode::unavailable, place_ + " cannot be written: is the disk full?"}; }
    std::error_code error;
    fs::rename(beside_, place_, error);
    if (error) { return Error{ErrorCode::unavailable, place_ + " cannot be written: " + error.message()}; }
    beside_.clear();
    return {};
}

}  // namespace nias::service
