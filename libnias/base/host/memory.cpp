#include "base/host/memory.hpp"

#include <cstdlib>  // tells which C library this is

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace nias {

void keep_freed_memory() noexcept {
#if defined(__GLIBC__)
    ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
    ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
#endif
}

}  // namespace nias
