/// The line between C and C++: no exception passes it, texts may be null, and each error becomes a code and a
/// sentence in the caller's nias_error. Private to the C header's implementation; pure, any thread.
#pragma once

#include <exception>
#include <string>

#include <nias/c.h>
#include <nias/endpoints.hpp>
#include <nias/result.hpp>

namespace nias::service::c_api {

/// Fills `to`, which may be null, and returns the code.
nias_code tell(const Error& error, nias_error* to) noexcept;

/// The text, or an empty one for null.
[[nodiscard]] std::string text_of(const char* text);

/// Addresses of the server that a caller named, and the path of its key.
struct Place {
    Endpoints endpoints;
    std::string keys;  ///< empty: none
    std::string name;  ///< name of the key's holder; empty without a key
};

/// The place that nias_submitter_open() and nias_worker_open() are given: a data directory, a machine, or the
/// key. knows.
[[nodiscard]] Result<Place> place_of(const char* server, const char* keys);

/// Calls `work`, which gives a Status. Whatever it throws is told as a failure.
template <typename Work>
nias_code guarded(nias_error* error, Work work) noexcept {
    try {
        const Status done = work();
        return done ? NIAS_OK : tell(done.error(), error);
    } catch (const std::exception& thrown) {
        return tell({ErrorCode::internal, thrown.what()}, error);
    } catch (...) {
        return tell({ErrorCode::internal, "something that is no std::exception was thrown"}, error);
    }
}

}  // namespace nias::service::c_api
