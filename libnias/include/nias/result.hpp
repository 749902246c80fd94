/// Result<T> and Error: how every part of NIAS reports what the world did to it.
/// Values; used by every layer. Eight codes, chosen by what the caller does next.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <nias/api.hpp>

namespace nias {
inline namespace v1 {

/// Tells the caller what can be done about an error.
enum class ErrorCode {
    invalid,      ///< change the request
    not_found,    ///< name something that exists
    conflict,     ///< somebody else holds it, or it is already so
    overloaded,   ///< try again later
    unavailable,  ///< reconnect, or wait until the peer is back
    corrupt,      ///< stop and tell the operator
    internal,     ///< a bug of ours
    denied,       ///< your key or your role does not permit it
};

/// The code's own name, for logs. Never fails; valid for ever.
[[nodiscard]] NIAS_API std::string_view to_string(ErrorCode code) noexcept;

/// A sentence for a person: what failed, on which thing, and what to do.
struct Error {
    ErrorCode code = ErrorCode::internal;  ///< what the caller can do
    std::string message;                   ///< for a person; UTF-8, no newline at the end
    bool operator==(const Error&) const = default;
};

/// Either a value, or why there is none: an Error, or an `E` that says more where the caller needs more. `T`
/// and `E` are different types. Reading the wrong side is a bug and ends the process.
template <typename T, typename E = Error>
class [[nodiscard]] Result {
public:
    /// A success that owns its value.
    Result(T value)
        : state_(std::in_place_index<0>, std::move(value)) {
    }  // NOLINT(google-explicit-constructor): returns read as values
    /// A failure that owns its error.
    Result(E error)
        : state_(std::in_place_index<1>, std::move(error)) {
    }  // NOLINT(google-explicit-constructor): returns read as errors

    /// Whether it holds a value.
    [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
    /// As ok().
    explicit operator bool() const noexcept { return ok(); }
    /// The value, still owned by this. Only of a success.
    [[nodiscard]] T& operator*() & { return std::get<0>(state_); }
    /// The value, still owned by this. Only of a success.
    [[nodiscard]] const T& operator*() const& { return std::get<0>(state_); }
    /// By value, so that a loop over `*f()` does not look into what is gone.
    [[nodiscard]] T operator*() && { return std::get<0>(std::move(state_)); }
    /// Into the value. Only of a success.
    [[nodiscard]] T* operator->() { return &std::get<0>(state_); }
    /// Into the value. Only of a success.
    [[nodiscard]] const T* operator->() const { return &std::get<0>(state_); }
    /// Why there is no value; owned by this. Only of a failure.
    [[nodiscard]] const E& error() const { return std::get<1>(state_); }

private:
    std::variant<T, E> state_;
};

/// Success without a value, or why it failed.
template <typename E>
class [[nodiscard]] Result<void, E> {
public:
    /// A success.
    Result() = default;
    /// A failure that owns its error.
    Result(E error)
        : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor): returns read as errors

    /// Whether it is a success.
    [[nodiscard]] bool ok() const noexcept { return !error_.has_value(); }
    /// As ok().
    explicit operator bool() const noexcept { return ok(); }
    /// Why it failed; owned by this. Only of a failure.
    [[nodiscard]] const E& error() const { return error_.value(); }

private:
    std::optional<E> error_;
};

/// Success without a value, or an Error.
using Status = Result<void>;

}  // namespace v1
}  // namespace nias
