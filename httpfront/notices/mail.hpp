/// Sends one mail by the lab's own mail server. Used by the notifier, on its thread. Blocks for a minute at
/// most where that server is silent.
#pragma once

#include <cstdint>
#include <string>

#include <nias/result.hpp>

namespace nias::httpfront {

/// How mail leaves this server. Without a host none does.
struct MailServer {
    std::string host;
    std::uint16_t port = 25;
    std::string from;      ///< address
    std::string user;      ///< empty: it is used without signing in, in clear
    std::string password;  ///< sent under TLS alone
};

struct Mail {
    std::string to;
    std::string subject;  ///< UTF-8
    std::string text;     ///< UTF-8, lines end with \n
};

/// --smtp HOST[:PORT], --smtp-from ADDRESS and --smtp-login FILE (user and password, a line each).
/// `invalid`, in words.
[[nodiscard]] Result<MailServer> parse_mail_server(const std::string& smtp, const std::string& from,
                                                   const std::string& login_file);
[[nodiscard]] Status send_mail(const MailServer& server, const Mail& mail);

}  // namespace nias::httpfront
