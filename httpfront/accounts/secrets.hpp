/// Secrets of 256 random bits, and the hashes under which they are stored: whoever reads the database cannot
/// use what is in it. Used by the directory of accounts; any thread.
#pragma once

#include <string>
#include <string_view>

#include "store/accounts/records.hpp"

namespace nias::httpfront {

struct Secret {
    std::string text;  ///< the prefix and 43 characters of base64url; shown once, kept nowhere
    store::SecretHash hash;
};

[[nodiscard]] Secret make_secret(std::string_view prefix = "");
[[nodiscard]] store::SecretHash hash_secret(std::string_view text);
/// 64 random bits in hexadecimal: names a row to people and programs, and opens nothing.
[[nodiscard]] std::string make_public_id();

}  // namespace nias::httpfront
