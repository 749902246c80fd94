// The vectors of FIPS 180-4 (NIST examples).
#include "base/sha256.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "support/temp_folder.hpp"

namespace nias {
namespace {

std::string hash_of(std::string_view text, std::size_t piece) {
    Sha256 sha;
    const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
    for (std::size_t at = 0; at < text.size(); at += piece) {
        sha.update({data + at, std::min(piece, text.size() - at)});
    }
    return to_string(sha.finish());
}

TEST(Sha256, HashesTheVectorsOfTheStandard) {
    EXPECT_EQ(hash_of("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hash_of("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(hash_of(std::string(1'000'000, 'a'), 4096),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnThePiecesItIsGiven) {
    const std::string text(1000, 'q');
    for (const std::size_t piece : {1U, 7U, 63U, 64U, 65U, 999U}) {
        EXPECT_EQ(hash_of(text, piece), hash_of(text, 1000));
    }
}

TEST(Sha256, HashesAFileOrSaysWhyNot) {
    const test::TempFolder folder;
    const std::string content(3'000'000, 'a');
    test::write_file(folder / "file", content);
    EXPECT_EQ(to_string(*hash_file(folder / "file")), hash_of(content, 4096));
    for (const std::string& path : {folder / "missing", folder.path()}) {
        const auto hash = hash_file(path);
        ASSERT_FALSE(hash);
        EXPECT_EQ(hash.error().code, ErrorCode::unavailable);
        EXPECT_NE(hash.error().message.find(path + " cannot be read"), std::string::npos);
    }
}

}  // namespace
}  // namespace nias
