/// A file that is written beside its place and takes it once it is whole: what was there stays until then.
/// Used by the bulk client; one thread.
#pragma once

#include <fstream>
#include <span>
#include <string>

#include <nias/result.hpp>
#include <nias/task.hpp>

namespace nias::service {

class ArrivingFile {
public:
    /// `invalid`: the place is a folder; `unavailable`: its folder cannot be written.
    static Result<ArrivingFile> begin(const std::string& place);
    ArrivingFile(ArrivingFile&& other) noexcept;
    ArrivingFile& operator=(ArrivingFile&&) = delete;
    ArrivingFile(const ArrivingFile&) = delete;
    ArrivingFile& operator=(const ArrivingFile&) = delete;
    ~ArrivingFile();  ///< removes what has not taken its place

    [[nodiscard]] Status append(std::span<const std::uint8_t> bytes);
    /// Takes the place of what is there.
    [[nodiscard]] Status finish();

private:
    ArrivingFile(std::string place, std::string beside, std::ofstream out)
        : place_(std::move(place)), beside_(std::move(beside)), out_(std::move(out)) {}

    std::string place_;
    std::string beside_;  ///< empty: there is nothing to remove
    std::ofstream out_;
};

}  // namespace nias::service
