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
    std::string mail;      ///< address; empty: none
    std::string language;  ///< "en" or "pt-BR", of the mail
    [[nodiscard]] bool any() const { return !webhook.empty() || !mail.empty(); }
};

/// A URL that can be a webhook's: http or https, a host, no user. Its host may still be one that is not
/// called.
[[nodiscard]] std::optional<Problem> check_webhook(const std::string& url);
/// One address, and nothing that could be more than that in a head of a mail.
[[nodiscard]] std::optional<Problem> check_mail(const std::string& address);

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
