#include "notices/mail.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/MailMessage.h>
#include <Poco/Net/MailRecipient.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureSMTPClientSession.h>

#include <fstream>

#include "base/numbers.hpp"
#include "notices/settings.hpp"

namespace nias::httpfront {
namespace {

namespace net = Poco::Net;

const Poco::Timespan kSilentAtMost(10, 0);

void fill(net::MailMessage& message, const MailServer& server, const Mail& mail) {
    message.setSender(server.from);
    message.addRecipient(net::MailRecipient(net::MailRecipient::PRIMARY_RECIPIENT, mail.to));
    message.setSubject(net::MailMessage::encodeWord(mail.subject, "UTF-8"));
    message.setContentType("text/plain; charset=UTF-8");
    message.set("Auto-Submitted", "auto-generated");  // so that no absence is answered to it
    std::string text;
    for (const char c : mail.text) { text += c == '\n' ? std::string("\r\n") : std::string(1, c); }
    message.setContent(text, net::MailMessage::ENCODING_QUOTED_PRINTABLE);
}

}  // namespace

Result<MailServer> parse_mail_server(const std::string& smtp, const std::string& from,
                                     const std::string& login_file) {
    MailServer server;
    if (smtp.empty()) { return server; }
    const std::size_t colon = smtp.rfind(':');
    server.host = smtp.substr(0, colon);
    if (colon != std::string::npos) {
        const auto port = whole_number<std::uint16_t>(std::string_view(smtp).substr(colon + 1));
        if (!port || *port == 0 || server.host.empty()) {
            return Error{ErrorCode::invalid, "--smtp " + smtp + ": give HOST or HOST:PORT"};
        }
        server.port = *port;
    }
    server.from = from;
    if (check_mail(from)) {
        return Error{ErrorCode::invalid, "--smtp needs --smtp-from, the address from which mail comes"};
    }
    if (login_file.empty()) { return server; }
    std::ifstream file(login_file);
    if (!std::getline(file, server.user) || !std::getline(file, server.password) || server.user.empty()) {
        return Error{ErrorCode::invalid, login_file + " does not hold a user and a password, a line each"};
    }
    return server;
}

Status send_mail(const MailServer& server, const Mail& mail) {
    try {
        net::SecureSMTPClientSession session(server.host, server.port);
        session.setTimeout(kSilentAtMost);
        session.login();
        if (!server.user.empty()) {
            const auto context = Poco::makeAuto<net::Context>(net::Context::TLS_CLIENT_USE, "",
                                                              net::Context::VERIFY_STRICT, 9, true);
            if (!session.startTLS(context)) {
                return Error{ErrorCode::unavailable,
                             "the mail server speaks no TLS, and no password is sent without it"};
            }
            session.login(net::SMTPClientSession::AUTH_PLAIN, server.user, server.password);
        }
        net::MailMessage message;
        fill(message, server, mail);
        session.sendMessage(message);
        session.close();
        return {};
    } catch (const Poco::Exception& problem) {
        return Error{ErrorCode::unavailable, "the mail server does not take it: " + problem.displayText()};
    } catch (const std::exception& problem) { return Error{ErrorCode::unavailable, problem.what()}; }
}

}  // namespace nias::httpfront
