/// The certificate that a server makes for itself when it is given none, and the fingerprint by which people
/// recognise one. Used by main and tls.
#pragma once

#include <string>
#include <vector>

#include <nias/result.hpp>

struct x509_st;

namespace nias::httpfront {

/// SHA-256 of the whole certificate: «AB:CD:…».
[[nodiscard]] std::string fingerprint_of(const x509_st* certificate);

/// Sees to `certificate.pem` and `key.pem` (0600) in `folder`: made where they are missing, made anew where
/// they end within 30 days, and kept otherwise. `names` are the host names and addresses that it is for.
/// `unavailable`: the folder cannot be written.
[[nodiscard]] Status ensure_self_signed(const std::string& folder, const std::vector<std::string>& names);

}  // namespace nias::httpfront
