/// NIAS_API marks what nias::nias exports; everything else of it is hidden. Used by every public C++ header,
/// so that this is also where a compiler for an older C++ is told to stop.
#pragma once

#if __cplusplus < 202002L
#error "NIAS needs C++20: compile with -std=c++20 or later"
// No file has this name. `#error` alone goes on, to a page of errors; a missing file ends the compilation.
#include <the compiler stops here>
#endif

#define NIAS_API __attribute__((visibility("default")))
