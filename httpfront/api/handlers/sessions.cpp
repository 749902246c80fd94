#include "api/handlers/sessions.hpp"

#include "accounts/cookies.hpp"
#include "api/account_json.hpp"
#include "api/json_body.hpp"

namespace nias::httpfront::handlers {
namespace {

Answer done_answer() { return {204, {{"Cache-Control", "no-store"}}, std::string()}; }

Answer status_answer(const Status& status) {
    return status ? done_answer() : problem_answer(problem_from(status.error()));
}

}  // namespace

std::optional<Problem> check_accounts(const Front& front) {
    if (front.directory != nullptr) { return std::nullopt; }
    return Problem{
        .status = 409,
        .code = "no_accounts",
        .detail = "this server has no accounts: its administrator can start it with --accounts on"};
}

Answer signed_in_answer(const Directory::SignedIn& signed_in, const Visitor& visitor, int status) {
    const store::UserRecord& user = signed_in.user;
    const Identity identity{
        .name = user.name, .full_name = user.full_name, .role = user.role, .by = Identity::By::session};
    Answer answer = json_answer(status, session_json(true, false, {}, identity));
    answer.headers.push_back(set_session_cookie(signed_in.secret, visitor, Directory::kSessionMs / 1000));
    return answer;
}

Answer get_session(Front& front, const Call& call) {
    const bool accounts = front.directory != nullptr;
    const bool empty = accounts && front.directory->is_empty();
    Answer answer = json_answer(200, session_json(accounts, empty, front.options.owner, call.user));
    if (accounts && !call.user && session_cookie(call.request, call.visitor)) {
        answer.headers.push_back(clear_session_cookie(call.visitor));  // it opens nothing any more
    }
    return answer;
}

Answer sign_in(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    auto read = JsonBody::read(call);
    if (const auto* problem = std::get_if<Problem>(&read)) { return problem_answer(*problem); }
    auto& fields = std::get<JsonBody>(read);
    const std::string name = fields.text("name");
    const std::string password = fields.text("password");
    if (auto problem = fields.problem()) { return problem_answer(*problem); }
    const auto signed_in = front.directory->sign_in(name, password, call.visitor);
    if (const auto* problem = std::get_if<Problem>(&signed_in)) { return problem_answer(*problem); }
    // The session that the browser had, whoever gave it to it, ends here.
    if (call.user && !call.user->session_id.empty()) {
        (void)front.directory->end_session(call.user->name, call.user->session_id, call.visitor);
    }
    return signed_in_answer(std::get<Directory::SignedIn>(signed_in), call.visitor, 200);
}

Answer sign_out(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    Answer answer = done_answer();
    if (call.user && !call.user->session_id.empty()) {
        const auto ended = front.directory->end_session(call.user->name, call.user->session_id, call.visitor);
        if (!ended && ended.error().code != ErrorCode::not_found) {
            return problem_answer(problem_from(ended.error()));
        }
        front.hub.end_streams(call.user->name);
    }
    answer.headers.push_back(clear_session_cookie(call.visitor));
    return answer;
}

Answer change_password(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    auto read = JsonBody::read(call);
    if (const auto* problem = std::get_if<Problem>(&read)) { return problem_answer(*problem); }
    auto& fields = std::get<JsonBody>(read);
    const std::string current = fields.text("current");
    const std::string wanted = fields.text("password");
    if (auto problem = fields.problem()) { return problem_answer(*problem); }
    const auto changed = front.directory->change_password(*call.user, current, wanted, call.visitor);
    if (const auto* problem = std::get_if<Problem>(&changed)) { return problem_answer(*problem); }
    front.hub.end_streams(call.user->name);
    return signed_in_answer(std::get<Directory::SignedIn>(changed), call.visitor, 200);
}

Answer list_sessions(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    const auto sessions = front.directory->sessions_of(call.user->name);
    if (!sessions) { return problem_answer(problem_from(sessions.error())); }
    return json_answer(200, sessions_json(*sessions, call.user->session_id));
}

Answer end_session(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    const auto ended = front.directory->end_session(call.user->name, call.captures.front(), call.visitor);
    if (ended) { front.hub.end_streams(call.user->name); }
    return status_answer(ended);
}

Answer list_tokens(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    const auto tokens = front.directory->tokens_of(call.user->name);
    if (!tokens) { return problem_answer(problem_from(tokens.error())); }
    return json_answer(200, tokens_json(*tokens));
}

Answer make_token(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    auto read = JsonBody::read(call);
    if (const auto* problem = std::get_if<Problem>(&read)) { return problem_answer(*problem); }
    auto& fields = std::get<JsonBody>(read);
    const std::string label = fields.text("label");
    const std::uint64_t days = fields.number_or("days", 90);
    std::uint32_t scopes = 0;
    bool known = true;
    for (const std::string& name : fields.texts("scopes")) {
        known = known && scope_bit(name) != 0;
        scopes |= scope_bit(name);
    }
    if (auto problem = fields.problem()) { return problem_answer(*problem); }
    const auto made = front.directory->make_token(*call.user, label, known ? scopes : 0, days, call.visitor);
    if (const auto* problem = std::get_if<Problem>(&made)) { return problem_answer(*problem); }
    const auto& [record, secret] = std::get<Directory::MadeToken>(made);
    return json_answer(201, made_token_json(record, secret));
}

Answer revoke_token(Front& front, const Call& call) {
    if (auto problem = check_accounts(front)) { return problem_answer(*problem); }
    const auto revoked = front.directory->revoke_token(call.user->name, call.captures.front(), call.visitor);
    if (revoked) { front.hub.end_streams(call.user->name); }
    return status_answer(revoked);
}

}  // namespace nias::httpfront::handlers
