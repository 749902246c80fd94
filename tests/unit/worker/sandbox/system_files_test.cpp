#include "worker/sandbox/system_files.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "support/temp_folder.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;

/// A folder in memory where the machine has one: a copy is a thousand small files.
class QuickFolder {
public:
    QuickFolder() {
        std::string pattern =
            std::string(::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") + "/nias-test-XXXXXX";
        path_ = ::mkdtemp(pattern.data());
    }
    QuickFolder(const QuickFolder&) = delete;
    QuickFolder& operator=(const QuickFolder&) = delete;
    ~QuickFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

class SystemFilesTest : public testing::Test {
protected:
    std::shared_ptr<const SystemCopy> copy(SystemFiles& files, Network network = Network::none,
                                           const std::vector<MountPoint>& points = {}) {
        auto made = files.copy(network, points);
        EXPECT_TRUE(made) << made.error().message;
        return made ? *made : nullptr;
    }
    QuickFolder folder_;
};

TEST_F(SystemFilesTest, GiveABoxNamesOfItsOwnAndNoneOfTheMachines) {
    SystemFiles files(folder_ / "boxes");
    const auto made = copy(files);
    ASSERT_TRUE(made);
    EXPECT_EQ(test::read_file(made->etc() + "/group"), "root:x:0:\njob:x:1000:\n");
    EXPECT_FALSE(fs::exists(made->etc() + "/shadow"));
    EXPECT_FALSE(fs::exists(made->etc() + "/resolv.conf")) << "a box without network has no name server";
    EXPECT_FALSE(fs::exists(made->etc() + "/ssl"));
    EXPECT_EQ(test::read_file(copy(files, Network::internet)->etc() + "/resolv.conf"),
              "nameserver 198.18.77.3\n");
    EXPECT_EQ(test::read_file(made->etc() + "/hosts").find("127.0.0.1 localhost nias\n"), 0U);
}

TEST_F(SystemFilesTest, AreReadByEveryUserWhateverTheMaskOfTheWorker) {
    const mode_t before = ::umask(077);
    SystemFiles files(folder_ / "boxes");
    const auto made = copy(files, Network::none, {{"/etc/some/where", true}});
    ::umask(before);
    ASSERT_TRUE(made);
    struct stat info {};
    for (const char* path : {"", "/passwd", "/some", "/some/where"}) {
        ASSERT_EQ(::stat((made->etc() + path).c_str(), &info), 0) << path;
        EXPECT_EQ(info.st_mode & 0044U, 0044U) << path;
        EXPECT_EQ(info.st_mode & 0022U, 0U) << path;
    }
}

TEST_F(SystemFilesTest, AreCopiedOnceAndAgainForAPlaceThatIsToBeMounted) {
    SystemFiles files(folder_ / "boxes");
    const auto first = copy(files);
    EXPECT_EQ(copy(files), first);
    EXPECT_EQ(copy(files, Network::none, {{"/opt/matlab", true}}), first) << "it lies beside the copy";
    const std::vector<MountPoint> points{{"/etc/R/here", true}, {"/etc/licence.lic", false}};
    const auto second = copy(files, Network::none, points);
    EXPECT_NE(second, first);
    EXPECT_TRUE(fs::is_directory(second->etc() + "/R/here"));
    EXPECT_TRUE(fs::is_regular_file(second->etc() + "/licence.lic"));
    EXPECT_EQ(copy(files), second);
    EXPECT_TRUE(fs::exists(first->etc() + "/passwd")) << "a box that runs keeps what it has";
}

TEST_F(SystemFilesTest, GoWithTheLastWhoHoldsThem) {
    std::string etc;
    {
        SystemFiles files(folder_ / "boxes");
        auto first = copy(files);
        etc = first->etc();
        const auto second = copy(files, Network::none, {{"/etc/more", false}});
        first.reset();
        EXPECT_FALSE(fs::exists(etc));
        EXPECT_TRUE(fs::exists(second->etc()));
    }
    EXPECT_FALSE(fs::exists(folder_ / "boxes"));
    test::write_file(folder_ / "boxes/7/etc/left", "by a killed worker");
    SystemFiles next(folder_ / "boxes");
    ASSERT_TRUE(copy(next));
    EXPECT_FALSE(fs::exists(folder_ / "boxes/7"));
}

TEST_F(SystemFilesTest, RemoveWhatAKilledWorkerHasLeftInMemoryAndNothingElse) {
    const std::string left = "/dev/shm/nias-box-of-a-test";
    test::write_file(left + "/1/etc/passwd", "left");
    fs::create_symlink(left, folder_ / "boxes");
    {
        SystemFiles files(folder_ / "boxes");
        ASSERT_TRUE(copy(files));
        EXPECT_FALSE(fs::exists(left));
        EXPECT_TRUE(fs::exists(folder_ / "boxes/1/etc/passwd"));
    }
    EXPECT_FALSE(fs::is_symlink(folder_ / "boxes"));
    test::write_file(folder_ / "other/file", "of somebody");
    fs::create_symlink(folder_ / "other", folder_ / "boxes");
    SystemFiles files(folder_ / "boxes");
    ASSERT_TRUE(copy(files));
    EXPECT_TRUE(fs::exists(folder_ / "other/file"));
}

TEST_F(SystemFilesTest, TellTheCLibraryOfTheProcessorsThatWereGranted) {
    SystemFiles files(folder_ / "boxes");
    const auto one = files.processors(1);
    const auto four = files.processors(4);
    ASSERT_TRUE(one && four);
    EXPECT_EQ(test::read_file(*one + "/devices/system/cpu/online"), "0\n");
    EXPECT_EQ(test::read_file(*four + "/devices/system/cpu/online"), "0-3\n");
    EXPECT_EQ(*files.processors(4), *four);
}

}  // namespace
}  // namespace nias::worker
