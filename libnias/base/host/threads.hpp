/// A host without threads left (ulimit -u, pids.max of a control group) is an answer, not an exception and
/// not the end of the program. Used by net, whose library aborts then, and by the parts of service. Any
/// thread.
#pragma once

#include <cstddef>
#include <string>
#include <system_error>

#include <nias/result.hpp>

namespace nias {

/// Starts so many threads and ends them again. `unavailable`: the host would not have them; `for_what` begins
/// the sentence. Another process may take them between the answer and their use.
[[nodiscard]] Status has_threads(std::size_t needed, const std::string& for_what);

/// `unavailable`, for a thread that could not be started.
[[nodiscard]] Error no_thread(const std::string& for_what, const std::system_error& why);

/// What `make` gives, which starts threads by std::thread. `unavailable` where one cannot be started: what
/// `make` had made by then is gone.
template <typename Make>
[[nodiscard]] auto with_threads(const std::string& for_what, Make make) -> Result<decltype(make())> {
    try {
        return make();
    } catch (const std::system_error& why) { return no_thread(for_what, why); }
}

}  // namespace nias
