#include "store/live/live_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "support/temp_folder.hpp"
#include "unit/store/records.hpp"
#include "wire/limits.hpp"

namespace nias::store {
namespace {

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

class LiveFilesTest : public testing::Test {
protected:
    void SetUp() override {
        auto opened = LiveFiles::open(folder_.path());
        ASSERT_TRUE(opened) << opened.error().message;
        files_.emplace(std::move(*opened));
    }
    Result<bool> write(std::string_view name, std::uint64_t offset, std::uint64_t size,
                       std::string_view text) {
        return files_->write(attempt_, {name, offset, size}, bytes_of(text));
    }
    std::string content_of(std::string_view name) {
        const auto bytes = files_->read(attempt_, name);
        EXPECT_TRUE(bytes);
        return bytes && *bytes ? std::string((*bytes)->begin(), (*bytes)->end()) : "none";
    }

    test::TempFolder folder_;
    std::optional<LiveFiles> files_;
    AttemptRef attempt_{test::id_of(1), 1};
};

TEST_F(LiveFilesTest, KeepTheVersionBeforeUntilTheNextOneIsWhole) {
    ASSERT_TRUE(write("a.csv", 0, 3, "1,2"));
    ASSERT_EQ(*write("a.csv", 0, 6, "3,4"), false);
    EXPECT_EQ(content_of("a.csv"), "1,2");
    ASSERT_EQ(*write("a.csv", 3, 6, ",5\n"), true);
    EXPECT_EQ(content_of("a.csv"), "3,4,5\n");
    ASSERT_EQ(files_->list(attempt_).size(), 1U);
    EXPECT_EQ(files_->list(attempt_)[0].size_bytes, 6U);
}

TEST_F(LiveFilesTest, TakeNoPieceThatIsNotDue) {
    EXPECT_EQ(write("a.csv", 3, 6, "abc").error().code, ErrorCode::conflict);
    ASSERT_TRUE(write("a.csv", 0, 6, "ab"));
    EXPECT_EQ(write("a.csv", 3, 6, "def").error().code, ErrorCode::conflict);
    ASSERT_TRUE(write("a.csv", 0, 3, "x,y"));
    EXPECT_EQ(content_of("a.csv"), "x,y") << "a version that begins anew forgets what came of the one before";
}

TEST_F(LiveFilesTest, StayInTheFolderOfTheirAttemptWhateverTheyAreCalled) {
    for (const char* name :
         {"../../up.png", "/etc/up.png", ".arriving", ".", "..", "a%2Fb.png", "ação/b.svg", "a\nb.csv"}) {
        SCOPED_TRACE(name);
        ASSERT_TRUE(write(name, 0, 1, "x"));
        EXPECT_EQ(content_of(name), "x");
        const auto rows = files_->list(attempt_);
        ASSERT_EQ(rows.size(), 1U);
        EXPECT_EQ(rows[0].name, name);
        files_->forget(attempt_);
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "live"));
    EXPECT_EQ(write(std::string(200, '/'), 0, 1, "x").error().code, ErrorCode::invalid);
    EXPECT_EQ(write("", 0, 1, "x").error().code, ErrorCode::invalid);
}

TEST_F(LiveFilesTest, AreBoundedInNumberAndSize) {
    for (std::size_t i = 0; i < wire::kLiveFilesMax; ++i) {
        ASSERT_TRUE(write(std::to_string(i), 0, 1, "x"));
    }
    EXPECT_EQ(write("one more", 0, 1, "x").error().code, ErrorCode::invalid);
    EXPECT_TRUE(write("7", 0, 1, "y"));
    EXPECT_EQ(write("7", 0, wire::kLiveFileBytesMax + 1, "y").error().code, ErrorCode::invalid);
    EXPECT_EQ(write("7", 0, 2, "yyy").error().code, ErrorCode::invalid);
    EXPECT_EQ(write("7", UINT64_MAX, 2, "y").error().code, ErrorCode::invalid);
}

TEST_F(LiveFilesTest, AreForgottenWithTheirAttemptAloneAndOnceNothingComesForLong) {
    const AttemptRef other{test::id_of(2), 1};
    ASSERT_TRUE(write("a.png", 0, 1, "x"));
    ASSERT_TRUE(files_->write(other, {"a.png", 0, 1}, bytes_of("y")));
    files_->forget(attempt_);
    EXPECT_EQ(content_of("a.png"), "none");
    EXPECT_EQ(files_->sweep(std::chrono::hours(1)), 0U);
    EXPECT_EQ(files_->list(other).size(), 1U);
    EXPECT_EQ(files_->sweep(std::chrono::seconds(-1)), 1U);
    EXPECT_TRUE(files_->list(other).empty());
}

}  // namespace
}  // namespace nias::store
