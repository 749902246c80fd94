// Names of zips as macOS, Windows and tar write them, and what their systems leave behind.
#include "job/archive/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "job/archive/archive.hpp"
#include "support/temp_folder.hpp"
#include "support/zip_builder.hpp"

namespace nias::job {
namespace {

using test::ZipBuilder;
using test::ZipItem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Names : public testing::Test {
protected:
    Archive scanned(const ZipBuilder& builder) {
        builder.write(path_);
        auto verdict = scan_archive(path_, {});
        if (!verdict) {
            ADD_FAILURE() << "refused: " << verdict.error().detail;
            return {};
        }
        return *std::move(verdict);
    }
    std::vector<std::string> names(const ZipBuilder& builder) {
        std::vector<std::string> out;
        for (const Member& member : scanned(builder).members) { out.push_back(member.name); }
        return out;
    }
    static ZipItem plain(std::string name) { return {.name = std::move(name), .content = "x", .flags = 0}; }
    static ZipItem with_unicode_path(const std::string& raw, const std::string& text, std::uint32_t sum_of) {
        std::string body("\1", 1);
        for (int i = 0; i < 4; ++i) { body.push_back(static_cast<char>(sum_of >> (8 * i))); }
        body += text;
        std::string extra("up", 2);
        extra.push_back(static_cast<char>(body.size()));
        extra.push_back('\0');
        return {.name = raw, .content = "x", .flags = 0, .extra = extra + body};
    }
    static std::uint32_t sum(const std::string& text) {
        return static_cast<std::uint32_t>(
            crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
    }
    test::TempFolder folder_;
    std::string path_ = folder_ / "bundle.zip";
};

TEST_F(Names, AreComposedAsAKeyboardTypesThem) {
    const Archive archive = scanned(ZipBuilder().add("p/corac\u0327a\u0303o.csv").add("p/code.py"));
    EXPECT_EQ(archive.members[0].name, "p/coração.csv");
    EXPECT_THAT(archive.mended, ElementsAre(HasSubstr("coração.csv")));
}

TEST_F(Names, OfTwoFilesThatDifferInTheirFormStayApart) {
    EXPECT_THAT(names(ZipBuilder().add("e\u0301.csv").add("é.csv")), ElementsAre("e\u0301.csv", "é.csv"));
}

TEST_F(Names, LoseTheDotsOfTarAndOfBackslashes) {
    const Archive archive = scanned(ZipBuilder().add("./").add("./code.py").add("./data/./a.csv"));
    ASSERT_EQ(archive.members.size(), 2U);
    EXPECT_EQ(archive.members[0].name, "code.py");
    EXPECT_EQ(archive.members[1].name, "data/a.csv");
    EXPECT_THAT(archive.mended, ElementsAre(HasSubstr("./ in front of names")));
    EXPECT_THAT(scanned(ZipBuilder().add("p\\code.py")).mended, ElementsAre(HasSubstr("Backslashes")));
}

TEST_F(Names, StillMayNotClimbOutBehindADot) {
    for (const std::string name : {"./../evil", "a/./../../evil", ".\\..\\evil", "././/evil"}) {
        ZipBuilder().add("code.py").add(name).write(path_);
        EXPECT_FALSE(scan_archive(path_, {})) << name;
    }
}

TEST_F(Names, MayHoldAColonThatIsNoDrive) {
    EXPECT_THAT(names(ZipBuilder().add("code.py").add("9:30.csv").add("data/b:x.csv")),
                ElementsAre("code.py", "9:30.csv", "data/b:x.csv"));
    for (const std::string name : {"C:/data.csv", "c:\\data.csv", "C:"}) {
        ZipBuilder().add("code.py").add(name).write(path_);
        EXPECT_FALSE(scan_archive(path_, {})) << name;
    }
}

TEST_F(Names, AreReadInTheCodePageThatMakesWordsOfThem) {
    EXPECT_THAT(names(ZipBuilder().add(plain("Sess\xC6o\\cora\x87\xC6o.csv"))),
                ElementsAre("Sessão/coração.csv"));
    EXPECT_THAT(names(ZipBuilder().add(plain("Sess\xE3o/cora\xE7\xE3o.csv"))),
                ElementsAre("Sessão/coração.csv"));
    EXPECT_THAT(names(ZipBuilder().add(plain("coração.csv"))), ElementsAre("coração.csv"))
        << "UTF-8 without its flag";
    const Archive archive = scanned(ZipBuilder().add(plain("cora\x87\xC6o\\a.csv")));
    EXPECT_THAT(archive.mended, ElementsAre(HasSubstr("code page 850"), HasSubstr("Backslashes")));
}

TEST_F(Names, GoByTheUnicodePathWhereItBelongsToThem) {
    const std::string raw = "cora??o.csv";
    EXPECT_THAT(names(ZipBuilder().add(with_unicode_path(raw, "coração.csv", sum(raw)))),
                ElementsAre("coração.csv"));
    EXPECT_THAT(names(ZipBuilder().add(with_unicode_path(raw, "other.csv", sum("another name")))),
                ElementsAre(raw));
}

TEST_F(Names, OfUnicodePathsAreJudgedLikeOthers) {
    ZipBuilder().add("code.py").add(with_unicode_path("a", "../evil", sum("a"))).write(path_);
    const auto verdict = scan_archive(path_, {});
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().code, "path_escapes");
}

TEST_F(Names, OfWhatSystemsLeaveBehindAreNoMembersAtAnyDepth) {
    ZipBuilder zip;
    for (const std::string name :
         {"__MACOSX/p/._code.py", "p/.DS_Store", "p/a/b/._x.csv", "p/Thumbs.db", "p/a/Desktop.ini",
          "p/.git/config", "p/__pycache__/m.cpython-311.pyc", "p/.ipynb_checkpoints/code-checkpoint.py",
          "p/~$report.docx", "p/.venv/bin/python", "p/.~lock.data.ods#", "p/env/pyvenv.cfg",
          "p/env/lib/site.py", "p/Icon\r"}) {
        zip.add(name);
    }
    zip.add("p/code.py").add("p/env_data/a.csv").add("p/.hidden").add("p/gitlog.txt");
    const Archive archive = scanned(zip);
    EXPECT_EQ(archive.leavings, 14U);
    EXPECT_EQ(archive.first_leaving, "__MACOSX/p/._code.py");
    ASSERT_EQ(archive.members.size(), 4U);
    EXPECT_EQ(archive.members[1].name, "p/env_data/a.csv");
}

TEST_F(Names, OfLeavingsMayBeLinksAndCountForNoLimit) {
    BundleLimits limits;
    limits.unpacked_bytes = 100;
    ZipBuilder()
        .add("code.py")
        .add({.name = ".venv/bin/python",
              .content = "/usr/bin/python3",
              .attributes = 0120777U << 16U,
              .made_by = 3})
        .add(".git/pack", std::string(200, 'x'))
        .write(path_);
    EXPECT_TRUE(scan_archive(path_, limits));
}

TEST_F(Names, ThatAreInOrderAreNotSpokenOf) {
    EXPECT_THAT(scanned(ZipBuilder().add("p/coração.csv").add("p/code.py")).mended, IsEmpty());
}

}  // namespace
}  // namespace nias::job
