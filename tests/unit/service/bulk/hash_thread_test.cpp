#include "service/bulk/hash_thread.hpp"

#include <gtest/gtest.h>

#include <string>

namespace nias::service {
namespace {

BlobHash hash_of(const std::string& text) {
    Sha256 sha;
    sha.update({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    return sha.finish();
}

TEST(HashThread, HashesSeveralStreamsEachInItsOrder) {
    const std::string text(3 * HashThread::kAheadBytes, 'q');
    Sha256 whole;
    Sha256 other;
    HashThread thread;
    for (std::size_t at = 0; at < text.size(); at += 100'000) {
        const std::string piece = text.substr(at, 100'000);
        thread.update(whole, {piece.begin(), piece.end()});
        thread.update(other, {static_cast<std::uint8_t>(at / 100'000)});
    }
    thread.wait();
    EXPECT_EQ(whole.finish(), hash_of(text));
    std::string numbers;
    for (std::size_t at = 0; at < text.size(); at += 100'000) { numbers += static_cast<char>(at / 100'000); }
    EXPECT_EQ(other.finish(), hash_of(numbers));
}

TEST(HashThread, GivesBackTheMemoryOfWhatItHashed) {
    Sha256 sha;
    HashThread thread;
    EXPECT_TRUE(thread.spare().empty());
    thread.update(sha, Bytes(1000, 1));
    thread.wait();
    EXPECT_GE(thread.spare().capacity(), 1000U);
    EXPECT_TRUE(thread.spare().empty());
}

}  // namespace
}  // namespace nias::service
