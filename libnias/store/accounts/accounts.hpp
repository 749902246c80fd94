/// Users, invitations, sessions, tokens and the audit log: `accounts.db`. The front is its single writer;
/// `nias audit` reads. It stores and finds: who may do what is decided in httpfront/accounts. One thread at a
/// time each object.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/accounts/records.hpp"

namespace nias::store {

class Accounts {
public:
    /// Bounds of the tables. Past them `overloaded`, in words; the audit log forgets its oldest rows.
    static constexpr std::size_t kUsersMax = 10'000;
    static constexpr std::size_t kInvitationsMax = 1'000;
    static constexpr std::size_t kSessionsOfUserMax = 100;  ///< a further one ends the one unused for longest
    static constexpr std::size_t kTokensOfUserMax = 100;
    static constexpr std::int64_t kAuditMax = 100'000;

    /// The writer's side of `<data_dir>/accounts.db` (WAL, synchronous=FULL).
    static Result<Accounts> open(const std::string& data_dir);
    /// Read-only; `not_found` where no front with accounts has yet run.
    static Result<Accounts> open_reader(const std::string& data_dir);
    Accounts(Accounts&&) noexcept;
    Accounts& operator=(Accounts&&) noexcept;
    ~Accounts();

    /// Runs `work` in one transaction, durable when it returns ok; an error of `work` undoes all of it.
    [[nodiscard]] Status together(const std::function<Status()>& work);

    [[nodiscard]] Result<std::uint64_t> count_users();
    [[nodiscard]] Result<std::uint64_t> count_active_administrators();
    [[nodiscard]] Result<std::optional<UserRecord>> find_user(std::string_view name);
    [[nodiscard]] Result<std::vector<UserRecord>> users();  ///< by name
    [[nodiscard]] Status add_user(const UserRecord& user);  ///< `conflict`: the name is taken
    /// Writes all but its name and when it was made.
    [[nodiscard]] Status change_user(const UserRecord& user);

    [[nodiscard]] Status add_invitation(const InvitationRecord& invitation);
    [[nodiscard]] Result<std::optional<InvitationRecord>> find_invitation(const SecretHash& hash);
    [[nodiscard]] Result<std::vector<InvitationRecord>> invitations();  ///< the newest first
    /// False: it was not there, so somebody else has used or withdrawn it.
    [[nodiscard]] Result<bool> remove_invitation(std::string_view id);
    [[nodiscard]] Status remove_set_up_invitations();

    [[nodiscard]] Status add_session(const SessionRecord& session);
    [[nodiscard]] Result<std::optional<SessionRecord>> find_session(const SecretHash& hash);
    [[nodiscard]] Result<std::vector<SessionRecord>> sessions_of(std::string_view user);  ///< newest first
    [[nodiscard]] Status use_session(const SecretHash& hash, std::int64_t at_unix_ms);
    [[nodiscard]] Result<bool> remove_session(std::string_view user, std::string_view id);
    [[nodiscard]] Status remove_sessions_of(std::string_view user);

    [[nodiscard]] Status add_token(const TokenRecord& token);
    [[nodiscard]] Result<std::optional<TokenRecord>> find_token(const SecretHash& hash);
    [[nodiscard]] Result<std::vector<TokenRecord>> tokens_of(std::string_view user);  ///< newest first
    [[nodiscard]] Status use_token(const SecretHash& hash, std::int64_t at_unix_ms);
    [[nodiscard]] Result<bool> remove_token(std::string_view user, std::string_view id);
    [[nodiscard]] Status remove_tokens_of(std::string_view user);

    /// Removes what has ended: sessions made or used before these times, and what expired before `now`.
    [[nodiscard]] Status sweep(std::int64_t now_unix_ms, std::int64_t made_before_unix_ms,
                               std::int64_t used_before_unix_ms);

    [[nodiscard]] Status add_audit(const AuditRecord& record);  ///< its seq is given here
    /// The newest first; `before`: only rows with a smaller seq, 0: from the newest on.
    [[nodiscard]] Result<std::vector<AuditRecord>> audit(std::int64_t before, std::size_t limit);

private:
    struct State;
    explicit Accounts(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace nias::store
