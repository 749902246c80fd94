// Reading the outputs of a job.
#include "job/output/output_zip.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "job/output/pack.hpp"
#include "support/temp_folder.hpp"

namespace nias::job {
namespace {

namespace fs = std::filesystem;

class OutputZip : public testing::Test {
protected:
    OutputZip() { fs::create_directories(job_ / "output"); }
    ~OutputZip() override { ::close(descriptor_); }
    Packed pack() {
        auto packed = pack_output({.descriptor = descriptor_}, {{"nias-job.json", "{}"}}, zip_);
        EXPECT_TRUE(packed) << packed.error().message;
        return packed ? *packed : Packed{};
    }
    test::TempFolder job_;
    test::TempFolder elsewhere_;
    std::string zip_ = elsewhere_ / "out.zip";
    int descriptor_ = ::open(job_.path().c_str(), O_RDONLY | O_DIRECTORY);
};

TEST_F(OutputZip, HasNoFileThatIsNotThere) {
    (void)pack();
    const Status read = read_zip_entry(zip_, "none", [](std::span<const char>) { return true; });
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::not_found);
}

TEST_F(OutputZip, IsReadPieceByPieceToItsEndAndNoFurther) {
    std::string text;
    for (int i = 0; i < 40'000; ++i) { text += std::to_string(i); }
    test::write_file(job_ / "output/a.txt", text);
    (void)pack();
    auto reader = ZipEntryReader::open(zip_, "a.txt");
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ(reader->size_bytes(), text.size());
    std::string read;
    std::array<char, 1000> piece{};
    for (auto count = reader->read(piece); count && *count > 0; count = reader->read(piece)) {
        read.append(piece.data(), *count);
    }
    EXPECT_EQ(read, text);
    EXPECT_EQ(*reader->read(piece), 0U);
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
