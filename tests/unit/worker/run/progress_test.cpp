// The lines a program may write to tell how far it is.
#include "worker/run/progress.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temp_folder.hpp"

namespace nias::worker {
namespace {

TEST(Progress, IsTheLastLineThatIsOne) {
    const auto found = parse_progress("0.1\n0.42  fitting model\nnoise\n");
    ASSERT_TRUE(found);
    EXPECT_DOUBLE_EQ(found->fraction, 0.42);
    EXPECT_EQ(found->text, "fitting model");
}

TEST(Progress, IsNothingElse) {
    for (const char* text : {"", "\n", "1.5", "-0.1", "nan", "0.5x", "half", "inf"}) {
        EXPECT_FALSE(parse_progress(text)) << text;
    }
    EXPECT_TRUE(parse_progress("1"));
    EXPECT_TRUE(parse_progress("0.5\r\n"));
}

TEST(Progress, BoundsItsWords) {
    EXPECT_EQ(parse_progress("0.5 " + std::string(5000, 'x'))->text.size(), 200U);
}

TEST(Progress, IsToldOnceAChange) {
    const test::TempFolder folder;
    auto file = ProgressFile::make(folder / "p");
    ASSERT_TRUE(file);
    EXPECT_FALSE(file->poll());
    test::write_file(folder / "p", "0.25 a\n");
    EXPECT_EQ(file->poll()->text, "a");
    EXPECT_FALSE(file->poll());
    test::write_file(folder / "p", std::string(10'000, '\n') + "0.75 b\n");
    EXPECT_DOUBLE_EQ(file->poll()->fraction, 0.75);
}

TEST(Progress, KeepsItsFileWithinItsBoundHoweverMuchIsAppended) {
    const test::TempFolder folder;
    const std::string path = folder / "p";
    auto file = ProgressFile::make(path);
    ASSERT_TRUE(file);
    std::ofstream program(path, std::ios::app);  // as a program keeps it open, and writes on
    for (int step = 1; step <= 3; ++step) {
        program << std::string(ProgressFile::kMostBytes, '\n') << "0." << step << " step\n" << std::flush;
        const auto found = file->poll();
        ASSERT_TRUE(found);
        EXPECT_DOUBLE_EQ(found->fraction, step / 10.0);
        EXPECT_LE(std::filesystem::file_size(path), ProgressFile::kMostBytes);
    }
}

}  // namespace
}  // namespace nias::worker
