// Signing in and out, passwords, sessions and tokens of the directory.
#include <algorithm>

#include "accounts/directory.hpp"
#include "accounts/rules.hpp"
#include "accounts/secrets.hpp"
#include "base/clock.hpp"

namespace nias::httpfront {
namespace {

constexpr std::string_view kTokenPrefix = "nias_";
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

Problem slow_down_problem(std::chrono::milliseconds wait) {
    const auto seconds = std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count());
    return {.status = 429,
            .code = "slow_down",
            .detail = "too many tries: wait " + seconds + " s, then try again",
            .headers = {{"Retry-After", seconds}}};
}

/// An IPv6 network gives a machine as many addresses as it likes: its first 64 bits stand for it.
std::string network_of(const std::string& address) {
    if (address.find('.') != std::string::npos) { return address; }
    std::size_t end = 0;
    for (int group = 0; group < 4 && end != std::string::npos; ++group) { end = address.find(':', end + 1); }
    return address.substr(0, std::min(end, address.find("::")));
}

}  // namespace

// The key is of the name as it was typed, whether or not there is such an account. From an address where the
// account has signed in before, tries are counted apart: so nobody elsewhere can keep its owner waiting.
std::optional<Problem> Directory::slow_down(const std::string& name, const Visitor& visitor,
                                            std::string& key) {
    key = name.substr(0, kNameBytesMax + 1);
    const auto sessions = store_.sessions_of(key);
    const bool is_known =
        sessions && std::any_of(sessions->begin(), sessions->end(),
                                [&](const auto& session) { return session.address == visitor.address; });
    if (is_known) { key += '\n' + visitor.address; }
    const Time at = now();
    if (const auto wait = by_address_.take(network_of(visitor.address), at)) {
        return slow_down_problem(*wait);
    }
    if (const auto wait = by_name_.take(key, at)) { return slow_down_problem(*wait); }
    return std::nullopt;
}

Result<bool> Directory::fits(const std::string& name, const std::string& password,
                             std::optional<store::UserRecord>& user) {
    {
        const std::lock_guard lock(mutex_);
        auto found = store_.find_user(name);
        if (!found) { return found.error(); }
        user = std::move(*found);
    }
    const bool may = user && !user->disabled;
    return passwords_->verify(may ? user->password : std::string(), password);
}

Result<Directory::SignedIn> Directory::begin_session(const store::UserRecord& user, const Visitor& visitor) {
    const Secret secret = make_secret();
    const std::int64_t at = unix_ms_now();
    const auto added = store_.add_session({.hash = secret.hash,
                                           .id = make_public_id(),
                                           .user = user.name,
                                           .made_unix_ms = at,
                                           .used_unix_ms = at,
                                           .address = visitor.address,
                                           .agent = visitor.agent});
    if (!added) { return added.error(); }
    return SignedIn{user, secret.text};
}

std::variant<Directory::SignedIn, Problem> Directory::sign_in(const std::string& typed_name,
                                                              const std::string& password,
                                                              const Visitor& visitor) {
    const std::string name = account_name(typed_name);
    const Problem wrong{
        .status = 401, .code = "wrong_password", .detail = "name and password do not fit together"};
    std::string key;
    {
        const std::lock_guard lock(mutex_);
        sweep_at_times();
        if (auto problem = slow_down(name, visitor, key)) { return *problem; }
    }
    std::optional<store::UserRecord> user;
    const bool can_be = password.size() <= Passwords::kPasswordBytesMax;
    const auto fit = fits(name, can_be ? password : std::string(), user);
    const std::lock_guard lock(mutex_);
    if (!fit || *fit) {  // it was no wrong guess
        by_name_.give_back(key);
        by_address_.give_back(network_of(visitor.address));
    }
    if (!fit) { return problem_from(fit.error()); }
    if (!*fit) {
        if (user && !is_repeat(name + "\nsign_in_failed\n" + visitor.address)) {
            if (auto written = write_audit("", visitor, "sign_in_failed", name); !written) {
                return problem_from(written.error());
            }
        }
        return wrong;
    }
    std::optional<SignedIn> signed_in;
    const auto done = store_.together([&]() -> Status {
        auto begun = begin_session(*user, visitor);
        if (!begun) { return begun.error(); }
        signed_in = std::move(*begun);
        return write_audit(name, visitor, "signed_in", name);
    });
    if (!done) { return problem_from(done.error()); }
    return std::move(*signed_in);
}

Status Directory::end_session(const std::string& user, const std::string& id, const Visitor& visitor) {
    const std::lock_guard lock(mutex_);
    const auto removed = store_.remove_session(user, id);
    if (!removed) { return removed.error(); }
    if (!*removed) { return Error{ErrorCode::not_found, "this account has no such session"}; }
    return write_audit(user, visitor, "session_ended", id);
}

std::variant<Directory::SignedIn, Problem> Directory::change_password(const Identity& who,
                                                                      const std::string& current,
                                                                      const std::string& wanted,
                                                                      const Visitor& visitor) {
    if (auto problem = check_password(wanted, who.name)) { return *problem; }
    std::string key;
    {
        const std::lock_guard lock(mutex_);
        if (auto problem = slow_down(who.name, visitor, key)) { return *problem; }
    }
    std::optional<store::UserRecord> user;
    const bool can_be = current.size() <= Passwords::kPasswordBytesMax;
    const auto fit = fits(who.name, can_be ? current : std::string(), user);
    if (!fit) { return problem_from(fit.error()); }
    if (!*fit) {
        return Problem{
            .status = 422, .code = "wrong_current_password", .detail = "the password so far is another"};
    }
    auto hash = passwords_->hash(wanted);
    if (!hash) { return problem_from(hash.error()); }
    user->password = std::move(*hash);
    std::optional<SignedIn> signed_in;
    const std::lock_guard lock(mutex_);
    by_name_.give_back(key);
    by_address_.give_back(network_of(visitor.address));
    const auto done = store_.together([&]() -> Status {
        if (auto changed = store_.change_user(*user); !changed) { return changed; }
        if (auto ended = store_.remove_sessions_of(user->name); !ended) { return ended; }
        auto begun = begin_session(*user, visitor);
        if (!begun) { return begun.error(); }
        signed_in = std::move(*begun);
        return write_audit(user->name, visitor, "password_changed", user->name);
    });
    if (!done) { return problem_from(done.error()); }
    return std::move(*signed_in);
}

Result<std::vector<store::SessionRecord>> Directory::sessions_of(const std::string& user) {
    const std::lock_guard lock(mutex_);
    auto sessions = store_.sessions_of(user);
    if (!sessions) { return sessions; }
    const std::int64_t at = unix_ms_now();
    std::erase_if(*sessions, [at](const store::SessionRecord& session) {
        return session.made_unix_ms + kSessionMs <= at || session.used_unix_ms + kSessionIdleMs <= at;
    });
    return sessions;
}

std::variant<Directory::MadeToken, Problem> Directory::make_token(const Identity& who,
                                                                  const std::string& label,
                                                                  std::uint32_t scopes, std::uint64_t days,
                                                                  const Visitor& visitor) {
    const auto invalid = [](std::string detail) {
        return Problem{.status = 422, .code = "bad_token_wish", .detail = std::move(detail)};
    };
    if (scopes == 0 || (scopes & ~kTokenScopes) != 0) {
        return invalid("a token needs one or more of the scopes read, submit and admin");
    }
    if (days == 0 || days > kTokenDaysMax) { return invalid("a token lasts 1 to 366 days"); }
    if ((scopes & static_cast<std::uint32_t>(Scope::admin)) != 0 && who.role != store::Role::administrator) {
        return invalid("only an administrator's token can have the scope admin");
    }
    const Secret secret = make_secret(kTokenPrefix);
    const std::int64_t at = unix_ms_now();
    store::TokenRecord record{.hash = secret.hash,
                              .id = make_public_id(),
                              .user = who.name,
                              .label = free_text(label),
                              .scopes = scopes,
                              .made_unix_ms = at,
                              .expires_unix_ms = at + static_cast<std::int64_t>(days) * kDayMs};
    const std::lock_guard lock(mutex_);
    sweep_at_times();
    const auto done = store_.together([&]() -> Status {
        if (auto added = store_.add_token(record); !added) { return added; }
        return write_audit(who.name, visitor, "token_made", record.id);
    });
    if (!done) { return problem_from(done.error()); }
    return MadeToken{std::move(record), secret.text};
}

Result<std::vector<store::TokenRecord>> Directory::tokens_of(const std::string& user) {
    const std::lock_guard lock(mutex_);
    return store_.tokens_of(user);
}

Status Directory::revoke_token(const std::string& user, const std::string& id, const Visitor& visitor) {
    const std::lock_guard lock(mutex_);
    const auto removed = store_.remove_token(user, id);
    if (!removed) { return removed.error(); }
    if (!*removed) { return Error{ErrorCode::not_found, "this account has no such token"}; }
    return write_audit(user, visitor, "token_revoked", id);
}

}  // namespace nias::httpfront
