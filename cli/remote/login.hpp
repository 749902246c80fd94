/// Which server elsewhere is spoken to, with which token, and whom to trust: from the environment, or from
/// the file that `nias login` writes (clients/python/nias.py reads the same). Used by where and the verb
/// login. Functions without state; one thread.
#pragma once

#include <string>

#include <nias/result.hpp>

namespace nias::cli {

struct Login {
    std::string server;       ///< URL without a slash at its end; empty: none
    std::string token;        ///< empty: the server asks nobody who they are
    std::string fingerprint;  ///< SHA-256 of the server's certificate, in hexadecimal digits with colons
    std::string ca_file;      ///< certificates to trust in place of the system's
};

/// `server` as it was given, may be empty. What it leaves open comes from NIAS_TOKEN, NIAS_FINGERPRINT and
/// NIAS_CA_FILE, then from the file; a file of another server tells nothing of this one. `invalid`: others
/// can read the file, or it is damaged.
[[nodiscard]] Result<Login> settle_login(const std::string& server);

/// Where the file lies: NIAS_LOGIN_FILE, else nias/login.json in XDG_CONFIG_HOME or ~/.config.
[[nodiscard]] std::string login_path();
/// Only its owner can read it.
[[nodiscard]] Status write_login(const Login& login);
/// False: there was none.
[[nodiscard]] Result<bool> remove_login();

}  // namespace nias::cli
