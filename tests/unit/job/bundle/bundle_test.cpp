// Zips that are taken, and the words for those that are not.
#include "job/bundle/bundle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.hpp"
#include "support/zip_builder.hpp"

namespace nias::job {
namespace {

using test::ZipBuilder;
using test::ZipItem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Bundle : public testing::Test {
protected:
    std::string zip(const ZipBuilder& builder) {
        builder.write(path_);
        return path_;
    }
    Layout good(const ZipBuilder& builder, const BundleLimits& limits = {}) {
        auto verdict = judge(zip(builder), "upload.zip", limits);
        if (!verdict) {
            ADD_FAILURE() << "refused: " << verdict.error().detail;
            return {};
        }
        return *std::move(verdict);
    }
    Refusal refused_file() {
        auto verdict = judge(path_, "upload.zip", limits_);
        if (verdict) {
            ADD_FAILURE() << "taken";
            return {};
        }
        return verdict.error();
    }
    Refusal refused(const ZipBuilder& builder) {
        builder.write(path_);
        return refused_file();
    }
    Refusal refused_bytes(const std::string& bytes) {
        test::write_file(path_, bytes);
        return refused_file();
    }
    test::TempFolder folder_;
    std::string path_ = folder_ / "bundle.zip";
    BundleLimits limits_;
};

TEST_F(Bundle, AsksForTheImageThatTheManifestNames) {
    const Layout layout = good(ZipBuilder().add("code.m", "1").add("nias.toml", "image = \"EEG:latest\"\n"));
    EXPECT_EQ(layout.runtime, "image:eeg");
    EXPECT_EQ(layout.language, "matlab|octave");
    EXPECT_EQ(make_task(layout, "lab", {}).spec.runtime, "image:eeg");
    EXPECT_EQ(runtime_in_words(layout.runtime), "image eeg");
    const Layout with_packages = good(ZipBuilder()
                                          .add("code.py", "1")
                                          .add("requirements.txt", "numpy\n")
                                          .add("nias.toml", "image = \"eeg\"\n"));
    EXPECT_THAT(with_packages.requirements.packages, ElementsAre("numpy"));
    EXPECT_EQ(good(ZipBuilder().add("code.py", "1").add("nias.toml", "environment = \"eeg\"\n")).language,
              "python");
}

TEST_F(Bundle, RunsInTheImageThatItsSenderNames) {
    Layout layout = good(ZipBuilder().add("code.py", "1").add("nias.toml", "image = \"eeg\"\n"));
    EXPECT_FALSE(use_image(layout, "MEG:2"));
    EXPECT_EQ(layout.runtime, "image:meg:2");
    EXPECT_EQ(layout.manifest.image, "meg:2");
    const auto refusal = use_image(layout, "a b");
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, "image");
    EXPECT_THAT(refusal->detail, HasSubstr("image must be the name of an image"));
    EXPECT_EQ(layout.runtime, "image:meg:2");
}

TEST_F(Bundle, IsRefusedWhereAnImageCannotBeWhatElseItAsksFor) {
    EXPECT_THAT(
        refused(ZipBuilder().add("code.py", "1").add("nias.toml", "image = \"eeg\"\nenvironment = \"lab\"\n"))
            .detail,
        AllOf(HasSubstr("environment \"lab\""), HasSubstr("leave one of the two out")));
    EXPECT_THAT(
        refused(ZipBuilder().add("code.m", "1").add("nias.toml", "image = \"eeg\"\nruntime = \"matlab\"\n"))
            .detail,
        HasSubstr("MATLAB runs on the machines themselves"));
    Layout layout = good(ZipBuilder().add("code.py", "1").add("nias.toml", "environment = \"lab\"\n"));
    EXPECT_TRUE(use_image(layout, "eeg")) << "nor where the image is named beside the zip";
}

TEST_F(Bundle, TakesAProgramAtTheTop) {
    const Layout layout = good(ZipBuilder().add("code.py", "print(1)").add("data/a.csv", "1,2"));
    EXPECT_EQ(layout.root, "");
    EXPECT_EQ(layout.entry, "code.py");
    EXPECT_EQ(layout.runtime, "python");
    EXPECT_EQ(layout.name, "upload");
    EXPECT_EQ(layout.unpacked_bytes, 11U);
    EXPECT_TRUE(layout.mended.empty());
}

TEST_F(Bundle, TakesTheSingleTopFolderAndItsName) {
    const Layout layout =
        good(ZipBuilder().add("eeg study/").add("eeg study/code.m").add("eeg study/requirements.txt"));
    EXPECT_EQ(layout.root, "eeg study/");
    EXPECT_EQ(layout.runtime, "matlab|octave");
    EXPECT_EQ(layout.name, "eeg study");
    EXPECT_TRUE(layout.has_requirements);
}

TEST_F(Bundle, MendsADoubledFolderJunkAndAFullOutputAndSaysSo) {
    const Layout layout = good(ZipBuilder()
                                   .add("a/a/code.py")
                                   .add("__MACOSX/a/._code.py")
                                   .add("a/.DS_Store")
                                   .add("a/a/output/old.png"));
    EXPECT_EQ(layout.root, "a/a/");
    ASSERT_EQ(layout.mended.size(), 3U);
    EXPECT_THAT(layout.mended[0], HasSubstr("two folders deep"));
    EXPECT_THAT(layout.mended[1], HasSubstr("2 entries"));
    EXPECT_THAT(layout.mended[2], HasSubstr("output/"));
}

TEST_F(Bundle, NamesItsOwnFilesThatLieTooDeep) {
    const Layout layout = good(
        ZipBuilder().add("code.py").add("src/Requirements.txt", "numpy").add("src/nias.toml", "cpus = 2"));
    EXPECT_THAT(layout.mended, ElementsAre(AllOf(HasSubstr("\"src/Requirements.txt\" is not read"),
                                                 HasSubstr("lies at the top")),
                                           HasSubstr("\"src/nias.toml\" is not read")));
    EXPECT_THAT(
        good(ZipBuilder().add("p/code.py").add("p/requirements.txt", "").add("p/lib/requirements.txt", "x"))
            .mended,
        testing::IsEmpty())
        << "the one beside the program is read, and the other is a library's";
}

TEST_F(Bundle, TakesBackslashesAndCodePage850) {
    const Layout layout = good(
        ZipBuilder().add("p\\code.py").add(ZipItem{.name = "p\\sess\x84o.csv", .content = "x", .flags = 0}));
    EXPECT_EQ(layout.root, "p/");
    ASSERT_TRUE(unpack(path_, layout, folder_.path()));
    EXPECT_EQ(test::read_file(folder_ / "sess\xC3\xA4o.csv"), "x");
}

TEST_F(Bundle, LetsTheManifestChooseAmongTwoPrograms) {
    const Layout layout = good(ZipBuilder().add("code.py").add("code.m").add(
        "nias.toml",
        "entry = \"code.m\"\nname = \"Sono\"\nmemory = \"2 GiB\"\ntime_limit = \"10m\"\ncpus = 2\n"));
    EXPECT_EQ(layout.entry, "code.m");
    EXPECT_EQ(layout.name, "Sono");
    const Task task = make_task(layout, "ana", BlobRef{{}, 7});
    EXPECT_EQ(task.spec.resources.memory_bytes, 2ULL << 30U);
    EXPECT_EQ(task.spec.resources.cpus, 2U);
    EXPECT_EQ(task.spec.time_limit_ms, 600'000U);
    EXPECT_EQ(task.owner, "ana");
}

TEST_F(Bundle, AsksForTheCountedResourcesOfItsManifest) {
    const Layout layout =
        good(ZipBuilder().add("code.py").add("nias.toml", "[resources]\nscope = 1\nmatlab_seats = 2\n"));
    const Task task = make_task(layout, "ana", BlobRef{{}, 7});
    EXPECT_EQ(task.spec.resources.counted, (CountedResources{{"matlab_seats", 2}, {"scope", 1}}));
}

TEST_F(Bundle, RefusesCountedResourcesThatAreNoneByName) {
    const auto detail = [&](const std::string& manifest) {
        return refused(ZipBuilder().add("code.py").add("nias.toml", manifest)).detail;
    };
    EXPECT_THAT(detail("resources = 2\n"), HasSubstr("resources must be a table [resources]"));
    EXPECT_THAT(detail("[resources]\nseats = 0\n"),
                HasSubstr("resources.seats must be a whole number from 1"));
    EXPECT_THAT(detail("[resources]\nseats = \"two\"\n"),
                HasSubstr("resources.seats must be a whole number"));
    EXPECT_THAT(detail("[resources]\n\"two words\" = 1\n"),
                HasSubstr("\"two words\" is no name of a counted resource"));
}

TEST_F(Bundle, RefusesTwoProgramsWithoutAManifest) {
    EXPECT_EQ(refused(ZipBuilder().add("code.py").add("code.m")).code, "two_programs");
}

TEST_F(Bundle, SaysWhereTheProgramBelongs) {
    EXPECT_THAT(refused(ZipBuilder().add("main.py")).detail,
                HasSubstr("put code.py (Python), code.m (MATLAB or Octave) or code.R (R)"));
    EXPECT_THAT(refused(ZipBuilder().add("Code.py")).detail, HasSubstr("small letters"));
    const Refusal deep = refused(ZipBuilder().add("a/b/c/d/code.py").add("other.txt"));
    EXPECT_THAT(deep.detail, HasSubstr("too deep"));
    EXPECT_EQ(deep.entry, "a/b/c/d/code.py");
}

TEST_F(Bundle, RefusesAnUnknownManifestKeyByName) {
    const Refusal refusal = refused(ZipBuilder().add("code.py").add("nias.toml", "memry = \"4 GiB\"\n"));
    EXPECT_EQ(refusal.code, "manifest");
    EXPECT_THAT(refusal.detail, HasSubstr("memry"));
    EXPECT_THAT(refused(ZipBuilder().add("code.py").add("nias.toml", "cpus = 0\n")).detail,
                HasSubstr("cpus must be"));
    EXPECT_THAT(refused(ZipBuilder().add("code.py").add("nias.toml", "= 3\n")).detail, HasSubstr("line 1"));
}

TEST_F(Bundle, RefusesWhatClimbsOutOfItsFolder) {
    for (const std::string name :
         {"../evil.py", "a/../../evil.py", "/etc/passwd", "C:\\evil.py", "a\\..\\..\\b"}) {
        const Refusal refusal = refused(ZipBuilder().add("code.py").add(name));
        EXPECT_NE(refusal.detail, "") << name;
        EXPECT_NE(refusal.entry, "") << name;
    }
}

TEST_F(Bundle, RefusesOddNames) {
    EXPECT_NE(refused(ZipBuilder().add("code.py").add("a//b")).detail, "");
    EXPECT_NE(refused(ZipBuilder().add("code.py").add(std::string("a\0b", 3))).detail, "");
    EXPECT_NE(refused(ZipBuilder().add("code.py").add("a\nb")).detail, "");
    EXPECT_NE(refused(ZipBuilder().add("code.py").add(std::string(300, 'a'))).detail, "");
    std::string deep;
    for (int i = 0; i < 40; ++i) { deep += "d/"; }
    EXPECT_NE(refused(ZipBuilder().add("code.py").add(deep + "f")).detail, "");
}

TEST_F(Bundle, RefusesLinksEncryptionAndOtherMethods) {
    EXPECT_EQ(
        refused(ZipBuilder().add("code.py").add(
                    {.name = "link", .content = "/etc/passwd", .attributes = 0120777U << 16U, .made_by = 3}))
            .code,
        "not_a_file");
    EXPECT_EQ(
        refused(ZipBuilder().add("code.py").add({.name = "secret", .content = "x", .flags = 0x0801})).code,
        "encrypted");
    EXPECT_EQ(refused(ZipBuilder().add("code.py").add({.name = "lzma", .content = "x", .method = 14})).code,
              "method");
}

TEST_F(Bundle, RefusesAPathTwiceAndAFileThatIsAFolder) {
    EXPECT_EQ(refused(ZipBuilder().add("code.py").add("a").add("a")).code, "twice");
    EXPECT_EQ(refused(ZipBuilder().add("code.py").add("a").add("a/b")).code, "twice");
}

TEST_F(Bundle, RefusesAnArchiveThatSaysDifferentThingsInTwoPlaces) {
    EXPECT_EQ(refused(ZipBuilder().add("code.py").add({.name = "a", .content = "x", .local_name = "b"})).code,
              "broken_zip");
    const std::string good = ZipBuilder().add("code.py", "print(1)").bytes();
    EXPECT_EQ(refused_bytes("MZ" + good).code, "broken_zip");
    EXPECT_EQ(refused_bytes(good + "trailing").code, "broken_zip");
    EXPECT_EQ(refused_bytes("").code, "broken_zip");
    EXPECT_EQ(refused_bytes("this is a text, not a zip").code, "not_a_zip");
}

TEST_F(Bundle, RefusesEveryTruncation) {
    const std::string good = ZipBuilder().add("code.py", "print(1)").add("data/x.csv", "1,2,3").bytes();
    for (std::size_t length = 0; length < good.size(); ++length) {
        EXPECT_FALSE(refused_bytes(good.substr(0, length)).detail.empty()) << length;
    }
}

TEST_F(Bundle, JudgesTheClaimBeforeItInflates) {
    limits_.unpacked_bytes = 1000;
    EXPECT_EQ(refused(ZipBuilder().add("code.py").add(
                          {.name = "big", .content = "x", .method = 8, .claimed_size = 2000}))
                  .code,
              "too_large");
    limits_ = {};
    limits_.members = 3;
    EXPECT_EQ(refused(ZipBuilder().add("code.py").add("a").add("b").add("c")).code, "too_many_files");
}

TEST_F(Bundle, UnpacksWhatIsBelowTheRootAndNothingElse) {
    const Layout layout = good(ZipBuilder()
                                   .add("p/code.py", "print(1)")
                                   .add("p/data/x.csv", "1,2")
                                   .add("__MACOSX/p/x")
                                   .add("p/empty/"));
    const test::TempFolder to;
    ASSERT_TRUE(unpack(path_, layout, to.path()));
    EXPECT_EQ(test::read_file(to / "code.py"), "print(1)");
    EXPECT_EQ(test::read_file(to / "data/x.csv"), "1,2");
    EXPECT_TRUE(std::filesystem::is_directory(to / "empty"));
    EXPECT_FALSE(std::filesystem::exists(to / "__MACOSX"));
}

TEST_F(Bundle, RefusesAMemberWhoseChecksumIsWrong) {
    const Layout layout =
        good(ZipBuilder().add("code.py").add({.name = "a", .content = "hello", .claimed_crc = 1}));
    const test::TempFolder to;
    const Status done = unpack(path_, layout, to.path());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::invalid);
    EXPECT_THAT(done.error().message, HasSubstr("\"a\""));
}

}  // namespace
}  // namespace nias::job
