/// set_log(): a program with a log of its own gets the lines that the library writes about itself. A
/// function.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <nias/api.hpp>

namespace nias {
inline namespace v1 {

/// How much a line of the log matters.
enum class LogLevel : std::uint8_t {
    debug,  ///< steps, for those who look for a fault of NIAS
    info,   ///< changes that need nothing: a worker was taken in, the ventilator is back
    warn,   ///< something was lost, refused or is late, and is tried again
    error,  ///< it stays wrong until a person does something
};

/// Gets one line: a sentence without a line end, at most some KiB of UTF-8. Line ends and escapes in names
/// that peers chose are made visible. The text is the library's and is gone when the call returns.
using LogHook = std::function<void(LogLevel level, std::string_view line)>;

/// Hands the lines of `least` and above to `hook`, in place of stderr; an empty hook gives them back to
/// stderr. Without any call warnings and errors go to stderr. It holds for the whole process, since parts of
/// a Pipeline share threads; isolated handlers have the hook that was there when their processes were begun.
///
/// Any thread, at any time. Once it has returned, the hook that was there before does not run and is not
/// called any more, so what that refers to may go.
///
/// The hook is called on the thread that has something to say, a thread of the library's or the caller's, one
/// call at a time. Whoever logs meanwhile waits: keep it short. It calls nothing of NIAS: the library may
/// hold locks around it, and a set_log() from it is refused with a line on stderr. Whatever it throws is
/// caught, and the line goes to stderr with it.
NIAS_API void set_log(LogHook hook, LogLevel least = LogLevel::warn);

}  // namespace v1
}  // namespace nias
