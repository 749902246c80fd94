/// Rows of the accounts store. Values; used by httpfront and by `nias audit`.
#pragma once

#include <cstdint>
#include <string>

#include <nias/task.hpp>

namespace nias::store {

/// The SHA-256 of a secret that somebody else keeps: a session's cookie, a token, the end of an invitation.
using SecretHash = BlobHash;

enum class Role : std::uint8_t { researcher = 0, administrator = 1 };

struct UserRecord {
    std::string name;       ///< signs in with it, and owns jobs under it; never changes
    std::string full_name;  ///< free text for people; may be empty
    Role role = Role::researcher;
    std::string password;  ///< argon2id, as libsodium writes it; empty: no password opens this account
    bool disabled = false;
    std::int64_t made_unix_ms = 0;
};

enum class InvitationKind : std::uint8_t {
    set_up = 0,    ///< makes an administrator; comes from the server itself
    join = 1,      ///< makes an account
    password = 2,  ///< gives an account that is there a fresh password
};

struct InvitationRecord {
    SecretHash hash;
    std::string id;  ///< names it in lists, and opens nothing
    InvitationKind kind = InvitationKind::join;
    Role role = Role::researcher;
    std::string user;  ///< the account, for InvitationKind::password
    std::string note;  ///< free text of the administrator
    std::string made_by;
    std::int64_t made_unix_ms = 0;
    std::int64_t expires_unix_ms = 0;
};

struct SessionRecord {
    SecretHash hash;
    std::string id;  ///< names it in lists, and opens nothing
    std::string user;
    std::int64_t made_unix_ms = 0;
    std::int64_t used_unix_ms = 0;
    std::string address;
    std::string agent;  ///< as the browser calls itself
};

struct TokenRecord {
    SecretHash hash;
    std::string id;  ///< names it in lists, and opens nothing
    std::string user;
    std::string label;
    std::uint32_t scopes = 0;  ///< bits, as httpfront/accounts defines them
    std::int64_t made_unix_ms = 0;
    std::int64_t expires_unix_ms = 0;
    std::int64_t used_unix_ms = 0;  ///< 0: not yet
};

struct AuditRecord {
    std::int64_t seq = 0;
    std::int64_t at_unix_ms = 0;
    std::string actor;  ///< an account's name; empty: somebody who is not signed in, or the server
    std::string address;
    std::string action;  ///< one word: «signed_in»
    std::string subject;
};

}  // namespace nias::store
