// Output zips of several members as one.
#include "job/output/joined_zip.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "job/output/output_zip.hpp"
#include "support/temp_folder.hpp"
#include "support/zip_builder.hpp"

namespace nias::job {
namespace {

using test::ZipBuilder;
using test::ZipItem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class JoinedZipTest : public testing::Test {
protected:
    std::string part(const std::string& name, const ZipBuilder& zip) {
        const std::string path = folder_ / name;
        std::ofstream(path, std::ios::binary) << zip.bytes();
        return path;
    }
    /// All of it, in pieces of so many bytes.
    std::string joined(std::vector<JoinedZip::Part> parts, std::size_t piece = 1000) {
        auto zip = JoinedZip::open(std::move(parts));
        EXPECT_TRUE(zip) << zip.error().message;
        std::string out;
        std::string buffer(piece, '\0');
        while (true) {
            const auto count = zip->read(buffer);
            EXPECT_TRUE(count) << count.error().message;
            if (!count || *count == 0) { break; }
            out.append(buffer, 0, *count);
        }
        EXPECT_EQ(out.size(), zip->size_bytes());
        return out;
    }
    std::string written(const std::string& bytes) {
        const std::string path = folder_ / "joined.zip";
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }
    static std::vector<std::string> names_in(const std::string& zip) {
        std::vector<std::string> names;
        for (const ZipEntry& entry : *list_zip(zip)) { names.push_back(entry.path); }
        return names;
    }
    static std::string content_of(const std::string& zip, const std::string& name) {
        std::string content;
        const auto read = read_zip_entry(zip, name, [&](std::span<const char> bytes) {
            content.append(bytes.data(), bytes.size());
            return true;
        });
        EXPECT_TRUE(read) << read.error().message;
        return content;
    }

    test::TempFolder folder_;
};

TEST_F(JoinedZipTest, HasAFolderForEachPartWithAllThatIsInIt) {
    const std::string long_text(200'000, 'a');
    const auto one =
        part("one.zip", ZipBuilder().add("a.txt", "first").add("fig/ü.png", long_text).add("empty/"));
    const auto two = part("two.zip", ZipBuilder().add("a.txt", "second").add("none.txt", std::string()));
    const std::string zip = written(joined({{one, "7"}, {two, "12"}}));
    EXPECT_THAT(names_in(zip), ElementsAre("12/a.txt", "12/none.txt", "7/a.txt", "7/fig/ü.png"));
    EXPECT_EQ(content_of(zip, "7/a.txt"), "first");
    EXPECT_EQ(content_of(zip, "12/a.txt"), "second");
    EXPECT_EQ(content_of(zip, "7/fig/ü.png"), long_text);
    EXPECT_EQ(content_of(zip, "12/none.txt"), "");
}

TEST_F(JoinedZipTest, IsTheSameHoweverItIsRead) {
    const auto one = part("one.zip", ZipBuilder().add("a.txt", std::string(5'000, 'x')).add("b.txt", "b"));
    const std::string whole = joined({{one, "1"}, {one, "2"}}, 1'000'000);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
        EXPECT_EQ(joined({{one, "1"}, {one, "2"}}, piece), whole) << piece;
    }
}

TEST_F(JoinedZipTest, OfNothingIsAnEmptyZip) {
    EXPECT_THAT(joined({}), SizeIs(22));
    EXPECT_THAT(names_in(written(joined({{part("none.zip", ZipBuilder()), "1"}}))), IsEmpty());
}

TEST_F(JoinedZipTest, HoldsMoreEntriesThanZipsOnceDid) {
    ZipBuilder many;
    for (int i = 0; i < 1'000; ++i) { many.add(std::to_string(i), ""); }
    const auto path = part("many.zip", many);
    std::vector<JoinedZip::Part> parts;
    for (int i = 0; i < 70; ++i) { parts.push_back({path, std::to_string(i)}); }
    EXPECT_THAT(names_in(written(joined(std::move(parts), 1U << 16U))), SizeIs(70'000));
}

TEST_F(JoinedZipTest, SaysWhichPartIsNotAsItWas) {
    const auto gone = JoinedZip::open({{folder_ / "gone.zip", "1"}});
    ASSERT_FALSE(gone);
    EXPECT_THAT(gone.error().message, HasSubstr("gone.zip"));
    const auto one = part("one.zip", ZipBuilder().add("a.txt", std::string(5'000, 'x')));
    auto zip = JoinedZip::open({{one, "1"}});
    std::filesystem::remove(one);
    std::string buffer(100'000, '\0');
    auto count = zip->read(buffer);
    while (count && *count > 0) { count = zip->read(buffer); }
    ASSERT_FALSE(count);
    EXPECT_THAT(count.error().message, HasSubstr("one.zip"));
}

}  // namespace
}  // namespace nias::job
