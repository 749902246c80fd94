/// How an account wants to be told that its jobs have ended: `<data>/notices/accounts/<hash of its name>`, a
/// small JSON file that only the server reads. Used by handlers and the notifier; any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include <nias/result.hpp>

#include "http/problem.hpp"

namespace nias::httpfront {

struct NoticeSettings {
    std::string webhook;   ///< URL; empty: none
    std::string secret;    ///< by which the calls of the webhook are signed
    std::string mail;      ///< address, which its reader has confirmed; empty: none
    std::string language;  ///< "en" or "pt-BR", of the mail
    /// An address that is to be confirmed before anything else is sent to it; empty: none.
    std::string mail_asked{};
    std::string code{};            ///< the code that was sent to `mail_asked`
    std::int64_t asked_unix_ms{};  ///< when the first of a day's codes was made
    std::uint32_t asks{};          ///< codes of that day
    [[nodiscard]] bool any() const { return !webhook.empty() || !mail.empty(); }
};

/// A URL that can be a webhook's: http or https, a host, no user. Its host may still be one that is not
/// called.
[[nodiscard]] std::optional<Problem> check_webhook(const std::string& url);
inline constexpr std::int64_t kMailCodeForMs = 24LL * 3600 * 1000;  ///< a code is good for so long at least
inline constexpr std::uint32_t kMailAsksMax = 5;                    ///< mails with codes in that time

/// One address, and nothing that could be more than that in a head of a mail.
[[nodiscard]] std::optional<Problem> check_mail(const std::string& address);

/// The settings after `address` was asked for: it is as before where it was confirmed, else it waits for a
/// fresh code. 429: too many codes were sent in a day.
[[nodiscard]] std::variant<NoticeSettings, Problem> ask_for_mail(NoticeSettings settings,
                                                                 const std::string& address,
                                                                 std::int64_t unix_ms);
/// The settings after a code was typed in; 422 where it is not the one that was sent within a day.
[[nodiscard]] std::variant<NoticeSettings, Problem> confirm_mail(NoticeSettings settings,
                                                                 const std::string& code,
                                                                 std::int64_t unix_ms);

class NoticeAccounts {
public:
    static Result<NoticeAccounts> open(const std::string& data_dir);
    NoticeAccounts(NoticeAccounts&& other) noexcept : folder_(std::move(other.folder_)) {}

    /// Nothing is set where there is no file.
    [[nodiscard]] Result<NoticeSettings> of(const std::string& owner);
    [[nodiscard]] Status set(const std::string& owner, const NoticeSettings& settings);

private:
    explicit NoticeAccounts(std::string folder) : folder_(std::move(folder)) {}
    [[nodiscard]] std::string path_of(const std::string& owner) const;
    std::string folder_;
    std::mutex mutex_;  ///< one file is written at a time
};

}  // namespace nias::httpfront
