/// NIAS_CHECK: an invariant of ours that must hold, in release builds too. Input from a peer, a user or a
/// disk never reaches one. Used everywhere.
#pragma once

namespace nias {

/// Writes where and what to stderr, and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition, const char* words) noexcept;

}  // namespace nias

#define NIAS_CHECK(condition, words)                                                       \
    do {                                                                                   \
        if (!(condition)) { ::nias::check_failed(__FILE__, __LINE__, #condition, words); } \
    } while (false)
