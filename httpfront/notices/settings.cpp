#include "notices/settings.hpp"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "accounts/secrets.hpp"
#include "base/host/durable_file.hpp"
#include "base/sha256.hpp"

namespace nias::httpfront {
namespace {

namespace fs = boost::filesystem;

constexpr std::size_t kUrlMax = 2000;
constexpr std::size_t kMailMax = 254;
constexpr std::size_t kCodeCharacters = 20;  // 120 random bits

}  // namespace

std::optional<Problem> check_webhook(const std::string& url) {
    const bool visible = std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7F; });
    try {
        const Poco::URI uri(url);
        const bool web = uri.getScheme() == "https" || uri.getScheme() == "http";
        if (visible && url.size() <= kUrlMax && web && !uri.getHost().empty() && uri.getUserInfo().empty()) {
            return std::nullopt;
        }
    } catch (const Poco::Exception&) {
        // It is told below, as every text that is no such URL.
    }
    return Problem{
        .status = 422,
        .code = "webhook",
        .detail = "the address of a webhook begins with https:// or http://, names a host, and no user"};
}

std::optional<Problem> check_mail(const std::string& address) {
    const bool plain = std::all_of(address.begin(), address.end(), [](char c) {
        return c > 0x20 && c < 0x7F && std::string_view("<>()[]\\,;:\"").find(c) == std::string_view::npos;
    });
    const std::size_t at = address.find('@');
    if (plain && address.size() <= kMailMax && at != std::string::npos && at > 0 && at + 1 < address.size() &&
        address.find('@', at + 1) == std::string::npos) {
        return std::nullopt;
    }
    return Problem{
        .status = 422, .code = "mail", .detail = "this is no address of mail: it looks like ana@lab.example"};
}

std::variant<NoticeSettings, Problem> ask_for_mail(NoticeSettings settings, const std::string& address,
                                                   std::int64_t unix_ms) {
    if (address == settings.mail) {  // also none, as before
        settings.mail_asked.clear();
        settings.code.clear();
        return settings;
    }
    settings.mail.clear();
    settings.mail_asked = address;
    settings.code.clear();
    if (address.empty()) { return settings; }
    if (settings.asks == 0 || unix_ms - settings.asked_unix_ms > kMailCodeForMs) {
        settings.asked_unix_ms = unix_ms;
        settings.asks = 0;
    }
    if (settings.asks >= kMailAsksMax) {
        const std::int64_t left_s = (settings.asked_unix_ms + kMailCodeForMs - unix_ms) / 1000 + 1;
        return Problem{.status = 429,
                       .code = "slow_down",
                       .detail = "codes were sent to too many addresses today: try again tomorrow",
                       .headers = {{"Retry-After", std::to_string(left_s)}}};
    }
    ++settings.asks;
    settings.code = make_secret().text.substr(0, kCodeCharacters);
    return settings;
}

std::variant<NoticeSettings, Problem> confirm_mail(NoticeSettings settings, const std::string& code,
                                                   std::int64_t unix_ms) {
    // The last code of a day's was made up to a day after the first.
    const bool in_time = unix_ms - settings.asked_unix_ms <= 2 * kMailCodeForMs;
    if (settings.code.empty() || code != settings.code || !in_time) {
        return Problem{.status = 422,
                       .code = "mail_code",
                       .detail =
                           "this is not the code that was sent, or it is older than a day: save the "
                           "address again for a fresh one"};
    }
    settings.mail = settings.mail_asked;
    settings.mail_asked.clear();
    settings.code.clear();
    return settings;
}

Result<NoticeAccounts> NoticeAccounts::open(const std::string& data_dir) {
    const std::string folder = data_dir + "/notices/accounts";
    boost::system::error_code error;
    fs::create_directories(folder, error);
    if (error) { return Error{ErrorCode::unavailable, folder + " cannot be made: " + error.message()}; }
    return NoticeAccounts(folder);
}

std::string NoticeAccounts::path_of(const std::string& owner) const {
    Sha256 sha;
    sha.update({reinterpret_cast<const std::uint8_t*>(owner.data()), owner.size()});
    return folder_ + "/" + to_string(sha.finish());
}

Result<NoticeSettings> NoticeAccounts::of(const std::string& owner) {
    const std::string path = path_of(owner);
    std::ifstream file(path);
    if (!file) { return NoticeSettings{}; }
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) { return Error{ErrorCode::corrupt, path + " is damaged: remove it"}; }
    return NoticeSettings{.webhook = json.value("webhook", ""),
                          .secret = json.value("secret", ""),
                          .mail = json.value("mail", ""),
                          .language = json.value("language", "en"),
                          .mail_asked = json.value("mail_asked", ""),
                          .code = json.value("code", ""),
                          .asked_unix_ms = json.value("asked_unix_ms", std::int64_t{0}),
                          .asks = json.value("asks", std::uint32_t{0})};
}

Status NoticeAccounts::set(const std::string& owner, const NoticeSettings& settings) {
    const std::lock_guard lock(mutex_);
    const std::string path = path_of(owner);
    const nlohmann::json json{{"webhook", settings.webhook},
                              {"secret", settings.secret},
                              {"mail", settings.mail},
                              {"language", settings.language},
                              {"mail_asked", settings.mail_asked},
                              {"code", settings.code},
                              {"asked_unix_ms", settings.asked_unix_ms},
                              {"asks", settings.asks}};
    if (auto written = write_synced(path + ".new", json.dump(), IfThere::overwrite); !written) {
        return written;
    }
    boost::system::error_code error;
    fs::rename(path + ".new", path, error);
    if (error) { return Error{ErrorCode::unavailable, path + " cannot be written: " + error.message()}; }
    return sync_folder(folder_);
}

}  // namespace nias::httpfront
