/// A living task's payload: a short one beside the task itself, a longer one in memory of its own. Part of
/// dispatch: with a million tasks a second, an allocation each is much of the work.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace nias::core {

class Payload {
public:
    static constexpr std::size_t kShortMax = 100;  ///< bytes that lie beside the task

    Payload() {}  // NOLINT(*-member-init): the place is of no value before it is filled
    Payload(const Payload&) = delete;
    Payload& operator=(const Payload&) = delete;
    ~Payload() = default;

    /// Once.
    void fill(std::span<const std::uint8_t> bytes) {
        size_ = static_cast<std::uint32_t>(bytes.size());
        if (bytes.size() > kShortMax) {
            long_ = std::make_unique_for_overwrite<std::uint8_t[]>(bytes.size());
        }
        std::copy(bytes.begin(), bytes.end(), place());
    }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {place(), size_}; }

private:
    [[nodiscard]] std::uint8_t* place() { return long_ != nullptr ? long_.get() : short_.data(); }
    [[nodiscard]] const std::uint8_t* place() const { return long_ != nullptr ? long_.get() : short_.data(); }

    std::unique_ptr<std::uint8_t[]> long_;
    std::uint32_t size_ = 0;
    std::array<std::uint8_t, kShortMax> short_;
};

}  // namespace nias::core
