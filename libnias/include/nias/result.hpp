/// Result<T> and Error: how every part of NIAS reports what the world did to it.
/// Values; used by every layer. Seven codes, chosen by what the caller does next.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <nias/api.hpp>

namespace nias {
inline namespace v1 {

/// What the caller can do about an error.
enum class ErrorCode {
    invalid,      ///< change the request
    not_found,    ///< name something that exists
    conflict,     ///< somebody else holds it, or it is already so
    overloaded,   ///< try again later
    unavailable,  ///< reconnect, or wait until the peer is back
    corrupt,      ///< stop and tell the operator
    internal,     ///< a bug of ours
};

[[nodiscard]] NIAS_API std::string_view to_string(ErrorCode code) noexcept;

/// A sentence for a person: what failed, on which thing, and what to do.
struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;
    bool operator==(const Error&) const = default;
};

/// Either a value or an Error. Reading the wrong side is a bug and ends the process.
template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value)
        : state_(std::in_place_index<0>, std::move(value)) {
    }  // NOLINT(google-explicit-constructor): returns read as values
    Result(Error error)
        : state_(std::in_place_index<1>, std::move(error)) {
    }  // NOLINT(google-explicit-constructor): returns read as errors

    [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }
    [[nodiscard]] T& operator*() & { return std::get<0>(state_); }
    [[nodiscard]] const T& operator*() const& { return std::get<0>(state_); }
    /// By value, so that a loop over `*f()` does not look into what is gone.
    [[nodiscard]] T operator*() && { return std::get<0>(std::move(state_)); }
    [[nodiscard]] T* operator->() { return &std::get<0>(state_); }
    [[nodiscard]] const T* operator->() const { return &std::get<0>(state_); }
    [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

private:
    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error)
        : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor): returns read as errors

    [[nodiscard]] bool ok() const noexcept { return !error_.has_value(); }
    explicit operator bool() const noexcept { return ok(); }
    [[nodiscard]] const Error& error() const { return error_.value(); }

private:
    std::optional<Error> error_;
};

/// Success without a value, or an Error.
using Status = Result<void>;

}  // namespace v1
}  // namespace nias
