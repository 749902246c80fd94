/// Streaming SHA-256 (FIPS 180-4) by OpenSSL EVP: names blobs. One thread at a time.
#pragma once

#include <memory>
#include <span>
#include <string>

#include <nias/task.hpp>

namespace nias {

class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(std::span<const std::uint8_t> data);
    /// The hash of all that was given; the object is spent afterwards.
    [[nodiscard]] BlobHash finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The hash of a file as it is read. `unavailable`: it cannot be read to its end; the words say why.
[[nodiscard]] Result<BlobHash> hash_file(const std::string& path);

/// Hashes for others, later, on a thread of its own (service/bulk/hash_thread).
class HashesLater {
public:
    virtual ~HashesLater() = default;
    /// `sha` is the other's until wait() has returned.
    virtual void update(Sha256& sha, Bytes data) = 0;
    /// Until all that was given is hashed.
    virtual void wait() = 0;
};

}  // namespace nias
