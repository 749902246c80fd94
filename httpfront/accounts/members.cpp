// Invitations, accounts and roles of the directory.
#include "accounts/directory.hpp"
#include "accounts/rules.hpp"
#include "accounts/secrets.hpp"
#include "base/clock.hpp"

namespace nias::httpfront {
namespace {

Problem gone() {
    return {.status = 404,
            .code = "invitation_gone",
            .detail = "this link was used already, was withdrawn, or is too old: ask for another"};
}

Problem no_user(const std::string& name) {
    return {
        .status = 404, .code = "not_found", .detail = "there is no account " + name.substr(0, kNameBytesMax)};
}

}  // namespace

std::variant<Directory::MadeInvitation, Problem> Directory::add_invitation(store::InvitationRecord invitation,
                                                                           const Visitor& visitor) {
    const Secret secret = make_secret();
    const std::int64_t at = unix_ms_now();
    invitation.hash = secret.hash;
    invitation.id = make_public_id();
    invitation.made_unix_ms = at;
    invitation.expires_unix_ms = at + kInvitationMs;
    const std::string action =
        invitation.kind == store::InvitationKind::password ? "password_offered" : "invited";
    const auto done = store_.together([&]() -> Status {
        if (auto added = store_.add_invitation(invitation); !added) { return added; }
        return write_audit(invitation.made_by, visitor, action,
                           invitation.user.empty() ? invitation.id : invitation.user);
    });
    if (!done) { return problem_from(done.error()); }
    return MadeInvitation{std::move(invitation), secret.text};
}

std::variant<Directory::MadeInvitation, Problem> Directory::invite(const Identity& who, store::Role role,
                                                                   const std::string& note,
                                                                   const Visitor& visitor) {
    const std::lock_guard lock(mutex_);
    sweep_at_times();
    store::InvitationRecord invitation;
    invitation.role = role;
    invitation.note = free_text(note);
    invitation.made_by = who.name;
    return add_invitation(std::move(invitation), visitor);
}

std::variant<Directory::MadeInvitation, Problem> Directory::offer_password(const Identity& who,
                                                                           const std::string& user,
                                                                           const Visitor& visitor) {
    const std::lock_guard lock(mutex_);
    const auto found = store_.find_user(user);
    if (!found) { return problem_from(found.error()); }
    if (!*found) { return no_user(user); }
    store::InvitationRecord invitation;
    invitation.kind = store::InvitationKind::password;
    invitation.role = (*found)->role;
    invitation.user = user;
    invitation.made_by = who.name;
    return add_invitation(std::move(invitation), visitor);
}

Result<std::string> Directory::make_set_up_link() {
    const std::lock_guard lock(mutex_);
    const Secret secret = make_secret();
    const std::int64_t at = unix_ms_now();
    store::InvitationRecord invitation;
    invitation.hash = secret.hash;
    invitation.id = make_public_id();
    invitation.kind = store::InvitationKind::set_up;
    invitation.role = store::Role::administrator;
    invitation.made_unix_ms = at;
    invitation.expires_unix_ms = at + kInvitationMs;
    const auto done = store_.together([&]() -> Status {
        if (auto removed = store_.remove_set_up_invitations(); !removed) { return removed; }
        return store_.add_invitation(invitation);
    });
    if (!done) { return done.error(); }
    return secret.text;
}

Result<std::vector<store::InvitationRecord>> Directory::invitations() {
    const std::lock_guard lock(mutex_);
    auto all = store_.invitations();
    if (!all) { return all; }
    const std::int64_t at = unix_ms_now();
    std::erase_if(*all, [at](const store::InvitationRecord& one) { return one.expires_unix_ms <= at; });
    return all;
}

Status Directory::withdraw(const Identity& who, const std::string& id, const Visitor& visitor) {
    const std::lock_guard lock(mutex_);
    const auto removed = store_.remove_invitation(id);
    if (!removed) { return removed.error(); }
    if (!*removed) { return Error{ErrorCode::not_found, "there is no such invitation"}; }
    return write_audit(who.name, visitor, "invitation_withdrawn", id);
}

std::variant<store::InvitationRecord, Problem> Directory::find_invitation(const std::string& secret) {
    const std::lock_guard lock(mutex_);
    auto found = store_.find_invitation(hash_secret(secret));
    if (!found) { return problem_from(found.error()); }
    if (!*found || (*found)->expires_unix_ms <= unix_ms_now()) { return gone(); }
    return std::move(**found);
}

Status Directory::take_up(const store::InvitationRecord& invitation, store::UserRecord& user,
                          const Visitor& visitor, SignedIn& signed_in) {
    const auto removed = store_.remove_invitation(invitation.id);
    if (!removed) { return removed.error(); }
    if (!*removed) { return Error{ErrorCode::not_found, gone().detail}; }
    if (invitation.kind == store::InvitationKind::password) {
        const auto found = store_.find_user(user.name);
        if (!found) { return found.error(); }
        if (!*found || (*found)->disabled) { return Error{ErrorCode::not_found, gone().detail}; }
        std::string hash = std::move(user.password);
        user = **found;
        user.password = std::move(hash);
        if (auto changed = store_.change_user(user); !changed) { return changed; }
        if (auto ended = store_.remove_sessions_of(user.name); !ended) { return ended; }
    } else if (auto added = store_.add_user(user); !added) {
        return added;
    }
    if (invitation.kind == store::InvitationKind::set_up) {
        if (auto rest = store_.remove_set_up_invitations(); !rest) { return rest; }
    }
    auto begun = begin_session(user, visitor);
    if (!begun) { return begun.error(); }
    signed_in = std::move(*begun);
    const bool is_fresh = invitation.kind != store::InvitationKind::password;
    return write_audit(user.name, visitor, is_fresh ? "account_made" : "password_changed", user.name);
}

std::variant<Directory::SignedIn, Problem> Directory::accept(const std::string& secret, const Wanted& wanted,
                                                             const Visitor& visitor) {
    const auto found = find_invitation(secret);
    if (const auto* problem = std::get_if<Problem>(&found)) { return *problem; }
    const auto& invitation = std::get<store::InvitationRecord>(found);
    store::UserRecord user;
    const bool is_fresh = invitation.kind != store::InvitationKind::password;
    user.name = is_fresh ? account_name(wanted.name) : invitation.user;
    user.full_name = free_text(wanted.full_name);
    user.role = invitation.role;
    user.made_unix_ms = unix_ms_now();
    if (auto problem = check_name(user.name)) { return *problem; }
    if (auto problem = check_password(wanted.password, user.name)) { return *problem; }
    auto hash = passwords_->hash(wanted.password);
    if (!hash) { return problem_from(hash.error()); }
    user.password = std::move(*hash);
    SignedIn signed_in;
    const std::lock_guard lock(mutex_);
    const auto done = store_.together([&] { return take_up(invitation, user, visitor, signed_in); });
    if (done) { return signed_in; }
    Problem problem = problem_from(done.error());
    if (done.error().code == ErrorCode::conflict) { problem.code = "name_taken"; }
    if (done.error().code == ErrorCode::not_found) { return gone(); }
    return problem;
}

Result<std::vector<store::UserRecord>> Directory::users() {
    const std::lock_guard lock(mutex_);
    return store_.users();
}

std::variant<store::UserRecord, Problem> Directory::change_user(const Identity& who, const std::string& name,
                                                                std::optional<store::Role> role,
                                                                std::optional<bool> disabled,
                                                                const Visitor& visitor) {
    const std::lock_guard lock(mutex_);
    const auto found = store_.find_user(name);
    if (!found) { return problem_from(found.error()); }
    if (!*found) { return no_user(name); }
    store::UserRecord user = **found;
    user.role = role.value_or(user.role);
    user.disabled = disabled.value_or(user.disabled);
    bool is_last = false;
    const auto done = store_.together([&]() -> Status {
        if (auto changed = store_.change_user(user); !changed) { return changed; }
        const auto left = store_.count_active_administrators();
        if (!left) { return left.error(); }
        is_last = *left == 0;
        if (is_last) { return Error{ErrorCode::conflict, "this is the last administrator"}; }
        if (user.disabled) {
            if (auto ended = store_.remove_sessions_of(name); !ended) { return ended; }
        }
        if (role && *role != (*found)->role) {
            const bool up = *role == store::Role::administrator;
            if (auto written =
                    write_audit(who.name, visitor, up ? "made_administrator" : "made_researcher", name);
                !written) {
                return written;
            }
        }
        if (!disabled || *disabled == (*found)->disabled) { return {}; }
        return write_audit(who.name, visitor, *disabled ? "account_closed" : "account_opened", name);
    });
    if (is_last) {
        return Problem{.status = 409,
                       .code = "last_administrator",
                       .detail = "this is the last administrator who can sign in: make another one first"};
    }
    if (!done) { return problem_from(done.error()); }
    return user;
}

}  // namespace nias::httpfront
