// A file that is no zip is named as what it is.
#include "job/archive/file_kind.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/archive/archive.hpp"
#include "support/temp_folder.hpp"
#include "support/zip_builder.hpp"

namespace nias::job {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Not;

class FileKind : public testing::Test {
protected:
    Refusal refused(const std::string& bytes) {
        test::write_file(path_, bytes);
        auto verdict = scan_archive(path_, {});
        if (verdict) {
            ADD_FAILURE() << "taken";
            return {};
        }
        return verdict.error();
    }
    test::TempFolder folder_;
    std::string path_ = folder_ / "study.zip";
};

TEST_F(FileKind, IsToldToGoUnderItsOwnNameWhereItIsPlainText) {
    for (const std::string& text : {"print(1)\n"s, "\xEF\xBB\xBFx = 1;\r\n"s,
                                    "x = 'm\xE9"
                                    "dia';\n"s,
                                    "\xFF\xFEx\0=\0001\0"s}) {
        const Refusal refusal = refused(text);
        EXPECT_EQ(refusal.code, "not_a_zip") << text;
        EXPECT_THAT(refusal.detail, HasSubstr("under its own name")) << text;
    }
    EXPECT_EQ(refused(std::string(600, '\0')).code, "broken_zip") << "zeros are no text";
    EXPECT_EQ(refused("PK\x03\x04 cut short").code, "broken_zip");
}

TEST_F(FileKind, IsNamedForEveryArchiveThatIsNoZip) {
    const std::pair<std::string, const char*> kinds[] = {{"Rar!\x1A\x07\x01\x00"s, "RAR archive"},
                                                         {"Rar!\x1A\x07\x00"s, "RAR archive"},
                                                         {"7z\xBC\xAF\x27\x1C\x00\x04"s, "7z archive"},
                                                         {"\x1F\x8B\x08\x00"s, "gzip file"},
                                                         {"BZh91AY&SY"s, "bzip2 file"},
                                                         {"\xFD\x37zXZ\x00\x00"s, "xz file"},
                                                         {"\x28\xB5\x2F\xFD\x04"s, "Zstandard"},
                                                         {"\x5D\x00\x00\x80\x00"s, "LZMA file"},
                                                         {std::string(257, 'a') + "ustar\0"s, "tar archive"},
                                                         {"MSCF\0\0"s, "cabinet"}};
    for (const auto& [begin, words] : kinds) {
        const Refusal refusal = refused(begin + std::string(600, '\0'));
        EXPECT_EQ(refusal.code, "not_a_zip") << words;
        EXPECT_THAT(refusal.detail, HasSubstr(words));
        EXPECT_THAT(refusal.detail, HasSubstr("make a .zip")) << "and says what to do";
        EXPECT_THAT(refusal.detail, Not(HasSubstr("damaged")));
    }
}

TEST_F(FileKind, IsNamedForOtherFilesThatAreSentByMistake) {
    const std::pair<std::string, const char*> kinds[] = {
        {"%PDF-1.7\n", "PDF"},
        {"MATLAB 5.0 MAT-file, Platform: GLNXA64", "data file of MATLAB"},
        {"\x89HDF\r\n\x1A\n", "HDF5"},
        {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "Office"},
        {"\n<!DOCTYPE html><html>", "web page"},
        {"{\n \"cells\": [\n  {", "notebook of Jupyter"}};
    for (const auto& [begin, words] : kinds) {
        const Refusal refusal = refused(begin + std::string(600, ' '));
        EXPECT_EQ(refusal.code, "not_a_zip") << words;
        EXPECT_THAT(refusal.detail, HasSubstr(words));
    }
}

TEST_F(FileKind, OfAFirstPartIsASplitZip) {
    EXPECT_EQ(refused("PK\x07\x08PK\x03\x04" + std::string(600, 'x')).code, "split_zip");
}

TEST_F(FileKind, OfAMethodIsNamedWithWhatToChoose) {
    const std::pair<int, const char*> methods[] = {{9, "Deflate64"},  {12, "BZip2"}, {14, "LZMA"},
                                                   {93, "Zstandard"}, {95, "XZ"},    {98, "PPMd"},
                                                   {77, "method 77"}};
    for (const auto& [method, words] : methods) {
        const Refusal refusal = refused(
            test::ZipBuilder()
                .add({.name = "code.py", .content = "x", .method = static_cast<std::uint16_t>(method)})
                .bytes());
        EXPECT_EQ(refusal.code, "method");
        EXPECT_THAT(refusal.detail, HasSubstr(words));
        EXPECT_THAT(refusal.detail, HasSubstr("choose the method Deflate"));
    }
}

}  // namespace
}  // namespace nias::job
