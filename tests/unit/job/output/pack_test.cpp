// The files of a job that come back, whoever wrote them and wherever.
#include "job/output/pack.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "job/output/output_zip.hpp"
#include "support/temp_folder.hpp"

namespace nias::job {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
namespace fs = std::filesystem;

class Pack : public testing::Test {
protected:
    Pack() { fs::create_directories(job_ / "output"); }
    ~Pack() override { ::close(descriptor_); }
    Packed pack(const OutputLimits& limits = {}) {
        const JobFolder job{.descriptor = descriptor_,
                            .inside = "/job",
                            .begun_s = begun_.tv_sec,
                            .begun_ns = begun_.tv_nsec};
        auto packed = pack_output(job, {{"nias-job.json", "{}"}}, zip_, limits);
        EXPECT_TRUE(packed) << packed.error().message;
        return packed ? *packed : Packed{};
    }
    /// From here on the program writes: waits until the file system's clock has gone on.
    void begin() {
        struct stat seen {};
        const auto look = [&] {
            test::write_file(elsewhere_ / "clock", "x");
            EXPECT_EQ(::stat((elsewhere_ / "clock").c_str(), &seen), 0);
            return seen.st_ctim;
        };
        begun_ = look();
        for (timespec at = begun_; at.tv_sec == begun_.tv_sec && at.tv_nsec == begun_.tv_nsec;) {
            at = look();
        }
    }
    std::vector<std::string> names() {
        std::vector<std::string> out;
        for (const ZipEntry& entry : *list_zip(zip_)) {
            if (entry.path != "nias-job.json") { out.push_back(entry.path); }
        }
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
    timespec begun_{};
};

TEST_F(Pack, TakesFilesAndFoldersAndTheExtraFile) {
    test::write_file(job_ / "output/plot.png", "PNG");
    test::write_file(job_ / "output/tables/a.csv", std::string(100'000, '1'));
    const Packed packed = pack();
    EXPECT_EQ(packed.files, 3U);
    EXPECT_THAT(packed.notes, IsEmpty());
    EXPECT_THAT(names(), ElementsAre("plot.png", "tables/a.csv"));
    EXPECT_EQ(content("tables/a.csv"), std::string(100'000, '1'));
    EXPECT_EQ(content("nias-job.json"), "{}");
}

TEST_F(Pack, BringsAFileBackUnderEveryNameThatItHas) {
    test::write_file(job_ / "output/run1/best.npy", "abc");
    test::write_file(job_ / "data/in.csv", "in");
    fs::create_hard_link(job_ / "output/run1/best.npy", job_ / "output/hard.npy");
    fs::create_symlink("run1/best.npy", job_ / "output/latest.npy");
    fs::create_symlink("/job/data/in.csv", job_ / "output/in.csv");
    fs::create_directory_symlink("run1", job_ / "output/latest");
    const Packed packed = pack();
    EXPECT_THAT(names(), UnorderedElementsAre("hard.npy", "in.csv", "latest.npy", "run1/best.npy"));
    EXPECT_EQ(content("hard.npy") + content("latest.npy") + content("in.csv"), "abcabcin");
    EXPECT_THAT(packed.notes, ElementsAre(testing::StartsWith("latest is a link to output/run1, a folder")));
}

TEST_F(Pack, FollowsNoLinkOutOfTheJobAndSaysSo) {
    test::write_file(elsewhere_ / "secret", "secret");
    fs::create_symlink(elsewhere_ / "secret", job_ / "output/link");
    fs::create_symlink("../../../../../../../../etc/passwd", job_ / "output/up");
    fs::create_directory_symlink(elsewhere_.path(), job_ / "output/folder");
    fs::create_symlink("folder/secret", job_ / "output/through");
    fs::create_symlink("self", job_ / "output/self");
    ASSERT_EQ(::mkfifo((job_ / "output/pipe").c_str(), 0600), 0);
    fs::create_symlink("pipe", job_ / "output/to-pipe");
    const Packed packed = pack();
    EXPECT_THAT(names(), IsEmpty());
    EXPECT_EQ(packed.notes.size(), 7U);
    EXPECT_THAT(packed.notes, Contains(testing::StartsWith("link was left out: it is a link")));
    EXPECT_THAT(packed.notes, Contains(testing::StartsWith("pipe was left out: it is not a file")));
}

TEST_F(Pack, FollowsALinkInPlaceOfTheFolderWithinTheJobOnly) {
    fs::remove(job_ / "output");
    test::write_file(elsewhere_ / "secret", "secret");
    fs::create_directory_symlink(elsewhere_.path(), job_ / "output");
    EXPECT_THAT(pack().notes, ElementsAre(HasSubstr("leads out")));
    EXPECT_THAT(names(), IsEmpty());
    fs::remove(job_ / "output");
    test::write_file(job_ / "results/a.txt", "a");
    fs::create_directory_symlink("/job/results", job_ / "output");
    EXPECT_THAT(pack().notes, ElementsAre(HasSubstr("output is a link to results")));
    EXPECT_THAT(names(), ElementsAre("a.txt"));
}

TEST_F(Pack, BringsBackWhatWasWrittenBesideTheFolderAndNothingElse) {
    test::write_file(job_ / "code.py", "program");
    test::write_file(job_ / "data/in.csv", "in");
    test::write_file(job_ / "data/table.csv", "old");
    begin();
    test::write_file(job_ / "summary.csv", "s");
    test::write_file(job_ / "Output/figure.png", "f");
    test::write_file(job_ / "data/table.csv", "changed");
    test::write_file(job_ / "__pycache__/code.pyc", "p");
    test::write_file(job_ / "output/kept", "k");
    fs::create_hard_link(job_ / "output/kept", job_ / "again");
    const Packed packed = pack();
    EXPECT_THAT(names(), ElementsAre("beside-output/Output/figure.png", "beside-output/data/table.csv",
                                     "beside-output/summary.csv", "kept"));
    EXPECT_EQ(content("beside-output/data/table.csv"), "changed");
    EXPECT_THAT(packed.notes, ElementsAre(HasSubstr("written beside output/")));
}

TEST_F(Pack, BringsBackAFileInPlaceOfTheFolder) {
    begin();
    fs::remove(job_ / "output");
    test::write_file(job_ / "output", "table");
    (void)pack();
    EXPECT_THAT(names(), ElementsAre("beside-output/output"));
}

TEST_F(Pack, MendsNamesOfOtherSystemsAndSaysSo) {
    begin();
    test::write_file(job_ / "output/sub\\a.csv", "a");
    test::write_file(job_ / "output/sub/a.csv", "b");
    test::write_file(job_ /
                         "output/m\xE9"
                         "dia.csv",
                     "c");
    test::write_file(job_ / "output/line\nbreak", "d");
    test::write_file(job_ / "output\\figure.png", "e");
    const Packed packed = pack();
    EXPECT_THAT(names(),
                UnorderedElementsAre("sub/a.csv", "sub/a (2).csv", "média.csv", "line_break", "figure.png"));
    EXPECT_EQ(content("figure.png"), "e");
    EXPECT_EQ(content("sub/a.csv") + content("sub/a (2).csv"), "ba") << "the true name goes first";
    EXPECT_THAT(packed.notes, ElementsAre(HasSubstr("names were changed")));
}

TEST_F(Pack, SaysHowManyOfHowManyPastALimit) {
    for (int i = 0; i < 5; ++i) {
        test::write_file(job_ / ("output/" + std::to_string(i)), std::string(100, 'x'));
    }
    OutputLimits limits;
    limits.bytes = 250;
    Packed packed = pack(limits);
    EXPECT_THAT(names(), ElementsAre("0", "1"));
    EXPECT_THAT(packed.notes, ElementsAre(HasSubstr("2 of 5 files came back")));
    begin();
    for (int i = 0; i < 5; ++i) { test::write_file(job_ / ("beside" + std::to_string(i)), "x"); }
    limits = {};
    limits.beside_entries = 3;
    packed = pack(limits);
    EXPECT_EQ(names().size(), 8U);
    EXPECT_THAT(packed.notes.front(), HasSubstr("8 of 10 files came back"));
    limits.notes = 1;
    limits.depth = 0;
    fs::create_directories(job_ / "output/a");
    fs::create_directories(job_ / "output/b");
    EXPECT_THAT(pack(limits).notes, Contains(HasSubstr("this list ends here")));
}

TEST_F(Pack, StoresWhatDoesNotShrink) {
    std::string noise;
    for (std::uint64_t x = 88172645463325252ULL; noise.size() < 4U << 20U;) {
        x ^= x << 13U;
        x ^= x >> 7U;
        x ^= x << 17U;
        noise.append(reinterpret_cast<const char*>(&x), sizeof x);
    }
    test::write_file(job_ / "output/noise.bin", noise);
    test::write_file(job_ / "output/flat.bin", std::string(4U << 20U, 'x'));
    (void)pack();
    EXPECT_EQ(content("noise.bin"), noise);
    EXPECT_GE(fs::file_size(zip_), noise.size());
    EXPECT_LT(fs::file_size(zip_), noise.size() + (1U << 20U));
}

}  // namespace
}  // namespace nias::job
