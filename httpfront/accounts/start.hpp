/// The front's start, as far as accounts go: whether it has any, and the way in for the first administrator.
/// Used by main only.
#pragma once

#include <memory>
#include <string>

#include "accounts/directory.hpp"
#include "accounts/mode.hpp"
#include "options.hpp"

namespace nias::httpfront {

struct StartedAccounts {
    Mode mode = Mode::open_by_default;
    TrustedProxy proxy;                    ///< as the options name it
    std::unique_ptr<Directory> directory;  ///< null where the server is open
};

/// `invalid`: the options contradict each other; the words say what to change.
[[nodiscard]] Result<StartedAccounts> start_accounts(const FrontOptions& options);

/// Where nobody has an account, or --setup-link asks for it: prints a link that makes an administrator once,
/// and writes it to `<data>/run/setup-link` for its owner alone. Otherwise removes that file. `url` ends in
/// `/`.
[[nodiscard]] Status offer_set_up(const StartedAccounts& accounts, const FrontOptions& options,
                                  const std::string& url);

}  // namespace nias::httpfront
