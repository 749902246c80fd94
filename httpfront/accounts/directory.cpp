// Finds out who asks, by session, by token or by the trusted proxy, and writes the audit log.
#include "accounts/directory.hpp"

#include "accounts/cookies.hpp"
#include "accounts/rules.hpp"
#include "accounts/secrets.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"

namespace nias::httpfront {
namespace {

constexpr std::int64_t kUsedEveryMs = 60'000;         // how late the last use of a session may be written
constexpr std::int64_t kRepeatMs = 10LL * 60 * 1000;  // within it the same look is written down once
constexpr std::size_t kRepeatsMax = 10'000;
constexpr std::int64_t kSweepEveryMs = 3'600'000;

using Asked = std::variant<std::optional<Identity>, Problem>;

Asked bad_token(std::string detail) {
    return Problem{.status = 401,
                   .code = "bad_token",
                   .detail = std::move(detail),
                   .headers = {{"WWW-Authenticate", "Bearer error=\"invalid_token\""}}};
}

Identity identity_of(const store::UserRecord& user, Identity::By by) {
    Identity identity{.name = user.name, .full_name = user.full_name, .role = user.role, .by = by};
    if (by == Identity::By::proxy) { identity.scopes = kAllScopes; }
    return identity;
}

}  // namespace

Result<std::unique_ptr<Directory>> Directory::open(const std::string& data_dir, TrustedProxy proxy) {
    auto store = store::Accounts::open(data_dir);
    if (!store) { return store.error(); }
    auto reader = store::Accounts::open_reader(data_dir);
    if (!reader) { return reader.error(); }
    auto passwords = Passwords::start();
    if (!passwords) { return passwords.error(); }
    return std::unique_ptr<Directory>(
        new Directory(std::move(*store), std::move(*reader), std::move(*passwords), std::move(proxy)));
}

Asked Directory::identify(const Request& request, const Visitor& visitor) {
    if (const auto token = bearer_token(request)) { return by_token(*token); }
    if (const auto name = proxy_.user_of(request)) { return by_proxy(*name, visitor); }
    if (const auto secret = session_cookie(request, visitor)) { return by_session(*secret); }
    return std::nullopt;
}

Asked Directory::by_token(const std::string& text) {
    std::optional<store::TokenRecord> token;
    std::optional<store::UserRecord> user;
    const auto looked_up = look_up([&]() -> Status {
        auto found = reader_.find_token(hash_secret(text));
        if (!found) { return found.error(); }
        token = std::move(*found);
        return token ? find_user(token->user, user) : Status{};
    });
    if (!looked_up) { return problem_from(looked_up.error()); }
    const std::int64_t at = unix_ms_now();
    if (!token) { return bad_token("this token is not known here: it was revoked, or is mistyped"); }
    if (token->expires_unix_ms <= at) {
        return bad_token("this token has expired: make another on the account's page");
    }
    if (!user || user->disabled) { return bad_token("the account of this token is closed"); }
    if (token->used_unix_ms + kUsedEveryMs < at) {
        const std::lock_guard lock(mutex_);
        if (auto used = store_.use_token(token->hash, at); !used) { log::warn(used.error().message); }
    }
    Identity identity = identity_of(*user, Identity::By::token);
    identity.scopes = token->scopes & kTokenScopes;
    identity.ends_unix_ms = token->expires_unix_ms;
    return std::optional(std::move(identity));
}

Asked Directory::by_session(const std::string& secret) {
    std::optional<store::SessionRecord> session;
    std::optional<store::UserRecord> user;
    const auto looked_up = look_up([&]() -> Status {
        auto found = reader_.find_session(hash_secret(secret));
        if (!found) { return found.error(); }
        session = std::move(*found);
        return session ? find_user(session->user, user) : Status{};
    });
    if (!looked_up) { return problem_from(looked_up.error()); }
    if (!session || !user || user->disabled) { return std::nullopt; }
    const std::int64_t at = unix_ms_now();
    const std::int64_t ends = session->made_unix_ms + kSessionMs;
    if (ends <= at || session->used_unix_ms + kSessionIdleMs <= at) { return std::nullopt; }
    if (session->used_unix_ms + kUsedEveryMs < at) {
        const std::lock_guard lock(mutex_);
        if (auto used = store_.use_session(session->hash, at); !used) { log::warn(used.error().message); }
    }
    Identity identity = identity_of(*user, Identity::By::session);
    identity.session_id = session->id;
    identity.ends_unix_ms = ends;
    return std::optional(std::move(identity));
}

Status Directory::look_up(const std::function<Status()>& work) {
    const std::lock_guard lock(reading_);
    return work();
}

Status Directory::find_user(const std::string& name, std::optional<store::UserRecord>& user) {
    auto found = reader_.find_user(name);
    if (!found) { return found.error(); }
    user = std::move(*found);
    return {};
}

Asked Directory::by_proxy(const std::string& name, const Visitor& visitor) {
    const Problem closed{.status = 401,
                         .code = "account_closed",
                         .detail = "this account is closed: ask the administrator of this server"};
    if (const auto problem = check_name(name)) {
        return Problem{.status = 401,
                       .code = "bad_name",
                       .detail =
                           "the proxy in front of this server names a user "
                           "whose name cannot be one here: " +
                           problem->detail};
    }
    std::optional<store::UserRecord> user;
    if (auto looked_up = look_up([&] { return find_user(name, user); }); !looked_up) {
        return problem_from(looked_up.error());
    }
    if (user && user->disabled) { return closed; }
    if (user) { return std::optional(identity_of(*user, Identity::By::proxy)); }
    const store::UserRecord made{
        .name = name, .full_name = {}, .password = {}, .made_unix_ms = unix_ms_now()};
    const std::lock_guard lock(mutex_);
    const auto added = store_.together([&]() -> Status {
        if (auto add = store_.add_user(made); !add) { return add; }
        return write_audit(name, visitor, "account_made", name);
    });
    // The second of two first requests at once finds the account there, a researcher's too.
    if (!added && added.error().code != ErrorCode::conflict) { return problem_from(added.error()); }
    return std::optional(identity_of(made, Identity::By::proxy));
}

bool Directory::is_empty() {
    const std::lock_guard lock(reading_);
    const auto count = reader_.count_users();
    return count && *count == 0;
}

Status Directory::write_audit(const std::string& actor, const Visitor& visitor, const std::string& action,
                              const std::string& subject) {
    return store_.add_audit({.at_unix_ms = unix_ms_now(),
                             .actor = actor,
                             .address = visitor.address,
                             .action = action,
                             .subject = subject});
}

bool Directory::is_repeat(const std::string& what) {
    const std::int64_t at = unix_ms_now();
    std::erase_if(written_lately_, [&](const auto& entry) { return entry.second + kRepeatMs < at; });
    if (written_lately_.contains(what)) { return true; }
    if (written_lately_.size() >= kRepeatsMax) { written_lately_.clear(); }
    written_lately_.emplace(what, at);
    return false;
}

void Directory::looked(const Identity& who, const Visitor& visitor, const std::string& action,
                       const std::string& subject) {
    const std::lock_guard lock(mutex_);
    if (is_repeat(who.name + '\n' + action + '\n' + subject)) { return; }
    if (auto written = write_audit(who.name, visitor, action, subject); !written) {
        log::error("the audit log was not written: " + written.error().message);
    }
}

void Directory::did(const Identity& who, const Visitor& visitor, const std::string& action,
                    const std::string& subject) {
    const std::lock_guard lock(mutex_);
    if (auto written = write_audit(who.name, visitor, action, subject); !written) {
        log::error("the audit log was not written: " + written.error().message);
    }
}

void Directory::sweep_at_times() {
    const std::int64_t at = unix_ms_now();
    if (swept_unix_ms_ + kSweepEveryMs > at) { return; }
    swept_unix_ms_ = at;
    if (auto swept = store_.sweep(at, at - kSessionMs, at - kSessionIdleMs); !swept) {
        log::warn("ended sessions are kept: " + swept.error().message);
    }
}

}  // namespace nias::httpfront
