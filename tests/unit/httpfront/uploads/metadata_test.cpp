#include "uploads/metadata.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

// «filename espéctro.zip, sha256 ba78…15ad (of "abc")», as tus clients write it.
const std::string kName = "filename ZXNww6ljdHJvLnppcA==";
const std::string kHash =
    "sha256 YmE3ODE2YmY4ZjAxY2ZlYTQxNDE0MGRlNWRhZTIyMjNiMDAzNjFhMzk2MTc3YTljYjQxMGZmNjFmMjAwMTVhZA==";

TEST(UploadMetadata, SaysTheNameAndTheHash) {
    const auto told = parse_upload_metadata(kName + ", " + kHash + ",relativePath bnVsbA==");
    ASSERT_TRUE(told);
    EXPECT_EQ(told->file_name,
              "esp\xC3\xA9"
              "ctro.zip");
    EXPECT_EQ(to_string(*told->sha256), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(UploadMetadata, MayBeEmptyOrHaveKeysWithoutAValue) {
    ASSERT_TRUE(parse_upload_metadata(""));
    const auto told = parse_upload_metadata("is_confidential," + kName);
    ASSERT_TRUE(told);
    EXPECT_FALSE(told->sha256);
    EXPECT_EQ(parse_upload_metadata("filename ")->file_name, "");
}

TEST(UploadMetadata, IsRefusedWhereItIsNoSuchList) {
    for (const std::string& text :
         {std::string("filename =x="), std::string("filename c3R"), std::string(",") + kName,
          std::string("sha256 YmE3OA=="), kName + "," + std::string(5000, 'a')}) {
        EXPECT_FALSE(parse_upload_metadata(text)) << text.substr(0, 40);
    }
}

}  // namespace
}  // namespace nias::httpfront
