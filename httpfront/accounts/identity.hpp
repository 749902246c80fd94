/// The person or program that asks, and what they may do. Values; filled by the directory of accounts, read
/// by routes and handlers.
#pragma once

#include <cstdint>
#include <string>

#include "store/accounts/records.hpp"

namespace nias::httpfront {

/// The people who may use a route: a column of the table in api/routes.cpp.
enum class Who {
    everybody,  ///< also those who are not signed in
    signed_in,  ///< everybody with an account
    owner,      ///< the owner of the job that the route names, and administrators; for others there is none
    administrator,  ///< administrators
};

/// The right that a route needs besides, where a token is shown in place of a session.
enum class Scope : std::uint32_t {
    none = 0,
    read = 1,     ///< looks at jobs
    submit = 2,   ///< sends and cancels jobs
    admin = 4,    ///< acts as the administrator that the account is
    session = 8,  ///< only a person who signed in: no token can have it
};

inline constexpr std::uint32_t kTokenScopes = 1U | 2U | 4U;  ///< those that a token may have
inline constexpr std::uint32_t kAllScopes = kTokenScopes | 8U;

struct Identity {
    enum class By { open, session, token, proxy };

    std::string name;  ///< the owner of the jobs that they send
    std::string full_name{};
    store::Role role = store::Role::researcher;
    By by = By::open;
    std::uint32_t scopes = kAllScopes;
    std::string session_id{};       ///< empty: not by a session
    std::int64_t ends_unix_ms = 0;  ///< when they have to show who they are again; 0: never

    /// A server without accounts treats everybody as one owner who sees all.
    [[nodiscard]] bool is_open() const { return by == By::open; }
    [[nodiscard]] bool may(Scope scope) const {
        return (scopes & static_cast<std::uint32_t>(scope)) == static_cast<std::uint32_t>(scope);
    }
    [[nodiscard]] bool administers() const {
        return is_open() || (role == store::Role::administrator && may(Scope::admin));
    }
    /// The sender of the bundles that they may name by hash in place of sending them; nullopt: anybody.
    [[nodiscard]] std::optional<std::string> sender() const {
        return administers() ? std::nullopt : std::optional(name);
    }
    [[nodiscard]] bool sees(const std::string& owner) const { return name == owner || administers(); }
};

/// The browser or program that asks, as far as it can be believed.
struct Visitor {
    std::string address;  ///< the browser's, also behind a trusted proxy
    std::string agent;    ///< as the browser calls itself, cut to 200 bytes
    bool secure = false;  ///< the browser speaks HTTPS: to us, or to a trusted proxy
};

}  // namespace nias::httpfront
