#include "uploads/open_uploads.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <thread>

#include "support/temp_folder.hpp"

namespace nias::httpfront {
namespace {

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

class OpenUploadsTest : public testing::Test {
protected:
    OpenUploadsTest() : blobs_(*store::Blobs::open(folder_.path())) { restart(); }
    void restart(const OpenUploadBounds& bounds = {}) {
        uploads_.reset();
        auto opened = OpenUploads::open(folder_.path(), blobs_, bounds);
        ASSERT_TRUE(opened) << opened.error().message;
        uploads_ = std::move(*opened);
    }
    Result<UploadInfo> create(std::uint64_t length, const std::string& owner = "ana") {
        return uploads_->create({.owner = owner,
                                 .file_name = "study.zip",
                                 .metadata = "filename c3R1ZHkuemlw",
                                 .length = length});
    }
    std::string begin(std::uint64_t length, const std::string& owner = "ana") {
        const auto info = create(length, owner);
        EXPECT_TRUE(info) << info.error().message;
        return info ? info->id : "";
    }
    void send(const std::string& id, std::string_view text) {
        auto hold = uploads_->hold("ana", id);
        ASSERT_TRUE(hold) << hold.error().message;
        ASSERT_TRUE(hold->writer().append(bytes_of(text)));
        ASSERT_TRUE(hold->confirm());
    }
    std::size_t files_in(const std::string& below) {
        const auto files = std::filesystem::directory_iterator(folder_ / below);
        return static_cast<std::size_t>(std::distance(begin_of(files), end_of(files)));
    }
    static std::filesystem::directory_iterator begin_of(std::filesystem::directory_iterator it) { return it; }
    static std::filesystem::directory_iterator end_of(const std::filesystem::directory_iterator&) {
        return {};
    }
    [[nodiscard]] std::string partial(const std::string& id) { return folder_ / ("blobs/partial/" + id); }

    test::TempFolder folder_;
    store::Blobs blobs_;
    std::unique_ptr<OpenUploads> uploads_;
};

TEST_F(OpenUploadsTest, AreKnownAgainAfterARestartWithWhatWasConfirmed) {
    const std::string id = begin(6);
    send(id, "abc");
    restart();
    const auto info = uploads_->find("ana", id);
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->offset, 3U);
    EXPECT_EQ(info->length, 6U);
    EXPECT_EQ(info->file_name, "study.zip");
    EXPECT_EQ(info->metadata, "filename c3R1ZHkuemlw");
    EXPECT_FALSE(info->whole());
    send(id, "def");
    EXPECT_TRUE(uploads_->find("ana", id)->whole());
    auto hold = uploads_->hold("ana", id);
    EXPECT_EQ(hold->writer().commit()->size_bytes, 6U);
}

TEST_F(OpenUploadsTest, CountNoByteThatWasNotConfirmed) {
    const std::string id = begin(6);
    send(id, "abc");
    // Bytes that came behind the last confirmation, as a killed server leaves them.
    test::write_file(partial(id), "abcXX");
    restart();
    auto hold = uploads_->hold("ana", id);
    ASSERT_TRUE(hold);
    EXPECT_EQ(hold->info().offset, 3U);
    EXPECT_EQ(hold->writer().size_bytes(), 3U);
    ASSERT_TRUE(hold->writer().append(bytes_of("def")));
    ASSERT_TRUE(hold->confirm());
    const auto blob = hold->writer().commit();
    EXPECT_EQ(test::read_file(blobs_.path_of(blob->hash)), "abcdef");
}

TEST_F(OpenUploadsTest, AreGoneWhereTheDiskLostConfirmedBytes) {
    const std::string id = begin(6);
    send(id, "abc");
    restart();
    std::filesystem::remove(partial(id));
    EXPECT_EQ(uploads_->hold("ana", id).error().code, ErrorCode::not_found);
    EXPECT_EQ(uploads_->find("ana", id).error().code, ErrorCode::not_found);
    EXPECT_EQ(files_in("uploads"), 0U);
}

TEST_F(OpenUploadsTest, TakeBackWhatWasNotConfirmed) {
    const std::string id = begin(6);
    send(id, "ab");
    auto hold = uploads_->hold("ana", id);
    ASSERT_TRUE(hold->writer().append(bytes_of("xyz")));
    hold->take_back();
    ASSERT_TRUE(hold->writer().append(bytes_of("c")));
    ASSERT_TRUE(hold->confirm());
    EXPECT_EQ(test::read_file(partial(id)), "abc");
}

TEST_F(OpenUploadsTest, BelongToTheirOwnerAlone) {
    const std::string id = begin(3);
    EXPECT_EQ(uploads_->find("eva", id).error().code, ErrorCode::not_found);
    EXPECT_EQ(uploads_->hold("eva", id).error().code, ErrorCode::not_found);
    EXPECT_EQ(uploads_->find("ana", "../" + id).error().code, ErrorCode::not_found);
    EXPECT_TRUE(uploads_->find("ana", id));
}

TEST_F(OpenUploadsTest, HaveIdsThatNobodyGuesses) {
    std::set<std::string> firsts;
    for (int i = 0; i < 64; ++i) {
        const std::string id = begin(1);
        EXPECT_EQ(id.size(), 32U);
        firsts.insert(id.substr(0, 8));
    }
    EXPECT_EQ(firsts.size(), 64U) << "no part of an id follows from the one before";
}

TEST_F(OpenUploadsTest, LeaveNothingWhenTheyAreRemoved) {
    const std::string id = begin(6);
    send(id, "abc");
    uploads_->hold("ana", id)->remove();
    EXPECT_EQ(uploads_->find("ana", id).error().code, ErrorCode::not_found);
    EXPECT_EQ(files_in("uploads") + files_in("blobs/partial"), 0U);
}

TEST_F(OpenUploadsTest, AreTakenFromAConnectionThatWaitsForBytesInVain) {
    const std::string id = begin(6);
    auto first = uploads_->hold("ana", id);
    ASSERT_TRUE(first);
    ASSERT_TRUE(first->writer().append(bytes_of("abc")));
    std::thread second([&] {
        const auto hold = uploads_->hold("ana", id);
        ASSERT_TRUE(hold) << hold.error().message;
        EXPECT_EQ(hold->info().offset, 3U);
        EXPECT_FALSE(hold->unwanted().load());
    });
    while (!first->unwanted().load()) { std::this_thread::yield(); }
    EXPECT_TRUE(first->confirm());
    { const auto ended = std::move(*first); }
    second.join();
}

TEST_F(OpenUploadsTest, AreRefusedToASecondWhileTheFirstDoesNotEnd) {
    const std::string id = begin(6);
    const auto first = uploads_->hold("ana", id);
    EXPECT_EQ(uploads_->hold("ana", id).error().code, ErrorCode::conflict);
}

TEST_F(OpenUploadsTest, ThatWereOpenedAndAbandonedDoNoHarm) {
    restart({.count = 100});
    const std::string honest = begin(6);
    send(honest, "abc");
    for (int i = 0; i < 10'000; ++i) { ASSERT_FALSE(begin(1U << 20U).empty()); }
    EXPECT_LE(files_in("uploads"), 100U);
    EXPECT_EQ(files_in("blobs/partial"), 1U);
    EXPECT_EQ(uploads_->find("ana", honest)->offset, 3U)
        << "one that has bytes is not given up for an empty one";
    send(honest, "def");
}

TEST_F(OpenUploadsTest, AreRefusedPastTheBoundsWhileAllAreBusy) {
    restart({.count = 2});
    send(begin(2), "a");
    send(begin(2), "a");
    const auto third = create(2);
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, ErrorCode::conflict);
    EXPECT_EQ(files_in("uploads"), 2U) << "nothing was given up in vain";
}

TEST_F(OpenUploadsTest, GiveWayOnceTheyHaveRested) {
    restart({.count = 2, .bytes = 10, .rested = std::chrono::milliseconds(0)});
    const std::string first = begin(6);
    send(first, "aaaaaa");
    const std::string second = begin(3);
    send(second, "bbb");
    const std::string third = begin(4);
    EXPECT_EQ(uploads_->find("ana", first).error().code, ErrorCode::not_found)
        << "the one that rested longest";
    EXPECT_TRUE(uploads_->find("ana", third));
    EXPECT_EQ(create(11).error().code, ErrorCode::conflict);
    EXPECT_TRUE(uploads_->find("ana", second));
}

TEST_F(OpenUploadsTest, AreForgottenAfterTheirTime) {
    const std::string id = begin(6);
    send(id, "abc");
    restart({.age = std::chrono::milliseconds(0)});
    EXPECT_EQ(uploads_->find("ana", id).error().code, ErrorCode::not_found);
    EXPECT_EQ(files_in("uploads") + files_in("blobs/partial"), 0U);
}

TEST_F(OpenUploadsTest, KeepFewFilesOpen) {
    const auto descriptors = [] {
        const auto files = std::filesystem::directory_iterator("/proc/self/fd");
        return std::distance(begin_of(files), end_of(files));
    };
    restart({.writers = 2});
    const auto before = descriptors();
    for (int i = 0; i < 20; ++i) { send(begin(2), "a"); }
    EXPECT_LE(descriptors() - before, 2);
}

TEST_F(OpenUploadsTest, RememberWhichBlobTheyBecame) {
    const std::string id = begin(3);
    send(id, "abc");
    BlobRef blob;
    {
        auto hold = uploads_->hold("ana", id);
        blob = {*hold->writer().hash(), 3};
        ASSERT_TRUE(hold->name_blob(blob));
    }
    restart();  // before the blob has its name: the bytes are still those of the upload
    {
        auto hold = uploads_->hold("ana", id);
        ASSERT_TRUE(hold);
        EXPECT_EQ(hold->info().blob, blob);
        EXPECT_TRUE(hold->writer().commit(blob));
    }
    restart();
    const auto hold = uploads_->hold("ana", id);
    ASSERT_TRUE(hold) << hold.error().message;
    EXPECT_EQ(hold->info().blob, blob);
    EXPECT_TRUE(hold->info().whole());
}

TEST_F(OpenUploadsTest, ReadNoNoteThatSomebodyDamaged) {
    const std::string id = begin(3);
    send(id, "abc");
    const std::string note = folder_ / ("uploads/" + id);
    const std::string good = test::read_file(note);
    for (const std::string& damage : {std::string(), std::string("x"), std::string(20, '9') + good.substr(20),
                                      good.substr(0, 21) + "[]\n", good.substr(0, 30)}) {
        test::write_file(note, damage);
        restart();
        EXPECT_EQ(uploads_->find("ana", id).error().code, ErrorCode::not_found) << damage;
    }
    test::write_file(note, good + "torn");
    restart();
    ASSERT_TRUE(uploads_->find("ana", id));
    EXPECT_FALSE(uploads_->find("ana", id)->blob) << "a line without its end says nothing";
}

TEST_F(OpenUploadsTest, OfOneOwnerLeaveRoomForThoseOfOthers) {
    restart({.count = 10, .count_of_owner = 2});
    const std::string first = begin(6);
    const std::string second = begin(6);
    send(first, "a");
    send(second, "a");
    const auto third = create(6);
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, ErrorCode::conflict);
    EXPECT_NE(third.error().message.find("of your uploads"), std::string::npos) << third.error().message;
    EXPECT_TRUE(create(6, "bob"));
    uploads_->hold("ana", first)->remove();
    EXPECT_TRUE(create(6));
}

TEST_F(OpenUploadsTest, OfOneOwnerThatAreEmptyGoFirstAndNoneOfAnother) {
    restart({.count = 10, .count_of_owner = 2});
    const std::string others = begin(6, "bob");
    const std::string oldest = begin(6);
    begin(6);
    begin(6);
    EXPECT_FALSE(uploads_->find("ana", oldest));
    EXPECT_TRUE(uploads_->find("bob", others));
}

TEST_F(OpenUploadsTest, OfOneOwnerHoldNoMoreThanTheirShareOfTheBytes) {
    restart({.bytes = 100, .bytes_of_owner = 10});
    send(begin(6), "abcdef");
    EXPECT_FALSE(create(5));
    EXPECT_TRUE(create(4));
    EXPECT_TRUE(create(10, "bob"));
}

}  // namespace
}  // namespace nias::httpfront
