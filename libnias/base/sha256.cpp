#include "base/sha256.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/check.hpp"

namespace nias {

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    State() {
        NIAS_CHECK(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1,
                   "OpenSSL offers SHA-256");
    }
    ~State() { EVP_MD_CTX_free(context); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::uint8_t> data) {
    NIAS_CHECK(EVP_DigestUpdate(state_->context, data.data(), data.size()) == 1, "SHA-256 takes bytes");
}

BlobHash Sha256::finish() {
    BlobHash hash;
    unsigned int length = 0;
    NIAS_CHECK(EVP_DigestFinal_ex(state_->context, hash.bytes.data(), &length) == 1 && length == 32,
               "SHA-256 gives 32 bytes");
    return hash;
}

Result<BlobHash> hash_file(const std::string& path) {
    constexpr std::size_t kPieceBytes = 1U << 20U;
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const auto failed = [&](int code) {
        return Error{ErrorCode::unavailable, path + " cannot be read: " + std::strerror(code)};
    };
    if (file < 0) { return failed(errno); }
    Sha256 sha;
    std::vector<std::uint8_t> piece(kPieceBytes);
    while (true) {
        const ssize_t got = ::read(file, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) {
            const Error error = failed(errno);
            ::close(file);
            return error;
        }
        if (got == 0) { break; }
        sha.update(std::span(piece).first(static_cast<std::size_t>(got)));
    }
    ::close(file);
    return sha.finish();
}

}  // namespace nias
