#include "store/accounts/rows.hpp"

#include <algorithm>

namespace nias::store {

void bind_hash(Statement& statement, const SecretHash& hash) {
    statement.bind(std::span<const std::uint8_t>(hash.bytes));
}

namespace {

SecretHash read_hash(Statement& row) {
    SecretHash hash;
    const Bytes bytes = row.bytes();
    std::copy_n(bytes.begin(), std::min(bytes.size(), hash.bytes.size()), hash.bytes.begin());
    return hash;
}

}  // namespace

void read(Statement& row, UserRecord& user) {
    user.name = row.text();
    user.full_name = row.text();
    user.role = static_cast<Role>(row.integer());
    user.password = row.text();
    user.disabled = row.integer() != 0;
    user.made_unix_ms = row.integer();
}

void read(Statement& row, InvitationRecord& invitation) {
    invitation.hash = read_hash(row);
    invitation.id = row.text();
    invitation.kind = static_cast<InvitationKind>(row.integer());
    invitation.role = static_cast<Role>(row.integer());
    invitation.user = row.text();
    invitation.note = row.text();
    invitation.made_by = row.text();
    invitation.made_unix_ms = row.integer();
    invitation.expires_unix_ms = row.integer();
}

void read(Statement& row, SessionRecord& session) {
    session.hash = read_hash(row);
    session.id = row.text();
    session.user = row.text();
    session.made_unix_ms = row.integer();
    session.used_unix_ms = row.integer();
    session.address = row.text();
    session.agent = row.text();
}

void read(Statement& row, TokenRecord& token) {
    token.hash = read_hash(row);
    token.id = row.text();
    token.user = row.text();
    token.label = row.text();
    token.scopes = static_cast<std::uint32_t>(row.integer());
    token.made_unix_ms = row.integer();
    token.expires_unix_ms = row.integer();
    token.used_unix_ms = row.integer();
}

void read(Statement& row, AuditRecord& record) {
    record.seq = row.integer();
    record.at_unix_ms = row.integer();
    record.actor = row.text();
    record.address = row.text();
    record.action = row.text();
    record.subject = row.text();
}

}  // namespace nias::store
