#include "worker/sandbox/system_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "support/temp_folder.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;

class SystemFilesTest : public testing::Test {
protected:
    std::shared_ptr<const SystemCopy> copy(SystemFiles& files, Network network = Network::none,
                                           const std::vector<MountPoint>& points = {}) {
        auto made = files.copy(network, points);
        EXPECT_TRUE(made) << made.error().message;
        return made ? *made : nullptr;
    }
    test::TempFolder folder_;
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
