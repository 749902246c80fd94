#include "uploads/filling.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "support/temp_folder.hpp"

namespace nias::httpfront {
namespace {

constexpr std::size_t kPiece = 64U << 10U;
constexpr std::size_t kLong = Filling::kBesideFromBytes + 5 * kPiece + 7;

class Fillings : public testing::Test {
protected:
    void SetUp() override {
        bytes_.resize(kLong);
        for (std::size_t i = 0; i < bytes_.size(); ++i) {
            bytes_[i] = static_cast<std::uint8_t>((i * 31) >> 3U);
        }
        auto blobs = store::Blobs::open(folder_.path());
        ASSERT_TRUE(blobs);
        blobs_.emplace(std::move(*blobs));
    }
    /// Appends bytes of the upload from `begin` to `end`, in pieces as they are received.
    void fill(store::BlobWriter& writer, std::size_t begin, std::size_t end) {
        Filling filling(writer);
        for (std::size_t at = begin; at < end; at += kPiece) {
            ASSERT_TRUE(filling.append(std::span(bytes_).subspan(at, std::min(kPiece, end - at))));
        }
    }
    [[nodiscard]] BlobHash expected(std::size_t size) const {
        Sha256 sha;
        sha.update(std::span(bytes_).first(size));
        return sha.finish();
    }

    test::TempFolder folder_;
    std::optional<store::Blobs> blobs_;
    Bytes bytes_;
};

TEST_F(Fillings, OfAShortAndOfALongUploadHaveTheHashOfTheirBytes) {
    for (const std::size_t size : {std::size_t{1}, kPiece, kLong}) {
        auto writer = blobs_->begin();
        ASSERT_TRUE(writer);
        fill(*writer, 0, size);
        const auto blob = writer->commit();
        ASSERT_TRUE(blob) << blob.error().message;
        EXPECT_EQ(*blob, (BlobRef{expected(size), size}));
        EXPECT_EQ(*hash_file(blobs_->path_of(blob->hash)), blob->hash) << "the file holds them too";
    }
}

TEST_F(Fillings, GoOnInALaterOneWhereTheLineWasCut) {
    auto writer = blobs_->begin();
    ASSERT_TRUE(writer);
    fill(*writer, 0, kLong - 3 * kPiece);
    fill(*writer, kLong - 3 * kPiece, kLong);
    EXPECT_EQ(*writer->hash(), expected(kLong));
}

TEST_F(Fillings, MayBeTakenBack) {
    auto writer = blobs_->begin();
    ASSERT_TRUE(writer);
    fill(*writer, 0, kLong);
    ASSERT_TRUE(writer->cut(3 * kPiece));
    fill(*writer, 3 * kPiece, kLong);
    EXPECT_EQ(*writer->hash(), expected(kLong));
}

TEST_F(Fillings, OfAWriterThatIsGivenUpEndWithoutIt) {
    auto writer = blobs_->begin();
    ASSERT_TRUE(writer);
    fill(*writer, 0, kLong);
    EXPECT_EQ(writer->unhashed_bytes(), 0U);
}

}  // namespace
}  // namespace nias::httpfront
