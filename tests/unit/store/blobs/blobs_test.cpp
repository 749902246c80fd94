#include "store/blobs/blobs.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/sha256.hpp"
#include "support/temp_folder.hpp"

namespace nias::store {
namespace {

constexpr std::string_view kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

class BlobsTest : public testing::Test {
protected:
    void SetUp() override {
        auto opened = Blobs::open(folder_.path());
        ASSERT_TRUE(opened) << opened.error().message;
        blobs_.emplace(std::move(*opened));
    }
    BlobWriter writer_of(std::string_view text) {
        auto writer = blobs_->begin();
        EXPECT_TRUE(writer);
        EXPECT_TRUE(writer->append(bytes_of(text)));
        return std::move(*writer);
    }
    BlobRef stored(std::string_view text) {
        auto ref = writer_of(text).commit();
        EXPECT_TRUE(ref) << ref.error().message;
        return *ref;
    }
    [[nodiscard]] std::size_t unfinished() const {
        const auto files = std::filesystem::directory_iterator(folder_ / "blobs/tmp");
        return static_cast<std::size_t>(std::distance(begin(files), end(files)));
    }

    test::TempFolder folder_;
    std::optional<Blobs> blobs_;
};

TEST_F(BlobsTest, NamesABlobByTheHashOfItsBytes) {
    const BlobRef ref = stored("abc");
    EXPECT_EQ(to_string(ref.hash), kAbc);
    EXPECT_EQ(ref.size_bytes, 3U);
    EXPECT_EQ(test::read_file(blobs_->path_of(ref.hash)), "abc");
    EXPECT_TRUE(blobs_->has(ref.hash));
    EXPECT_EQ(*blobs_->find(ref.hash), ref);
    EXPECT_EQ(unfinished(), 0U);
}

// P6
TEST_F(BlobsTest, HasNothingUntilTheCommit) {
    const BlobHash abc = *parse_blob_hash(kAbc);
    {
        const BlobWriter writer = writer_of("abc");
        EXPECT_EQ(writer.size_bytes(), 3U);
        EXPECT_EQ(test::read_file(writer.path()), "abc");
        EXPECT_FALSE(blobs_->has(abc));
        EXPECT_EQ(unfinished(), 1U);
    }
    EXPECT_FALSE(blobs_->has(abc));
    EXPECT_EQ(unfinished(), 0U);  // the file of a writer that gives up is gone
    EXPECT_EQ(blobs_->find(abc).error().code, ErrorCode::not_found);
}

TEST_F(BlobsTest, TakesTheSameBytesAgainAsTheSameBlob) {
    const BlobRef first = stored("abc");
    EXPECT_EQ(stored("abc"), first);
    EXPECT_EQ(test::read_file(blobs_->path_of(first.hash)), "abc");
}

/// Hashes when it is waited for.
class HashesLast final : public HashesLater {
public:
    void update(Sha256& sha, Bytes data) override { given_.emplace_back(&sha, std::move(data)); }
    void wait() override {
        for (const auto& [sha, data] : given_) { sha->update(data); }
        given_.clear();
    }

private:
    std::vector<std::pair<Sha256*, Bytes>> given_;
};

TEST_F(BlobsTest, NamesABlobThatAnotherHashed) {
    HashesLast other;
    auto writer = blobs_->begin();
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->append(bytes_of("a"), other));
    ASSERT_TRUE(writer->append(bytes_of("b")));
    ASSERT_TRUE(writer->append(bytes_of("c"), other));
    EXPECT_EQ(to_string(writer->commit()->hash), kAbc);
    EXPECT_EQ(test::read_file(blobs_->path_of(*parse_blob_hash(kAbc))), "abc");
}

TEST_F(BlobsTest, HashesWhatAnEarlierWriterLeftBeforeAnotherGoesOn) {
    const BlobRef abc{*parse_blob_hash(kAbc), 3};
    { ASSERT_TRUE(blobs_->resume(abc.hash)->append(bytes_of("a"))); }
    HashesLast other;
    auto writer = blobs_->resume(abc.hash);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->append(bytes_of("b"), other));
    EXPECT_EQ(writer->unhashed_bytes(), 2U);
    ASSERT_TRUE(writer->hash_more(2));
    ASSERT_TRUE(writer->append(bytes_of("c"), other));
    EXPECT_TRUE(writer->commit(abc));
}

TEST_F(BlobsTest, RefusesBytesOfAnotherHashAndLeavesNothing) {
    const BlobRef expected{*parse_blob_hash(kAbc), 3};
    {
        BlobWriter writer = writer_of("abd");
        const auto refused = writer.commit(expected);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::invalid);
        EXPECT_NE(refused.error().message.find(kAbc), std::string::npos);
    }
    EXPECT_FALSE(blobs_->has(expected.hash));
    EXPECT_EQ(unfinished(), 0U);
    EXPECT_TRUE(writer_of("abc").commit(expected));
}

TEST_F(BlobsTest, RefusesASizeThatTheBytesDoNotHave) {
    EXPECT_FALSE(writer_of("abc").commit({*parse_blob_hash(kAbc), 4}));
}

TEST_F(BlobsTest, TakesNoLeftoverOfAKilledWriterForABlob) {
    test::write_file(folder_ / "blobs/tmp/123-456", "half of it");
    auto again = Blobs::open(folder_.path());
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->has(*parse_blob_hash(kAbc)));
    const BlobRef ref = stored("abc");
    EXPECT_TRUE(again->has(ref.hash));
}

TEST_F(BlobsTest, GoesOnWithTheBytesThatAKilledWriterLeft) {
    const BlobRef abc{*parse_blob_hash(kAbc), 3};
    {
        auto writer = blobs_->resume(abc.hash);
        ASSERT_TRUE(writer) << writer.error().message;
        EXPECT_TRUE(writer->append(bytes_of("ab")));
    }
    EXPECT_EQ(test::read_file(folder_ / ("blobs/partial/" + std::string(kAbc))), "ab");
    auto writer = blobs_->resume(abc.hash);
    ASSERT_TRUE(writer);
    EXPECT_EQ(writer->size_bytes(), 2U);
    EXPECT_EQ(writer->unhashed_bytes(), 2U);
    EXPECT_TRUE(writer->append(bytes_of("c")));
    EXPECT_TRUE(writer->hash_more(1));
    EXPECT_EQ(writer->unhashed_bytes(), 2U);
    EXPECT_TRUE(writer->hash_more(1000));
    EXPECT_EQ(writer->unhashed_bytes(), 0U);
    EXPECT_TRUE(writer->commit(abc));
    EXPECT_EQ(test::read_file(blobs_->path_of(abc.hash)), "abc");
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "blobs/partial"));
}

TEST_F(BlobsTest, RemovesAPartialOfOtherBytesSoThatTheNextBeginsAgain) {
    const BlobRef abc{*parse_blob_hash(kAbc), 3};
    test::write_file(folder_ / ("blobs/partial/" + std::string(kAbc)), "xx");
    {
        auto writer = blobs_->resume(abc.hash);
        ASSERT_TRUE(writer && writer->append(bytes_of("c")));
        EXPECT_EQ(writer->commit(abc).error().code, ErrorCode::invalid);
    }
    EXPECT_EQ(blobs_->resume(abc.hash)->size_bytes(), 0U);
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "blobs/partial")) << "an empty one is not kept";
}

TEST_F(BlobsTest, SweepsLeftoversThatAreOldOrTooMany) {
    using std::chrono::hours;
    const auto write = [&](const std::string& name, std::size_t bytes, hours ago) {
        test::write_file(folder_ / ("blobs/" + name), std::string(bytes, 'x'));
        std::filesystem::last_write_time(folder_ / ("blobs/" + name),
                                         std::filesystem::file_time_type::clock::now() - ago);
    };
    const BlobRef named = stored("abc");
    write("tmp/old", 1, hours(25));
    write("tmp/younger", 100, hours(23));
    write("partial/old", 1, hours(25));
    write("partial/busy", 60, hours(0));
    write("partial/younger", 30, hours(1));
    write("partial/past the bound", 30, hours(2));
    EXPECT_EQ(blobs_->sweep({.bytes = 100}), 3U);
    for (const char* gone : {"tmp/old", "partial/old", "partial/past the bound"}) {
        EXPECT_FALSE(std::filesystem::exists(folder_ / (std::string("blobs/") + gone))) << gone;
    }
    EXPECT_EQ(blobs_->sweep({.bytes = 10}), 1U) << "of what is too much, what is being written stays";
    EXPECT_TRUE(std::filesystem::exists(folder_ / "blobs/partial/busy"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "blobs/tmp/younger"));
    EXPECT_TRUE(blobs_->has(named.hash));
}

TEST_F(BlobsTest, GoesOnWithAnUploadOfUnknownHashUnderItsName) {
    {
        auto writer = blobs_->resume_named("5f3c");
        ASSERT_TRUE(writer);
        ASSERT_TRUE(writer->append(bytes_of("ab")));
        ASSERT_TRUE(writer->sync());
    }
    auto writer = blobs_->resume_named("5f3c");
    ASSERT_TRUE(writer);
    EXPECT_EQ(writer->size_bytes(), 2U);
    ASSERT_TRUE(writer->append(bytes_of("c")));
    EXPECT_EQ(to_string(writer->commit()->hash), kAbc);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "blobs/partial/5f3c"));
}

TEST_F(BlobsTest, TakesNoNameThatLeavesItsFolder) {
    for (const std::string& name :
         {std::string("../x"), std::string(), std::string("A"), std::string(65, 'a')}) {
        EXPECT_EQ(blobs_->resume_named(name).error().code, ErrorCode::invalid) << name;
    }
}

TEST_F(BlobsTest, TakesBytesBackAndHashesWhatIsLeft) {
    for (const bool hashed_before : {false, true}) {
        auto writer = writer_of("abxyz");
        if (hashed_before) { ASSERT_TRUE(writer.hash()); }
        EXPECT_EQ(writer.cut(6).error().code, ErrorCode::invalid);
        ASSERT_TRUE(writer.cut(2));
        EXPECT_EQ(writer.size_bytes(), 2U);
        ASSERT_TRUE(writer.append(bytes_of("c")));
        EXPECT_EQ(to_string(*writer.hash()), kAbc);
        EXPECT_EQ(to_string(writer.commit()->hash), kAbc);
        Bytes back(3);
        ASSERT_TRUE(blobs_->read(*parse_blob_hash(kAbc), 0, back));
        EXPECT_EQ(back, bytes_of("abc"));
    }
}

TEST_F(BlobsTest, AppendsNothingToWhatWasHashed) {
    auto writer = writer_of("abc");
    EXPECT_EQ(to_string(*writer.hash()), kAbc);
    EXPECT_EQ(writer.append(bytes_of("d")).error().code, ErrorCode::invalid);
    EXPECT_EQ(to_string(writer.commit()->hash), kAbc);
}

TEST_F(BlobsTest, CopiesAFileIn) {
    const std::string text(3'000'000, 'f');
    test::write_file(folder_ / "in", text);
    const auto ref = blobs_->add_file(folder_ / "in");
    ASSERT_TRUE(ref) << ref.error().message;
    EXPECT_EQ(ref->size_bytes, text.size());
    EXPECT_EQ(test::read_file(blobs_->path_of(ref->hash)), text);
    EXPECT_FALSE(blobs_->add_file(folder_ / "missing"));
    EXPECT_EQ(unfinished(), 0U);
}

TEST_F(BlobsTest, ReadsPiecesAndLessAtTheEnd) {
    const BlobRef ref = stored("0123456789");
    const auto four_from = [&](std::uint64_t offset) {
        Bytes four(4);
        four.resize(*blobs_->read(ref.hash, offset, four));
        return four;
    };
    EXPECT_EQ(four_from(2), bytes_of("2345"));
    EXPECT_EQ(four_from(8), bytes_of("89"));
    EXPECT_TRUE(four_from(10).empty());
    EXPECT_TRUE(four_from(1U << 30U).empty());
    Bytes four(4);
    EXPECT_EQ(blobs_->read(*parse_blob_hash(kAbc), 0, four).error().code, ErrorCode::not_found);
}

TEST_F(BlobsTest, AreReadableByTheirUserAlone) {
    struct stat info {};
    ASSERT_EQ(::stat(blobs_->path_of(stored("abc").hash).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    ASSERT_EQ(::stat((folder_ / "blobs").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0700U);
}

TEST_F(BlobsTest, HoldAnEmptyBlob) {
    const BlobRef ref = stored("");
    EXPECT_EQ(ref.size_bytes, 0U);
    EXPECT_TRUE(blobs_->has(ref.hash));
    Bytes ten(10);
    EXPECT_EQ(*blobs_->read(ref.hash, 0, ten), 0U);
}

TEST_F(BlobsTest, TellsABlobThatIsNotThereFromADiskThatFails) {
    const BlobRef abc = stored("abc");
    EXPECT_TRUE(blobs_->check(abc));
    const std::string path = blobs_->path_of(abc.hash);
    std::filesystem::resize_file(path, 2);
    EXPECT_EQ(blobs_->check(abc).error().code, ErrorCode::corrupt);
    std::filesystem::remove(path);
    EXPECT_EQ(blobs_->check(abc).error().code, ErrorCode::not_found);
    std::filesystem::create_directory(path);
    Bytes room(3);
    EXPECT_EQ(blobs_->read(abc.hash, 0, room).error().code, ErrorCode::unavailable);
    const std::string folder = std::filesystem::path(path).parent_path().string();
    std::filesystem::remove_all(folder);
    test::write_file(folder, "a file where a folder was");
    EXPECT_EQ(blobs_->find(abc.hash).error().code, ErrorCode::unavailable);
    EXPECT_EQ(blobs_->read(abc.hash, 0, room).error().code, ErrorCode::unavailable);
}

TEST_F(BlobsTest, AWriterFindsOutThatTheDiskGivesOtherBytesBack) {
    EXPECT_TRUE(writer_of("abc").check_written());
    auto shorter = writer_of("abc");
    std::filesystem::resize_file(shorter.path(), 2);
    EXPECT_EQ(shorter.check_written().error().code, ErrorCode::unavailable);
    auto changed = writer_of("abc");
    test::write_file(changed.path(), "abd");
    EXPECT_EQ(changed.check_written().error().code, ErrorCode::unavailable);
    auto gone = writer_of("abc");
    std::filesystem::remove(gone.path());
    EXPECT_EQ(gone.check_written().error().code, ErrorCode::unavailable);
}

// Between the list and the removal a blob may be held or written again.
TEST_F(BlobsTest, ABlobThatIsHeldOrGivenAgainAfterItWasListedStays) {
    const BlobRef held = stored("held");
    const BlobRef given = stored("given");
    const BlobRef unused = stored("unused");
    const timespec old[] = {{1'000, 0}, {1'000, 0}};
    for (const BlobRef& blob : {held, given, unused}) {
        ASSERT_EQ(::utimensat(AT_FDCWD, blobs_->path_of(blob.hash).c_str(), old, 0), 0);
    }
    EXPECT_EQ(blobs_->untouched_since(2'000), (std::set{held.hash, given.hash, unused.hash}));
    EXPECT_TRUE(blobs_->untouched_since(1'000).empty());
    EXPECT_EQ(*blobs_->hold(held.hash), held);
    stored("given");
    EXPECT_FALSE(blobs_->remove_untouched(held.hash, 2'000));
    EXPECT_FALSE(blobs_->remove_untouched(given.hash, 2'000));
    EXPECT_TRUE(blobs_->remove_untouched(unused.hash, 2'000));
    EXPECT_FALSE(blobs_->remove_untouched(unused.hash, 2'000));
    EXPECT_EQ(blobs_->hold(unused.hash).error().code, ErrorCode::not_found);
    EXPECT_TRUE(blobs_->has(held.hash));
    EXPECT_TRUE(blobs_->has(given.hash));
}

}  // namespace
}  // namespace nias::store
