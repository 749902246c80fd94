#include "accounts/secrets.hpp"

#include <sodium.h>

#include <array>

#include "base/sha256.hpp"

namespace nias::httpfront {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kIdBytes = 8;

}  // namespace

Secret make_secret(std::string_view prefix) {
    std::array<unsigned char, kSecretBytes> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::array<char, sodium_base64_ENCODED_LEN(kSecretBytes, kVariant)> text{};
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kVariant);
    Secret secret;
    secret.text = std::string(prefix) + text.data();
    secret.hash = hash_secret(secret.text);
    return secret;
}

store::SecretHash hash_secret(std::string_view text) {
    Sha256 sha;
    sha.update({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    return sha.finish();
}

std::string make_public_id() {
    std::array<unsigned char, kIdBytes> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    std::array<char, 2 * kIdBytes + 1> text{};
    sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
    return text.data();
}

}  // namespace nias::httpfront
