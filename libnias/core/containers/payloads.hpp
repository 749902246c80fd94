/// The payloads of living tasks. Each comes and goes with its task, and most are small: those are pooled by
/// size. Part of dispatch. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>

namespace nias::core {

class Payloads {
public:
    using Payload = std::span<const std::uint8_t>;

    /// A copy that stays until it is given to drop(), which is to happen before this ends.
    [[nodiscard]] Payload keep(std::span<const std::uint8_t> bytes) {
        if (bytes.empty()) { return {}; }
        auto* const place = is_pooled(bytes) ? static_cast<std::uint8_t*>(pools_.allocate(bytes.size(), 1))
                                             : large_.allocate(bytes.size());
        std::copy(bytes.begin(), bytes.end(), place);
        return {place, bytes.size()};
    }
    void drop(Payload payload) {
        if (payload.empty()) { return; }
        auto* const place = const_cast<std::uint8_t*>(payload.data());  // NOLINT(*-const-cast): from keep()
        if (is_pooled(payload)) {
            pools_.deallocate(place, payload.size(), 1);
        } else {
            large_.deallocate(place, payload.size());
        }
    }

private:
    static constexpr std::size_t kPooledMax = 512;

    static bool is_pooled(Payload payload) { return payload.size() <= kPooledMax; }

    std::pmr::unsynchronized_pool_resource pools_{{0, kPooledMax}};
    std::allocator<std::uint8_t> large_;
};

}  // namespace nias::core
