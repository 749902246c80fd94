// Files that are written whole, or not at all.
#include "base/host/durable_file.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>

#include "support/temp_folder.hpp"

namespace nias {
namespace {

namespace fs = std::filesystem;

TEST(AFileThatIsSynced, HoldsItsBytesForItsOwnerAlone) {
    const test::TempFolder folder;
    const std::string path = folder / "file";
    ASSERT_TRUE(write_synced(path, "text", IfThere::refuse));
    EXPECT_EQ(test::read_file(path), "text");
    struct stat found {};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
    EXPECT_TRUE(sync_folder(folder.path()));
}

TEST(AFileThatIsSynced, ReplacesALongerOneWhole) {
    const test::TempFolder folder;
    const std::string path = folder / "file";
    ASSERT_TRUE(write_synced(path, "a long text", IfThere::overwrite));
    ASSERT_TRUE(write_synced(path, "short", IfThere::overwrite));
    EXPECT_EQ(test::read_file(path), "short");
}

TEST(AFileThatIsSynced, LeavesWhatIsThereWhereThatIsAsked) {
    const test::TempFolder folder;
    const std::string path = folder / "file";
    test::write_file(path, "first");
    const Status refused = write_synced(path, "second", IfThere::refuse);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_EQ(test::read_file(path), "first");
}

/// Files of this process may have so many bytes for a while; what passes it is refused, and no signal.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit lower{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &lower);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    sighandler_t handler_;
};

TEST(AFileThatIsSynced, IsGoneWhenItsBytesCannotAllBeWritten) {
    const test::TempFolder folder;
    const std::string path = folder / "file";
    const FileSizeLimit limit(2);
    const Status written = write_synced(path, "text", IfThere::refuse);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::unavailable);
    EXPECT_FALSE(fs::exists(path));
}

TEST(AFileThatIsSynced, NamesTheFolderThatIsNotThere) {
    const test::TempFolder folder;
    const Status written = write_synced(folder / "gone/file", "text", IfThere::overwrite);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::unavailable);
    EXPECT_NE(written.error().message.find("gone/file"), std::string::npos);
    EXPECT_EQ(sync_folder(folder / "gone").error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace nias
