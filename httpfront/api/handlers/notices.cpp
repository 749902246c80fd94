#include "api/handlers/notices.hpp"

#include "accounts/secrets.hpp"
#include "api/json_body.hpp"
#include "base/clock.hpp"
#include "notices/notifier.hpp"
#include "words/words.hpp"

namespace nias::httpfront::handlers {
namespace {

Answer told(Front& front, const std::string& owner, const NoticeSettings& settings, bool with_secret) {
    nlohmann::ordered_json json;
    json["webhook"] = settings.webhook;
    json["mail"] = settings.mail;
    json["mail_asked"] = settings.mail_asked;
    json["mail_offered"] = front.notifier.offers_mail();
    const auto last = front.notifier.last_of(owner);
    json["last_ms"] = last ? last->unix_ms : 0;
    json["last_said"] = last ? last->said : "";
    if (with_secret) { json["secret"] = settings.secret; }
    return json_answer(200, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

Answer get_notices(Front& front, const Call& call) {
    const auto settings = front.notifier.accounts().of(call.user->name);
    if (!settings) { return problem_answer(problem_from(settings.error())); }
    return told(front, call.user->name, *settings, false);
}

Answer set_notices(Front& front, const Call& call) {
    auto read = JsonBody::read(call);
    if (const auto* problem = std::get_if<Problem>(&read)) { return problem_answer(*problem); }
    auto& fields = std::get<JsonBody>(read);
    const std::string webhook = fields.text_or("webhook", "");
    const std::string mail = fields.text_or("mail", "");
    if (auto problem = fields.problem()) { return problem_answer(*problem); }
    if (auto problem = webhook.empty() ? std::nullopt : front.notifier.check_address(webhook)) {
        return problem_answer(*problem);
    }
    if (auto problem = mail.empty() ? std::nullopt : check_mail(mail)) { return problem_answer(*problem); }
    if (!mail.empty() && !front.notifier.offers_mail()) {
        return problem_answer(
            {.status = 409,
             .code = "no_mail",
             .detail = "this server sends no mail: its administrator names a mail server with --smtp"});
    }
    auto before = front.notifier.accounts().of(call.user->name);
    if (!before) { return problem_answer(problem_from(before.error())); }
    const bool changed = !webhook.empty() && webhook != before->webhook;
    const auto language = words::language_of(call.request.field("accept-language").value_or(""));
    const bool asks = !mail.empty() && mail != before->mail;
    auto asked = ask_for_mail(std::move(*before), mail, unix_ms_now());
    if (const auto* problem = std::get_if<Problem>(&asked)) { return problem_answer(*problem); }
    auto& settings = std::get<NoticeSettings>(asked);
    settings.webhook = webhook;
    if (webhook.empty() || changed) { settings.secret = changed ? make_secret("niashook_").text : ""; }
    settings.language = words::tag_of(language);
    if (const auto kept = front.notifier.accounts().set(call.user->name, settings); !kept) {
        return problem_answer(disk_problem(kept.error()));
    }
    if (asks) { front.notifier.ask_to_confirm(call.user->name); }
    return told(front, call.user->name, settings, changed);
}

Answer confirm_notices(Front& front, const Call& call) {
    auto read = JsonBody::read(call);
    if (const auto* problem = std::get_if<Problem>(&read)) { return problem_answer(*problem); }
    auto& fields = std::get<JsonBody>(read);
    const std::string code = fields.text("code");
    if (auto problem = fields.problem()) { return problem_answer(*problem); }
    auto before = front.notifier.accounts().of(call.user->name);
    if (!before) { return problem_answer(problem_from(before.error())); }
    const auto confirmed = confirm_mail(std::move(*before), code, unix_ms_now());
    if (const auto* problem = std::get_if<Problem>(&confirmed)) { return problem_answer(*problem); }
    const auto& settings = std::get<NoticeSettings>(confirmed);
    if (const auto kept = front.notifier.accounts().set(call.user->name, settings); !kept) {
        return problem_answer(disk_problem(kept.error()));
    }
    return told(front, call.user->name, settings, false);
}

}  // namespace nias::httpfront::handlers
