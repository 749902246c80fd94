#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace nias {

void check_failed(const char* file, int line, const char* condition, const char* words) noexcept {
    std::fprintf(stderr, "%s:%d: check failed: %s (%s)\n", file, line, words, condition);
    std::abort();
}

}  // namespace nias
