#include "base/ids.hpp"

#include <sys/random.h>

#include <span>

#include "base/check.hpp"

namespace nias {
namespace {

void fill_random(std::span<std::uint8_t> out) {
    // Up to 256 bytes getrandom(2) neither fails nor falls short once the pool is ready.
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    NIAS_CHECK(got == static_cast<ssize_t>(out.size()), "the system gives random bytes");
}

}  // namespace

TaskId make_task_id(std::int64_t unix_ms) {
    TaskId id;
    fill_random(std::span(id.bytes).subspan(6));
    for (std::size_t i = 6; i-- > 0; unix_ms >>= 8) { id.bytes[i] = static_cast<std::uint8_t>(unix_ms & 0xff); }
    return id;
}

std::uint64_t make_incarnation() {
    std::uint64_t value = 0;
    while (value == 0) {
        std::array<std::uint8_t, 8> bytes{};
        fill_random(bytes);
        for (const std::uint8_t byte : bytes) { value = (value << 8U) | byte; }
    }
    return value;
}

}  // namespace nias
