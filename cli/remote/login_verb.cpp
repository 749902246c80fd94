// nias login, nias logout: which server elsewhere the verbs speak to, and with which token.
#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/unicode.hpp"
#include "cli/remote/link.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "daemon/program.hpp"

namespace nias::cli {
namespace {

constexpr auto kProgram = "nias login";

/// A line of the terminal that is not shown while it is typed; of a pipe as it comes.
std::string read_secretly(const std::string& question) {
    const bool terminal = ::isatty(STDIN_FILENO) == 1;
    termios before{};
    if (terminal) {
        ::tcgetattr(STDIN_FILENO, &before);
        termios quiet = before;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
        std::cerr << question << std::flush;
    }
    std::string line;
    std::getline(std::cin, line);
    if (terminal) {
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        std::cerr << '\n';
    }
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) { line.pop_back(); }
    return line;
}

/// Whether a server can be asked with this trust.
Result<Answered> session_of(const Login& login) {
    auto link = Link::open(login);
    if (!link) { return link.error(); }
    auto answered = link->ask_once({.path = "/api/v1/session"});
    if (answered && answered->status >= 400) { return error_of(*answered); }
    return answered;
}

/// A certificate that nobody vouches for is trusted where a person has compared it.
Status confirm_certificate(Login& login, const Error& untrusted) {
    auto link = Link::open(login);
    if (!link) { return link.error(); }
    const auto shown = link->shown_fingerprint();
    if (!shown) { return shown.error(); }
    if (::isatty(STDIN_FILENO) != 1) {
        return Error{ErrorCode::invalid,
                     untrusted.message + ". Compare its fingerprint " + *shown +
                         " with the one that the server prints (run/fingerprint there), and "
                         "give it as --fingerprint, or the certificate's file as --ca-file"};
    }
    std::cerr << login.server
              << " shows a certificate that nobody vouches for. Its SHA-256 fingerprint is\n  " << *shown
              << "\nIs it the one that the server prints (in its log, and in run/fingerprint of its "
                 "data directory)? [yes/no] "
              << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer != "yes") {
        return Error{ErrorCode::conflict,
                     "nothing was sent: ask the server's administrator for the fingerprint"};
    }
    login.fingerprint = *shown;
    return {};
}

/// The account of the token; empty on a server that asks nobody.
Result<std::string> sign_in(Login& login) {
    auto seen = session_of(login);
    if (!seen && seen.error().code == ErrorCode::conflict && login.fingerprint.empty() &&
        login.ca_file.empty()) {
        if (auto confirmed = confirm_certificate(login, seen.error()); !confirmed) {
            return confirmed.error();
        }
        seen = session_of(login);
    }
    if (!seen) { return seen.error(); }
    const auto before = nlohmann::json::parse(seen->body, nullptr, false);
    if (!before.is_object() || !before.contains("accounts")) {
        return Error{ErrorCode::invalid, login.server + " is no NIAS server"};
    }
    if (before["accounts"] != true) { return std::string(); }
    login.token = read_secretly("Token (the page Account of the server makes one): ");
    if (login.token.empty()) {
        return Error{ErrorCode::invalid, "a token is needed: make one on the page Account of the server"};
    }
    const auto answered = session_of(login);
    if (!answered) { return answered.error(); }
    const auto after = nlohmann::json::parse(answered->body, nullptr, false);
    if (!after.is_object() || !after["user"].is_object()) {
        return Error{ErrorCode::invalid,
                     "the server does not know this token: it may have been revoked, or be cut off"};
    }
    return after["user"].value("name", "");
}

}  // namespace

int login(int argc, const char* const* argv) {
    Login login;
    daemon::Options options(
        kProgram,
        "Lets the verbs speak to a server elsewhere, with a personal token that is asked for "
        "(or read from the standard input).");
    options.quiet();
    options.positional("url", login.server, true, "the server's address, as https://lab:8080");
    options.text("fingerprint", login.fingerprint, "SHA-256 of the certificate that the server shows");
    options.text("ca-file", login.ca_file, "certificates to trust in place of the system's");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    while (!login.server.empty() && login.server.back() == '/') { login.server.pop_back(); }
    const auto name = sign_in(login);
    if (!name) { return daemon::report(kProgram, name.error()); }
    if (auto written = write_login(login); !written) { return daemon::report(kProgram, written.error()); }
    std::cout << login.server
              << (name->empty() ? ", which asks nobody who they are" : ", as " + visible(*name)) << '\n';
    return 0;
}

int logout(int argc, const char* const* argv) {
    daemon::Options options("nias logout", "Forgets the server of nias login, and its token.");
    options.quiet();
    if (const auto code = options.parse(argc, argv)) { return *code; }
    const auto removed = remove_login();
    if (!removed) { return daemon::report("nias logout", removed.error()); }
    std::cout << (*removed ? "forgotten; revoke the token on the page Account if others may have seen it\n"
                           : "there was nothing to forget\n");
    return 0;
}

}  // namespace nias::cli
