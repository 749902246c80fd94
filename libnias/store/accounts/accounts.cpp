#include "store/accounts/accounts.hpp"

#include <utility>

#include "store/accounts/rows.hpp"

namespace nias::embedded {
extern const std::string_view accounts_sql;
}

namespace nias::store {
namespace {

/// The first row of a statement that was bound, if there is one.
template <typename Record>
Result<std::optional<Record>> first(Statement& statement) {
    auto row = statement.step();
    if (!row) { return row.error(); }
    if (!*row) { return std::optional<Record>(); }
    Record record;
    read(statement, record);
    statement.begin();  // ends the read, so that the log can be taken into the database
    return std::optional(std::move(record));
}

template <typename Record>
Result<std::vector<Record>> all(Statement& statement) {
    std::vector<Record> records;
    while (true) {
        auto row = statement.step();
        if (!row) { return row.error(); }
        if (!*row) { return records; }
        read(statement, records.emplace_back());
    }
}

Result<std::unique_ptr<Database>> open_database(const std::string& data_dir, Database::Mode mode) {
    if (mode == Database::Mode::write) {
        if (auto made = make_folder(data_dir); !made) { return made.error(); }
    }
    return Database::open(data_dir + "/accounts.db", mode, {.sql = embedded::accounts_sql, .version = 1});
}

std::string select(std::string_view columns, std::string_view rest) {
    return "SELECT " + std::string(columns) + " FROM " + std::string(rest);
}

}  // namespace

/// The statements of every request are prepared once, the rare ones when they are needed.
struct Accounts::State {
    std::unique_ptr<Database> database;
    Statement user;
    Statement session;
    Statement token;

    static Result<Accounts> prepare(std::unique_ptr<Database> database) {
        auto user = database->prepare(select(kUserColumns, "users WHERE name = ?"));
        if (!user) { return user.error(); }
        auto session = database->prepare(select(kSessionColumns, "sessions WHERE hash = ?"));
        if (!session) { return session.error(); }
        auto token = database->prepare(select(kTokenColumns, "tokens WHERE hash = ?"));
        if (!token) { return token.error(); }
        return Accounts(std::make_unique<State>(
            State{std::move(database), std::move(*user), std::move(*session), std::move(*token)}));
    }

    /// Runs a statement without rows; `bind` gives it its values. How many rows it changed.
    template <typename Bind>
    Result<std::size_t> run(std::string_view sql, Bind bind) {
        auto statement = database->prepare(sql);
        if (!statement) { return statement.error(); }
        bind(*statement);
        if (auto done = statement->run(); !done) { return done.error(); }
        return statement->changed();
    }

    template <typename Bind>
    Status change(std::string_view sql, Bind bind) {
        auto changed = run(sql, bind);
        if (!changed) { return changed.error(); }
        return {};
    }

    template <typename Record, typename Bind>
    Result<std::vector<Record>> list(const std::string& sql, Bind bind) {
        auto statement = database->prepare(sql);
        if (!statement) { return statement.error(); }
        bind(*statement);
        return all<Record>(*statement);
    }

    template <typename Bind>
    Result<std::uint64_t> count(std::string_view sql, Bind bind) {
        auto statement = database->prepare(sql);
        if (!statement) { return statement.error(); }
        bind(*statement);
        if (auto row = statement->step(); !row) { return row.error(); }
        return static_cast<std::uint64_t>(statement->integer());
    }
    Result<std::uint64_t> count(std::string_view sql) {
        return count(sql, [](Statement&) {});
    }
};

Accounts::Accounts(std::unique_ptr<State> state) : state_(std::move(state)) {}
Accounts::Accounts(Accounts&&) noexcept = default;
Accounts& Accounts::operator=(Accounts&&) noexcept = default;
Accounts::~Accounts() = default;

Result<Accounts> Accounts::open(const std::string& data_dir) {
    auto database = open_database(data_dir, Database::Mode::write);
    if (!database) { return database.error(); }
    return State::prepare(std::move(*database));
}

Result<Accounts> Accounts::open_reader(const std::string& data_dir) {
    auto database = open_database(data_dir, Database::Mode::read);
    if (!database) { return database.error(); }
    return State::prepare(std::move(*database));
}

Status Accounts::together(const std::function<Status()>& work) {
    if (auto begun = state_->database->execute("BEGIN IMMEDIATE"); !begun) { return begun; }
    Status done = work();
    if (done) { done = state_->database->execute("COMMIT"); }
    if (done) { return {}; }
    if (auto undone = state_->database->roll_back(); !undone) { return undone; }
    return done;
}

Result<std::uint64_t> Accounts::count_users() { return state_->count("SELECT count(*) FROM users"); }

Result<std::uint64_t> Accounts::count_active_administrators() {
    return state_->count("SELECT count(*) FROM users WHERE role = 1 AND disabled = 0");
}

Result<std::optional<UserRecord>> Accounts::find_user(std::string_view name) {
    return first<UserRecord>(state_->user.begin().bind(name));
}

Result<std::vector<UserRecord>> Accounts::users() {
    return state_->list<UserRecord>(select(kUserColumns, "users ORDER BY name"), [](Statement&) {});
}

Status Accounts::add_user(const UserRecord& user) {
    const auto count = count_users();
    if (!count) { return count.error(); }
    if (*count >= kUsersMax) {
        return Error{ErrorCode::overloaded,
                     "there are " + std::to_string(kUsersMax) + " accounts, which is all"};
    }
    Status added = state_->change(
        "INSERT INTO users (name, full_name, role, password, disabled, made) VALUES (?,?,?,?,?,?)",
        [&](Statement& row) {
            row.bind(user.name).bind(user.full_name).bind(static_cast<std::int64_t>(user.role));
            row.bind(user.password).bind(std::int64_t{user.disabled}).bind(user.made_unix_ms);
        });
    if (!added && added.error().code == ErrorCode::conflict) {
        return Error{ErrorCode::conflict, "the name " + user.name + " is taken: choose another"};
    }
    return added;
}

Status Accounts::change_user(const UserRecord& user) {
    return state_->change(
        "UPDATE users SET full_name = ?, role = ?, password = ?, disabled = ? WHERE name = ?",
        [&](Statement& row) {
            row.bind(user.full_name).bind(static_cast<std::int64_t>(user.role));
            row.bind(user.password).bind(std::int64_t{user.disabled}).bind(user.name);
        });
}

Status Accounts::add_invitation(const InvitationRecord& invitation) {
    const auto count = state_->count("SELECT count(*) FROM invitations");
    if (!count) { return count.error(); }
    if (*count >= kInvitationsMax) {
        return Error{ErrorCode::overloaded,
                     "there are " + std::to_string(kInvitationsMax) + " open invitations: withdraw some"};
    }
    return state_->change(
        "INSERT INTO invitations (hash, id, kind, role, user, note, made_by, made, expires) "
        "VALUES (?,?,?,?,?,?,?,?,?)",
        [&](Statement& row) {
            bind_hash(row, invitation.hash);
            row.bind(invitation.id).bind(static_cast<std::int64_t>(invitation.kind));
            row.bind(static_cast<std::int64_t>(invitation.role)).bind(invitation.user).bind(invitation.note);
            row.bind(invitation.made_by).bind(invitation.made_unix_ms).bind(invitation.expires_unix_ms);
        });
}

Result<std::optional<InvitationRecord>> Accounts::find_invitation(const SecretHash& hash) {
    auto statement = state_->database->prepare(select(kInvitationColumns, "invitations WHERE hash = ?"));
    if (!statement) { return statement.error(); }
    bind_hash(*statement, hash);
    return first<InvitationRecord>(*statement);
}

Result<std::vector<InvitationRecord>> Accounts::invitations() {
    return state_->list<InvitationRecord>(select(kInvitationColumns, "invitations ORDER BY made DESC, id"),
                                          [](Statement&) {});
}

Result<bool> Accounts::remove_invitation(std::string_view id) {
    const auto removed =
        state_->run("DELETE FROM invitations WHERE id = ?", [&](Statement& row) { row.bind(id); });
    if (!removed) { return removed.error(); }
    return *removed > 0;
}

Status Accounts::remove_set_up_invitations() {
    return state_->change("DELETE FROM invitations WHERE kind = 0", [](Statement&) {});
}

Status Accounts::add_session(const SessionRecord& session) {
    auto added = state_->change(
        "INSERT INTO sessions (hash, id, user, made, used, address, agent) VALUES (?,?,?,?,?,?,?)",
        [&](Statement& row) {
            bind_hash(row, session.hash);
            row.bind(session.id).bind(session.user).bind(session.made_unix_ms).bind(session.used_unix_ms);
            row.bind(session.address).bind(session.agent);
        });
    if (!added) { return added; }
    return state_->change(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user = ? ORDER BY used DESC, made "
        "DESC "
        "LIMIT -1 OFFSET ?)",
        [&](Statement& row) { row.bind(session.user).bind(std::uint64_t{kSessionsOfUserMax}); });
}

Result<std::optional<SessionRecord>> Accounts::find_session(const SecretHash& hash) {
    bind_hash(state_->session.begin(), hash);
    return first<SessionRecord>(state_->session);
}

Result<std::vector<SessionRecord>> Accounts::sessions_of(std::string_view user) {
    return state_->list<SessionRecord>(
        select(kSessionColumns, "sessions WHERE user = ? ORDER BY made DESC, id"),
        [&](Statement& row) { row.bind(user); });
}

Status Accounts::use_session(const SecretHash& hash, std::int64_t at_unix_ms) {
    return state_->change("UPDATE sessions SET used = ? WHERE hash = ?", [&](Statement& row) {
        row.bind(at_unix_ms);
        bind_hash(row, hash);
    });
}

Result<bool> Accounts::remove_session(std::string_view user, std::string_view id) {
    const auto removed = state_->run("DELETE FROM sessions WHERE user = ? AND id = ?",
                                     [&](Statement& row) { row.bind(user).bind(id); });
    if (!removed) { return removed.error(); }
    return *removed > 0;
}

Status Accounts::remove_sessions_of(std::string_view user) {
    return state_->change("DELETE FROM sessions WHERE user = ?", [&](Statement& row) { row.bind(user); });
}

Status Accounts::add_token(const TokenRecord& token) {
    const auto count = state_->count("SELECT count(*) FROM tokens WHERE user = ?",
                                     [&](Statement& row) { row.bind(token.user); });
    if (!count) { return count.error(); }
    if (*count >= kTokensOfUserMax) {
        return Error{ErrorCode::overloaded,
                     "this account has " + std::to_string(kTokensOfUserMax) + " tokens: revoke some"};
    }
    return state_->change(
        "INSERT INTO tokens (hash, id, user, label, scopes, made, expires, used) VALUES (?,?,?,?,?,?,?,?)",
        [&](Statement& row) {
            bind_hash(row, token.hash);
            row.bind(token.id).bind(token.user).bind(token.label).bind(token.scopes);
            row.bind(token.made_unix_ms).bind(token.expires_unix_ms).bind(token.used_unix_ms);
        });
}

Result<std::optional<TokenRecord>> Accounts::find_token(const SecretHash& hash) {
    bind_hash(state_->token.begin(), hash);
    return first<TokenRecord>(state_->token);
}

Result<std::vector<TokenRecord>> Accounts::tokens_of(std::string_view user) {
    return state_->list<TokenRecord>(select(kTokenColumns, "tokens WHERE user = ? ORDER BY made DESC, id"),
                                     [&](Statement& row) { row.bind(user); });
}

Status Accounts::use_token(const SecretHash& hash, std::int64_t at_unix_ms) {
    return state_->change("UPDATE tokens SET used = ? WHERE hash = ?", [&](Statement& row) {
        row.bind(at_unix_ms);
        bind_hash(row, hash);
    });
}

Result<bool> Accounts::remove_token(std::string_view user, std::string_view id) {
    const auto removed = state_->run("DELETE FROM tokens WHERE user = ? AND id = ?",
                                     [&](Statement& row) { row.bind(user).bind(id); });
    if (!removed) { return removed.error(); }
    return *removed > 0;
}

Status Accounts::remove_tokens_of(std::string_view user) {
    return state_->change("DELETE FROM tokens WHERE user = ?", [&](Statement& row) { row.bind(user); });
}

Status Accounts::sweep(std::int64_t now_unix_ms, std::int64_t made_before_unix_ms,
                       std::int64_t used_before_unix_ms) {
    return together([&]() -> Status {
        auto swept = state_->change("DELETE FROM sessions WHERE made < ? OR used < ?", [&](Statement& row) {
            row.bind(made_before_unix_ms).bind(used_before_unix_ms);
        });
        if (!swept) { return swept; }
        swept = state_->change("DELETE FROM invitations WHERE expires < ?",
                               [&](Statement& row) { row.bind(now_unix_ms); });
        if (!swept) { return swept; }
        return state_->change("DELETE FROM tokens WHERE expires < ?",
                              [&](Statement& row) { row.bind(now_unix_ms); });
    });
}

Status Accounts::add_audit(const AuditRecord& record) {
    auto added = state_->change("INSERT INTO audit (at, actor, address, action, subject) VALUES (?,?,?,?,?)",
                                [&](Statement& row) {
                                    row.bind(record.at_unix_ms).bind(record.actor).bind(record.address);
                                    row.bind(record.action).bind(record.subject);
                                });
    if (!added) { return added; }
    return state_->change("DELETE FROM audit WHERE seq <= (SELECT max(seq) FROM audit) - ?",
                          [](Statement& row) { row.bind(kAuditMax); });
}

Result<std::vector<AuditRecord>> Accounts::audit(std::int64_t before, std::size_t limit) {
    return state_->list<AuditRecord>(
        select(kAuditColumns, "audit WHERE ? = 0 OR seq < ? ORDER BY seq DESC LIMIT ?"),
        [&](Statement& row) { row.bind(before).bind(before).bind(std::uint64_t{limit}); });
}

}  // namespace nias::store
