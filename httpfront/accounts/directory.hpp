/// The accounts of the front: who asks, signing in and out, sessions, tokens, invitations, roles. The single
/// writer of accounts.db. Any thread; passwords are hashed on a lane of their own, without the lock.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "accounts/identity.hpp"
#include "accounts/passwords.hpp"
#include "accounts/proxy.hpp"
#include "accounts/throttle.hpp"
#include "http/problem.hpp"
#include "store/accounts/accounts.hpp"

namespace nias::httpfront {

class Directory {
public:
    static constexpr std::int64_t kSessionIdleMs = 7LL * 24 * 3600 * 1000;  ///< unused for so long, it ends
    static constexpr std::int64_t kSessionMs = 30LL * 24 * 3600 * 1000;     ///< it ends, however it is used
    static constexpr std::int64_t kInvitationMs = 7LL * 24 * 3600 * 1000;
    static constexpr std::uint64_t kTokenDaysMax = 366;

    static Result<std::unique_ptr<Directory>> open(const std::string& data_dir, TrustedProxy proxy);

    /// Finds out who asks; nullopt: nobody who has signed in. A Problem (401) for a token that is not valid,
    /// or a name of the proxy that cannot be taken.
    [[nodiscard]] std::variant<std::optional<Identity>, Problem> identify(const Request& request,
                                                                          const Visitor& visitor);
    /// Whether nobody has an account yet, so that the set-up link is the only way in.
    [[nodiscard]] bool is_empty();

    struct SignedIn {
        store::UserRecord user;
        std::string secret;  ///< for the cookie
    };
    /// Signs in and begins a session, always a fresh one. 401 `wrong_password` says nothing of the name; 429
    /// `slow_down` after too many tries, for any name.
    [[nodiscard]] std::variant<SignedIn, Problem> sign_in(const std::string& typed_name,
                                                          const std::string& password,
                                                          const Visitor& visitor);
    [[nodiscard]] Status end_session(const std::string& user, const std::string& id, const Visitor& visitor);
    /// Ends every session of the account, and begins a fresh one for who asks.
    [[nodiscard]] std::variant<SignedIn, Problem> change_password(const Identity& who,
                                                                  const std::string& current,
                                                                  const std::string& wanted,
                                                                  const Visitor& visitor);
    [[nodiscard]] Result<std::vector<store::SessionRecord>> sessions_of(const std::string& user);

    /// The record, and the token itself: shown once.
    using MadeToken = std::pair<store::TokenRecord, std::string>;
    [[nodiscard]] std::variant<MadeToken, Problem> make_token(const Identity& who, const std::string& label,
                                                              std::uint32_t scopes, std::uint64_t days,
                                                              const Visitor& visitor);
    [[nodiscard]] Result<std::vector<store::TokenRecord>> tokens_of(const std::string& user);
    [[nodiscard]] Status revoke_token(const std::string& user, const std::string& id, const Visitor& visitor);

    /// The record, and the secret of its link: shown once.
    using MadeInvitation = std::pair<store::InvitationRecord, std::string>;
    [[nodiscard]] std::variant<MadeInvitation, Problem> invite(const Identity& who, store::Role role,
                                                               const std::string& note,
                                                               const Visitor& visitor);
    /// A link by which somebody who forgot the password gives this account a fresh one.
    [[nodiscard]] std::variant<MadeInvitation, Problem> offer_password(const Identity& who,
                                                                       const std::string& user,
                                                                       const Visitor& visitor);
    /// For the server's own start: the secret of the link that makes the first administrator, in place of
    /// those that were made before.
    [[nodiscard]] Result<std::string> make_set_up_link();
    [[nodiscard]] Result<std::vector<store::InvitationRecord>> invitations();
    [[nodiscard]] Status withdraw(const Identity& who, const std::string& id, const Visitor& visitor);
    /// 404 `invitation_gone` for a link that was used, withdrawn, or is too old.
    [[nodiscard]] std::variant<store::InvitationRecord, Problem> find_invitation(const std::string& secret);

    struct Wanted {
        std::string name;
        std::string full_name;
        std::string password;
    };
    /// Makes the account (or gives it its password) and signs in. The link is spent.
    [[nodiscard]] std::variant<SignedIn, Problem> accept(const std::string& secret, const Wanted& wanted,
                                                         const Visitor& visitor);

    [[nodiscard]] Result<std::vector<store::UserRecord>> users();
    /// Changes role or whether it may sign in; a disabled account has no sessions. 409 `last_administrator`
    /// where nobody would be left to look after the server.
    [[nodiscard]] std::variant<store::UserRecord, Problem> change_user(const Identity& who,
                                                                       const std::string& name,
                                                                       std::optional<store::Role> role,
                                                                       std::optional<bool> disabled,
                                                                       const Visitor& visitor);

    /// Writes down what an administrator did to the lab, each time that it was done.
    void did(const Identity& who, const Visitor& visitor, const std::string& action,
             const std::string& subject);
    /// Writes down that an administrator looked at what is another's; the same within ten minutes once.
    void looked(const Identity& who, const Visitor& visitor, const std::string& action,
                const std::string& subject);

private:
    Directory(store::Accounts store, store::Accounts reader, std::unique_ptr<Passwords> passwords,
              TrustedProxy proxy)
        : reader_(std::move(reader)),
          store_(std::move(store)),
          passwords_(std::move(passwords)),
          proxy_(std::move(proxy)) {}

    /// Runs `work` with the reader.
    [[nodiscard]] Status look_up(const std::function<Status()>& work);
    [[nodiscard]] Status find_user(const std::string& name, std::optional<store::UserRecord>& user);
    [[nodiscard]] std::variant<std::optional<Identity>, Problem> by_token(const std::string& token);
    [[nodiscard]] std::variant<std::optional<Identity>, Problem> by_proxy(const std::string& name,
                                                                          const Visitor& visitor);
    [[nodiscard]] std::variant<std::optional<Identity>, Problem> by_session(const std::string& secret);
    [[nodiscard]] std::optional<Problem> slow_down(const std::string& name, const Visitor& visitor,
                                                   std::string& key);
    [[nodiscard]] Result<bool> fits(const std::string& name, const std::string& password,
                                    std::optional<store::UserRecord>& user);
    [[nodiscard]] Result<SignedIn> begin_session(const store::UserRecord& user, const Visitor& visitor);
    [[nodiscard]] Status write_audit(const std::string& actor, const Visitor& visitor,
                                     const std::string& action, const std::string& subject);
    [[nodiscard]] bool is_repeat(const std::string& what);
    [[nodiscard]] std::variant<MadeInvitation, Problem> add_invitation(store::InvitationRecord invitation,
                                                                       const Visitor& visitor);
    [[nodiscard]] Status take_up(const store::InvitationRecord& invitation, store::UserRecord& user,
                                 const Visitor& visitor, SignedIn& signed_in);
    void sweep_at_times();

    /// Every request looks somebody up. The reader has a connection and a lock of its own, so that no look-up
    /// waits for a writer's sync.
    std::mutex reading_;
    store::Accounts reader_;
    std::mutex mutex_;
    store::Accounts store_;  // under mutex_, as the rest but the passwords and the proxy
    Throttle by_name_{10, std::chrono::seconds(10)};
    Throttle by_address_{30, std::chrono::seconds(2)};
    std::map<std::string, std::int64_t> written_lately_;  // what is not to be written again, and when it was
    std::int64_t swept_unix_ms_ = 0;
    std::unique_ptr<Passwords> passwords_;
    TrustedProxy proxy_;
};

}  // namespace nias::httpfront
