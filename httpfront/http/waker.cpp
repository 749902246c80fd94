#include "http/waker.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace nias::httpfront {

Waker::Waker() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Waker::~Waker() { ::close(descriptor_); }

void Waker::wake() noexcept {
    const std::uint64_t one = 1;
    // A full counter means that a wake-up waits already.
    [[maybe_unused]] const ssize_t put = ::write(descriptor_, &one, sizeof one);
}

void Waker::drain() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(descriptor_, &count, sizeof count);
}

}  // namespace nias::httpfront
