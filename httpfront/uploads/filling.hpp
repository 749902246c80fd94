/// Appends the bytes of an upload to its blob. A long upload is hashed beside that, on a thread of its own,
/// so that its pace is not that of one processor. A resource of the thread that receives; used by upload and
/// part.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "service/bulk/hash_thread.hpp"
#include "store/blobs/blobs.hpp"

namespace nias::httpfront {

class Filling {
public:
    /// Short uploads, and those that drip, have no second thread.
    static constexpr std::uint64_t kBesideFromBytes = 16U << 20U;

    /// `writer` stays where it is, and outlives the filling.
    explicit Filling(store::BlobWriter& writer) : writer_(writer) {}
    Filling(const Filling&) = delete;
    Filling& operator=(const Filling&) = delete;
    ~Filling();  ///< all that was appended is hashed

    [[nodiscard]] Status append(std::span<const std::uint8_t> bytes);

private:
    store::BlobWriter& writer_;
    std::uint64_t came_ = 0;
    std::optional<service::HashThread> beside_;
};

}  // namespace nias::httpfront
