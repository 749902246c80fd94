#include "base/host/fork_mark.hpp"

#include <sys/mman.h>

#include <cstddef>

namespace nias {
namespace {

constexpr std::size_t kBytes = 4096;  // the kernel rounds up to its page

}  // namespace

ForkMark::ForkMark() {
    void* const page = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) { return; }
    if (::madvise(page, kBytes, MADV_WIPEONFORK) != 0) {
        ::munmap(page, kBytes);
        return;
    }
    page_ = static_cast<unsigned char*>(page);
    *page_ = 1;
}

ForkMark::~ForkMark() {
    // The kernel needs the address alone.
    if (page_ != nullptr) { ::munmap(const_cast<unsigned char*>(page_), kBytes); }  // NOLINT(*-const-cast)
}

}  // namespace nias
