// What «nias submit FOLDER» sends of a folder.
#include "job/bundle/folder_zip.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zip.h>

#include <map>
#include <random>

#include "job/bundle/bundle.hpp"
#include "support/temp_folder.hpp"

namespace nias::job {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

class FolderZipTest : public testing::Test {
protected:
    FolderZipTest() { test::write_file(study_ + "/code.py", "print(1)"); }

    std::vector<std::string> zipped(const BundleLimits& limits = {}) {
        const auto said = zip_folder(study_, zip_, limits);
        EXPECT_TRUE(said) << said.error().message;
        return said ? *said : std::vector<std::string>{};
    }
    std::string refusal(const BundleLimits& limits = {}) {
        const auto said = zip_folder(study_, zip_, limits);
        EXPECT_FALSE(said);
        if (said) { return {}; }
        EXPECT_EQ(said.error().code, ErrorCode::invalid);
        return said.error().message;
    }
    /// The files that a job finds in its folder.
    std::map<std::string, std::string> unpacked() {
        const auto verdict = judge(zip_, "any.zip");
        EXPECT_TRUE(verdict) << verdict.error().detail;
        const std::string folder = elsewhere_ / "job";
        fs::create_directory(folder);
        EXPECT_TRUE(unpack(zip_, *verdict, folder));
        std::map<std::string, std::string> out;
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            const std::string name = fs::relative(entry.path(), folder).string();
            out[name] = entry.is_directory() ? "/" : test::read_file(entry.path());
        }
        return out;
    }
    std::uint64_t zip_bytes() { return fs::file_size(zip_); }
    /// Methods of compression by name: 0 is stored, 8 is deflated.
    std::map<std::string, int> methods() {
        std::map<std::string, int> out;
        zip_t* const zip = zip_open(zip_.c_str(), ZIP_RDONLY, nullptr);
        for (zip_int64_t i = 0; i < zip_get_num_entries(zip, 0); ++i) {
            zip_stat_t stat;
            zip_stat_index(zip, static_cast<zip_uint64_t>(i), 0, &stat);
            out[stat.name] = stat.comp_method;
        }
        zip_discard(zip);
        return out;
    }
    static std::string noise(std::size_t bytes) {
        std::mt19937_64 random(7);
        std::string out;
        while (out.size() < bytes) {
            const auto value = random();
            out.append(reinterpret_cast<const char*>(&value), sizeof value);
        }
        return out;
    }
    /// As a measuring program writes them: doubles between 0 and 1, whose first bits are much alike.
    static std::string measured(std::size_t bytes) {
        std::mt19937_64 random(7);
        std::uniform_real_distribution<double> between(0, 1);
        std::string out;
        while (out.size() < bytes) {
            const double value = between(random);
            out.append(reinterpret_cast<const char*>(&value), sizeof value);
        }
        return out;
    }

    test::TempFolder folder_;
    test::TempFolder elsewhere_;
    std::string study_ = folder_ / "study";
    std::string zip_ = elsewhere_ / "out.zip";
};

TEST_F(FolderZipTest, SendsTheFolderAsABundleOfItsName) {
    test::write_file(study_ + "/data/a.csv", "1");
    EXPECT_THAT(zipped(), IsEmpty());
    EXPECT_EQ(judge(zip_, "any.zip")->name, "study");
    EXPECT_EQ(unpacked(), (std::map<std::string, std::string>{
                              {"code.py", "print(1)"}, {"data", "/"}, {"data/a.csv", "1"}}));
}

TEST_F(FolderZipTest, SaysWhatItLeavesOut) {
    test::write_file(study_ + "/output/old.png", "old");
    test::write_file(study_ + "/.git/config", "x");
    test::write_file(study_ + "/data/.cache", "x");
    test::write_file(study_ + "/data/a.csv", "1");
    EXPECT_THAT(zipped(), ElementsAre("hidden files are left out: .git, data/.cache",
                                      HasSubstr("output/ is left out")));
    EXPECT_EQ(judge(zip_, "any.zip")->contents.size(), 2U);
}

TEST_F(FolderZipTest, KeepsAFolderThatIsEmpty) {
    fs::create_directories(study_ + "/results/tables");
    EXPECT_THAT(zipped(), IsEmpty());
    EXPECT_EQ(unpacked().count("results/tables"), 1U);
}

TEST_F(FolderZipTest, SendsALinkAsWhatItLeadsTo) {
    test::write_file(folder_ / "elsewhere.csv", "1;2");
    test::write_file(folder_ / "shared/b.csv", "3;4");
    fs::create_symlink("../elsewhere.csv", study_ + "/data.csv");
    fs::create_directory_symlink("../shared", study_ + "/shared");
    fs::create_symlink("code.py", study_ + "/same.py");
    EXPECT_THAT(zipped(), ElementsAre("links are sent as what they lead to: data.csv, same.py, shared"));
    const auto files = unpacked();
    EXPECT_EQ(files.at("data.csv"), "1;2");
    EXPECT_EQ(files.at("shared/b.csv"), "3;4");
    EXPECT_EQ(files.at("same.py"), "print(1)");
}

TEST_F(FolderZipTest, NamesTheFirstOfManyLinks) {
    for (int i = 0; i < 9; ++i) { fs::create_symlink("code.py", study_ + "/l" + std::to_string(i)); }
    EXPECT_THAT(zipped(), ElementsAre("links are sent as what they lead to: l0, l1, l2, l3, l4 and 4 more"));
}

TEST_F(FolderZipTest, RefusesWhatAJobCannotBeGiven) {
    fs::create_symlink("../gone.csv", study_ + "/data.csv");
    EXPECT_THAT(refusal(),
                testing::AllOf(HasSubstr("data.csv is a link to ../gone.csv"), HasSubstr("No such file")));
    fs::remove(study_ + "/data.csv");

    fs::create_directory(study_ + "/sub");
    fs::create_directory_symlink("..", study_ + "/sub/up");
    EXPECT_THAT(refusal(), HasSubstr("sub/up is a link to a folder that it lies in"));
    fs::remove(study_ + "/sub/up");

    fs::create_symlink("me", study_ + "/me");
    EXPECT_THAT(refusal(), HasSubstr("me is a link to me, which cannot be read"));
    fs::remove(study_ + "/me");

    ASSERT_EQ(::mkfifo((study_ + "/queue").c_str(), 0600), 0);
    EXPECT_THAT(refusal(), HasSubstr("queue is a pipe, a socket or a device"));
    fs::remove(study_ + "/queue");

    fs::create_symlink("/dev/zero", study_ + "/zero");
    EXPECT_THAT(refusal(), HasSubstr("zero is a pipe, a socket or a device"));
    fs::remove(study_ + "/zero");

    test::write_file(study_ + "/caf\xe9.csv", "1");
    EXPECT_THAT(refusal(), HasSubstr("cannot be put into a zip"));
}

TEST_F(FolderZipTest, RefusesMoreThanAServerTakesBeforeItPacksIt) {
    test::write_file(study_ + "/a.csv", std::string(3000, '1'));
    EXPECT_THAT(refusal({.unpacked_bytes = 1000}), HasSubstr("holds more than 0 MiB"));
    EXPECT_THAT(refusal({.members = 1}), HasSubstr("holds more than 1 files"));
    fs::create_directories(study_ + "/a/b/c/d");
    EXPECT_THAT(refusal({.depth = 2}), HasSubstr("more than 2 folders deep"));
    EXPECT_FALSE(fs::exists(zip_));
}

TEST_F(FolderZipTest, CompressesFastHoweverSmallTheFile) {
    test::write_file(study_ + "/table.csv", std::string(1 << 20, '1'));
    (void)zipped();
    const std::string zip = test::read_file(zip_);
    ASSERT_GT(zip.size(), 8U);
    EXPECT_EQ(static_cast<unsigned char>(zip[6]) & 6U, 4U)
        << "the flags of the first file say how it was deflated: 4 is fast, 0 is normal";
}

TEST_F(FolderZipTest, CompressesOnlyWhatGetsSmaller) {
    test::write_file(study_ + "/noise.bin", noise(1 << 20));
    test::write_file(study_ + "/values.bin", measured(1 << 20));
    test::write_file(study_ + "/table.csv", std::string(1 << 20, '1'));
    test::write_file(study_ + "/short.bin", noise(1000));
    // A header that compresses well does not stand for the whole, nor does a noisy one.
    test::write_file(study_ + "/headed.bin", std::string(1 << 16, ' ') + noise(1 << 20));
    test::write_file(study_ + "/tail.txt", noise(1 << 16) + std::string(1 << 20, 'x'));
    (void)zipped();
    EXPECT_EQ(methods(), (std::map<std::string, int>{{"study/code.py", 8},
                                                     {"study/headed.bin", 0},
                                                     {"study/noise.bin", 0},
                                                     {"study/short.bin", 8},
                                                     {"study/table.csv", 8},
                                                     {"study/tail.txt", 8},
                                                     {"study/values.bin", 0}}));
    EXPECT_EQ(unpacked().at("values.bin"), measured(1 << 20));
    EXPECT_LT(zip_bytes(), 4U << 20U);
}

}  // namespace
}  // namespace nias::job
