// The files that come back of output/, whoever wrote them.
#include "job/output/output_zip.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temp_folder.hpp"

namespace nias::job {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

class OutputZip : public testing::Test {
protected:
    OutputZip() { fs::create_directories(job_ / "output"); }
    ~OutputZip() override { ::close(descriptor_); }
    Packed pack(const OutputLimits& limits = {}) {
        auto packed = pack_output(descriptor_, "output", {{"nias-job.json", "{}"}}, zip_, limits);
        EXPECT_TRUE(packed) << packed.error().message;
        return packed ? *packed : Packed{};
    }
    std::vector<std::string> names() {
        std::vector<std::string> out;
        for (const ZipEntry& entry : *list_zip(zip_)) { out.push_back(entry.path); }
        return out;
    }
    std::string content(const std::string& entry) {
        std::string out;
        EXPECT_TRUE(read_zip_entry(zip_, entry, [&](std::span<const char> piece) {
            out.append(piece.data(), piece.size());
            return true;
        }));
        return out;
    }
    test::TempFolder job_;
    test::TempFolder elsewhere_;
    std::string zip_ = elsewhere_ / "out.zip";
    int descriptor_ = ::open(job_.path().c_str(), O_RDONLY | O_DIRECTORY);
};

TEST_F(OutputZip, PacksFilesAndFoldersAndTheExtraFile) {
    test::write_file(job_ / "output/plot.png", "PNG");
    test::write_file(job_ / "output/tables/a.csv", std::string(100'000, '1'));
    const Packed packed = pack();
    EXPECT_EQ(packed.files, 3U);
    EXPECT_TRUE(packed.notes.empty());
    EXPECT_THAT(names(), ElementsAre("nias-job.json", "plot.png", "tables/a.csv"));
    EXPECT_EQ(content("tables/a.csv"), std::string(100'000, '1'));
    EXPECT_EQ(content("plot.png"), "PNG");
}

TEST_F(OutputZip, LeavesOutLinksDevicesAndSecondNamesAndSaysSo) {
    test::write_file(elsewhere_ / "secret", "secret");
    fs::create_symlink(elsewhere_ / "secret", job_ / "output/link");
    fs::create_directory_symlink(elsewhere_.path(), job_ / "output/folder");
    fs::create_hard_link(elsewhere_ / "secret", job_ / "output/second");
    ASSERT_EQ(::mkfifo((job_ / "output/pipe").c_str(), 0600), 0);
    test::write_file(job_ / "output/good.txt", "good");
    const Packed packed = pack();
    EXPECT_THAT(names(), ElementsAre("good.txt", "nias-job.json"));
    EXPECT_THAT(packed.notes,
                testing::UnorderedElementsAre(HasSubstr("link was left out: it is a link"),
                                              HasSubstr("folder was left out: it is a link"),
                                              HasSubstr("second was left out"),
                                              HasSubstr("pipe was left out: it is not a file")));
}

TEST_F(OutputZip, FollowsNoLinkInPlaceOfTheFolderItself) {
    fs::remove(job_ / "output");
    test::write_file(elsewhere_ / "secret", "secret");
    fs::create_directory_symlink(elsewhere_.path(), job_ / "output");
    (void)pack();
    EXPECT_THAT(names(), ElementsAre("nias-job.json"));
}

TEST_F(OutputZip, StopsAtItsLimitsAndNamesWhatIsMissing) {
    for (int i = 0; i < 5; ++i) {
        test::write_file(job_ / ("output/" + std::to_string(i)), std::string(100, 'x'));
    }
    const Packed packed = pack({.bytes = 250, .entries = 100, .depth = 4, .notes = 2});
    EXPECT_THAT(names(), ElementsAre("0", "1", "nias-job.json"));
    EXPECT_EQ(packed.notes.size(), 3U);  // two, and the one that says that the list ends
}

TEST_F(OutputZip, HasNoFileThatIsNotThere) {
    (void)pack();
    const Status read = read_zip_entry(zip_, "none", [](std::span<const char>) { return true; });
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::not_found);
}

TEST_F(OutputZip, UnpacksForTheOneWhoSentTheJob) {
    test::write_file(job_ / "output/a/b.txt", "text");
    (void)pack();
    ASSERT_TRUE(unpack_output(zip_, elsewhere_ / "results"));
    EXPECT_EQ(test::read_file(elsewhere_ / "results/a/b.txt"), "text");
}

TEST_F(OutputZip, DamagedOnTheDiskIsNoFaultOfItsReader) {
    std::string text;
    for (int i = 0; i < 40'000; ++i) { text += std::to_string(i * 7919 % 10'007); }
    test::write_file(job_ / "output/a.txt", text);
    (void)pack();
    const auto take_all = [](std::span<const char>) { return true; };
    const std::string whole = test::read_file(zip_);
    std::string changed = whole;
    changed[changed.size() / 2] = static_cast<char>(~changed[changed.size() / 2]);
    test::write_file(zip_, changed);
    EXPECT_EQ(read_zip_entry(zip_, "a.txt", take_all).error().code, ErrorCode::corrupt);
    EXPECT_EQ(unpack_output(zip_, elsewhere_ / "results").error().code, ErrorCode::corrupt);
    test::write_file(zip_, whole.substr(0, whole.size() / 2));
    EXPECT_EQ(list_zip(zip_).error().code, ErrorCode::corrupt);
    fs::remove(zip_);
    EXPECT_EQ(list_zip(zip_).error().code, ErrorCode::not_found);
    EXPECT_EQ(list_zip(job_ / "output/a.txt/below-a-file").error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace nias::job
