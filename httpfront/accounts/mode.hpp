/// Decides whether the front has accounts, or is open to whoever reaches it. Pure; used by main and routes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nias/result.hpp>

#include "http/message.hpp"

namespace nias::httpfront {

struct ModeQuestion {
    std::string wanted = "auto";  ///< the value of --accounts
    bool loopback = true;         ///< the front listens on the loopback alone
    bool behind_proxy = false;    ///< --trusted-proxy or --trust-user-header is given
    bool has_accounts = false;    ///< somebody has an account here already
};

enum class Mode {
    accounts,         ///< everybody signs in
    open_by_default,  ///< everybody on this machine is one owner, since nothing says that others come here
    open_by_choice,   ///< the same, since --accounts off says so
};

/// `invalid`: that cannot be, in words: the front must not start.
[[nodiscard]] Result<Mode> decide_mode(const ModeQuestion& question);

/// Whether a proxy passed the request on: it, or the one before it, has left its mark.
[[nodiscard]] bool is_forwarded(const Request& request);

}  // namespace nias::httpfront
