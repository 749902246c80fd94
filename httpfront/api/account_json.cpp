#include "api/account_json.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace nias::httpfront {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::pair<std::string_view, Scope> kScopes[] = {
    {"read", Scope::read}, {"submit", Scope::submit}, {"admin", Scope::admin}};

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string_view kind_name(store::InvitationKind kind) {
    switch (kind) {
        case store::InvitationKind::set_up: return "set_up";
        case store::InvitationKind::join: return "join";
        case store::InvitationKind::password: break;
    }
    return "password";
}

std::string_view way_name(Identity::By by) {
    switch (by) {
        case Identity::By::open: return "open";
        case Identity::By::session: return "session";
        case Identity::By::token: return "token";
        case Identity::By::proxy: break;
    }
    return "proxy";
}

Json user_of(const store::UserRecord& user) {
    return {{"name", user.name},
            {"full_name", user.full_name},
            {"role", role_name(user.role)},
            {"disabled", user.disabled},
            {"has_password", !user.password.empty()},
            {"made_ms", user.made_unix_ms}};
}

Json token_of(const store::TokenRecord& token) {
    Json scopes = Json::array();
    for (const auto& [name, scope] : kScopes) {
        if ((token.scopes & static_cast<std::uint32_t>(scope)) != 0) { scopes.push_back(name); }
    }
    return {{"id", token.id},
            {"label", token.label},
            {"scopes", std::move(scopes)},
            {"made_ms", token.made_unix_ms},
            {"expires_ms", token.expires_unix_ms},
            {"used_ms", token.used_unix_ms}};
}

Json invitation_of(const store::InvitationRecord& invitation) {
    return {{"id", invitation.id},
            {"kind", kind_name(invitation.kind)},
            {"role", role_name(invitation.role)},
            {"user", invitation.user},
            {"note", invitation.note},
            {"made_by", invitation.made_by},
            {"made_ms", invitation.made_unix_ms},
            {"expires_ms", invitation.expires_unix_ms}};
}

template <typename Record, typename One>
std::string list_of(const char* name, const std::vector<Record>& records, One one) {
    Json json;
    json[name] = Json::array();
    for (const Record& record : records) { json[name].push_back(one(record)); }
    return dump(json);
}

}  // namespace

std::string_view role_name(store::Role role) {
    return role == store::Role::administrator ? "administrator" : "researcher";
}

std::optional<store::Role> role_of(std::string_view name) {
    if (name == "administrator") { return store::Role::administrator; }
    if (name == "researcher") { return store::Role::researcher; }
    return std::nullopt;
}

std::uint32_t scope_bit(std::string_view name) {
    for (const auto& [known, scope] : kScopes) {
        if (known == name) { return static_cast<std::uint32_t>(scope); }
    }
    return 0;
}

std::string session_json(bool accounts, bool empty, const std::string& owner,
                         const std::optional<Identity>& user) {
    Json json{{"accounts", accounts}, {"empty", empty}, {"owner", nullptr}, {"user", nullptr}};
    if (!accounts) { json["owner"] = owner; }
    if (accounts && user) {
        json["user"] = {{"name", user->name},
                        {"full_name", user->full_name},
                        {"role", role_name(user->role)},
                        {"by", way_name(user->by)}};
    }
    return dump(json);
}

std::string user_json(const store::UserRecord& user) { return dump(user_of(user)); }

std::string users_json(const std::vector<store::UserRecord>& users) {
    return list_of("users", users, user_of);
}

std::string sessions_json(const std::vector<store::SessionRecord>& sessions, const std::string& current) {
    return list_of("sessions", sessions, [&](const store::SessionRecord& session) {
        return Json{{"id", session.id},
                    {"current", session.id == current},
                    {"made_ms", session.made_unix_ms},
                    {"used_ms", session.used_unix_ms},
                    {"address", session.address},
                    {"agent", session.agent}};
    });
}

std::string tokens_json(const std::vector<store::TokenRecord>& tokens) {
    return list_of("tokens", tokens, token_of);
}

std::string made_token_json(const store::TokenRecord& token, const std::string& secret) {
    Json json = token_of(token);
    json["token"] = secret;
    return dump(json);
}

std::string invitations_json(const std::vector<store::InvitationRecord>& invitations) {
    return list_of("invitations", invitations, invitation_of);
}

std::string made_invitation_json(const store::InvitationRecord& invitation, const std::string& secret) {
    Json json = invitation_of(invitation);
    json["path"] = "/welcome#" + secret;  // behind the # it reaches no log of a server or proxy
    return dump(json);
}

std::string offer_json(const store::InvitationRecord& invitation) {
    return dump(Json{{"kind", kind_name(invitation.kind)},
                     {"role", role_name(invitation.role)},
                     {"user", invitation.user}});
}

}  // namespace nias::httpfront
