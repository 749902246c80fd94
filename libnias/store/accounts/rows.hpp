/// How rows of accounts.db become records: the columns, and what reads them. Private to the accounts store.
#pragma once

#include "store/accounts/records.hpp"
#include "store/sqlite/database.hpp"

namespace nias::store {

/// The columns in the order in which read() takes them.
inline constexpr std::string_view kUserColumns = "name, full_name, role, password, disabled, made";
inline constexpr std::string_view kInvitationColumns =
    "hash, id, kind, role, user, note, made_by, made, expires";
inline constexpr std::string_view kSessionColumns = "hash, id, user, made, used, address, agent";
inline constexpr std::string_view kTokenColumns = "hash, id, user, label, scopes, made, expires, used";
inline constexpr std::string_view kAuditColumns = "seq, at, actor, address, action, subject";

void bind_hash(Statement& statement, const SecretHash& hash);
void read(Statement& row, UserRecord& user);
void read(Statement& row, InvitationRecord& invitation);
void read(Statement& row, SessionRecord& session);
void read(Statement& row, TokenRecord& token);
void read(Statement& row, AuditRecord& record);

}  // namespace nias::store
