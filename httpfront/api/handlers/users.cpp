#include "api/handlers/users.hpp"

#include "api/account_json.hpp"
#include "api/handlers/sessions.hpp"
#include "api/json_body.hpp"

namespace nias::httpfront::handlers {
namespace {

Problem no_role(const std::string& name) {
    return {.status = 400,
            .code = "invalid",
            .detail = "there is no role " + name.substr(0, 64) + ": say researcher or administrator"};
}

Answer made_answer(const std::variant<Directory::MadeInvitation, Problem>& made) {
    if (const auto* problem = std::get_if<Problem>(&made)) { return problem_answer(*problem); }
    const auto& [record, secret] = std::get<Directory::MadeInvitation>(made);
    return json_answer(201, made_invitation_json(record, secret));
}

}  // namespace

Answer look_at_invitation(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    auto read = JsonBody::read(call);
    if (const auto* problem = std::get_if<Problem>(&read)) { return problem_answer(*problem); }
    auto& fields = std::get<JsonBody>(read);
    const std::string secret = fields.text("invitation");
    if (auto problem = fields.problem()) { return problem_answer(*problem); }
    const auto found = front.directory->find_invitation(secret);
    if (const auto* problem = std::get_if<Problem>(&found)) { return problem_answer(*problem); }
    return json_answer(200, offer_json(std::get<store::InvitationRecord>(found)));
}

Answer accept_invitation(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    auto read = JsonBody::read(call);
    if (const auto* problem = std::get_if<Problem>(&read)) { return problem_answer(*problem); }
    auto& fields = std::get<JsonBody>(read);
    const std::string secret = fields.text("invitation");
    const Directory::Wanted wanted{.name = fields.text_or("name", ""),
                                   .full_name = fields.text_or("full_name", ""),
                                   .password = fields.text("password")};
    if (auto problem = fields.problem()) { return problem_answer(*problem); }
    const auto accepted = front.directory->accept(secret, wanted, call.visitor);
    if (const auto* problem = std::get_if<Problem>(&accepted)) { return problem_answer(*problem); }
    const auto& signed_in = std::get<Directory::SignedIn>(accepted);
    front.hub.end_streams(signed_in.user.name);
    if (call.user && !call.user->session_id.empty()) {
        (void)front.directory->end_session(call.user->name, call.user->session_id, call.visitor);
    }
    return signed_in_answer(signed_in, call.visitor, 201);
}

Answer list_invitations(Front& front, const Call&) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    const auto all = front.directory->invitations();
    if (!all) { return problem_answer(problem_from(all.error())); }
    return json_answer(200, invitations_json(*all));
}

Answer invite(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    auto read = JsonBody::read(call);
    if (const auto* problem = std::get_if<Problem>(&read)) { return problem_answer(*problem); }
    auto& fields = std::get<JsonBody>(read);
    const std::string role_text = fields.text_or("role", "researcher");
    const std::string note = fields.text_or("note", "");
    if (auto problem = fields.problem()) { return problem_answer(*problem); }
    const auto role = role_of(role_text);
    if (!role) { return problem_answer(no_role(role_text)); }
    return made_answer(front.directory->invite(*call.user, *role, note, call.visitor));
}

Answer withdraw_invitation(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    const auto withdrawn = front.directory->withdraw(*call.user, call.captures.front(), call.visitor);
    if (!withdrawn) { return problem_answer(problem_from(withdrawn.error())); }
    return {204, {{"Cache-Control", "no-store"}}, std::string()};
}

Answer list_users(Front& front, const Call&) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    const auto all = front.directory->users();
    if (!all) { return problem_answer(problem_from(all.error())); }
    return json_answer(200, users_json(*all));
}

Answer change_user(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    auto read = JsonBody::read(call);
    if (const auto* problem = std::get_if<Problem>(&read)) { return problem_answer(*problem); }
    auto& fields = std::get<JsonBody>(read);
    const std::string role_text = fields.text_or("role", "");
    const auto disabled = fields.flag("disabled");
    if (auto problem = fields.problem()) { return problem_answer(*problem); }
    const auto role = role_of(role_text);
    if (!role_text.empty() && !role) { return problem_answer(no_role(role_text)); }
    const std::string& name = call.captures.front();
    const auto changed = front.directory->change_user(*call.user, name, role, disabled, call.visitor);
    if (const auto* problem = std::get_if<Problem>(&changed)) { return problem_answer(*problem); }
    front.hub.end_streams(name);  // what its streams may tell was decided when they began
    return json_answer(200, user_json(std::get<store::UserRecord>(changed)));
}

Answer offer_password(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    return made_answer(front.directory->offer_password(*call.user, call.captures.front(), call.visitor));
}

}  // namespace nias::httpfront::handlers
