// Where the job lies in a zip, what its own files may be called, and what is said where there is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/bundle/bundle.hpp"
#include "job/bundle/single_program.hpp"
#include "support/temp_folder.hpp"
#include "support/zip_builder.hpp"

namespace nias::job {
namespace {

using namespace std::string_literals;
using test::ZipBuilder;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PlaceTest : public testing::Test {
protected:
    Layout good(const ZipBuilder& builder) {
        builder.write(path_);
        auto verdict = judge(path_, "upload.zip");
        if (!verdict) {
            ADD_FAILURE() << "refused: " << verdict.error().detail;
            return {};
        }
        return *std::move(verdict);
    }
    Refusal refused(const ZipBuilder& builder) {
        builder.write(path_);
        auto verdict = judge(path_, "upload.zip");
        if (verdict) {
            ADD_FAILURE() << "taken";
            return {};
        }
        return verdict.error();
    }
    test::TempFolder folder_;
    std::string path_ = folder_ / "bundle.zip";
};

TEST_F(PlaceTest, IsTheOneFolderAlsoWithFilesBesideIt) {
    const Layout layout = good(ZipBuilder().add("study/code.py").add("READ-ME.txt").add("figure.png"));
    EXPECT_EQ(layout.root, "study/");
    EXPECT_EQ(layout.contents.size(), 1U);
    EXPECT_THAT(layout.mended, Contains(HasSubstr("READ-ME.txt")));
    EXPECT_EQ(good(ZipBuilder().add("a/b/code.m").add("a/notes.txt").add("README.md")).root, "a/b/");
}

TEST_F(PlaceTest, IsNotChosenWhereTheJobWouldMissSomethingOutside) {
    for (const std::string name :
         {"main.py", "helper.m", "data/a.csv", "requirements.txt", "other/deep/x.txt"}) {
        const Refusal refusal = refused(ZipBuilder().add("study/code.py").add(name));
        EXPECT_EQ(refusal.code, "outside") << name;
        EXPECT_THAT(refusal.detail, AllOf(HasSubstr(name), HasSubstr("study/")));
    }
}

TEST_F(PlaceTest, IsOneAndTwoProjectsAreNamed) {
    const Refusal refusal = refused(ZipBuilder().add("first/code.py").add("second/code.m"));
    EXPECT_EQ(refusal.code, "two_projects");
    EXPECT_THAT(refusal.detail, AllOf(HasSubstr("\"first/\""), HasSubstr("\"second/\"")));
}

TEST_F(PlaceTest, IsTheTopAlsoWhereAModuleIsCalledLikeAProgram) {
    EXPECT_EQ(good(ZipBuilder().add("code.py").add("lib/code.py").add("other/code.m")).root, "");
}

TEST_F(PlaceTest, NamesWhatWasFoundInsteadOfAProgramAndWhatToChange) {
    const std::vector<std::tuple<std::string, const char*>> found{
        {"study/code.ipynb", "notebook"},
        {"code.py.txt", "rename it to code.py"},
        {"code.m.txt", "rename it to code.m"},
        {"code (1).py", "rename it to code.py"},
        {"code - Copia.m", "rename it to code.m"},
        {"code_v2.py", "rename it to code.py"},
        {"Code.py", "small letters"},
        {"CODE.M", "small letters"},
        {"main.py", "entry = \"main.py\""},
        {"study/analysis.m", "rename it to code.m"},
        {"study.zip", "an archive inside"},
        {"study.rar", "an archive inside"},
        {"study.mlx", "live script"},
        {"analysis.jl", "no program of Python, MATLAB, Octave or R"},
        {"code", "no ending"},
        {"data.csv", "no program, only \"data.csv\""}};
    for (const auto& [name, words] : found) {
        const Refusal refusal = refused(ZipBuilder().add(name).add("notes.md"));
        EXPECT_EQ(refusal.code, "no_program") << name;
        EXPECT_THAT(refusal.detail, AllOf(HasSubstr(name), HasSubstr(words))) << name;
    }
    EXPECT_THAT(refused(ZipBuilder().add("one.py").add("two.py").add("three.py")).detail,
                AllOf(HasSubstr("one.py"), HasSubstr("two.py"), HasSubstr("which of them")));
    EXPECT_THAT(refused(ZipBuilder().add("empty/")).detail, HasSubstr("holds no files"));
    EXPECT_EQ(refused(ZipBuilder().add("[Content_Types].xml").add("word/document.xml")).code, "not_a_zip");
}

TEST_F(PlaceTest, SaysWhereNiasTomlBelongs) {
    const Refusal refusal = refused(ZipBuilder().add("nias.toml", "cpus = 2").add("study/code.py"));
    EXPECT_THAT(refusal.detail,
                AllOf(HasSubstr("entry = \"study/code.py\""), HasSubstr("beside the program")));
}

TEST_F(PlaceTest, TakesAnEntryInTheSpellingOfWindows) {
    const Layout layout = good(ZipBuilder()
                                   .add("p/nias.toml", "entry = \"Scripts\\\\Main.py\"\n")
                                   .add("p/scripts/main.py")
                                   .add("p/a.csv"));
    EXPECT_EQ(layout.entry, "scripts/main.py");
    EXPECT_THAT(layout.mended, Contains(HasSubstr("scripts/main.py")));
}

TEST_F(PlaceTest, ReadsItsOwnFilesInOtherCapitalsAndSaysSo) {
    const Layout layout = good(ZipBuilder()
                                   .add("p/code.py")
                                   .add("p/Requirements.txt", "numpy\n")
                                   .add("p/Nias.TOML", "name = \"Sono\"\n"));
    EXPECT_EQ(layout.name, "Sono");
    EXPECT_THAT(layout.requirements.packages, ElementsAre("numpy"));
    EXPECT_THAT(layout.mended,
                ElementsAre(HasSubstr("\"Nias.TOML\" is read as"), HasSubstr("\"Requirements.txt\"")));
}

TEST_F(PlaceTest, ReadsItsOwnFilesInOtherEncodingsAndSaysSo) {
    const Layout layout = good(ZipBuilder()
                                   .add("code.py")
                                   .add("requirements.txt", "\xFF\xFEn\0u\0m\0p\0y\0\r\0\n\0"s)
                                   .add("nias.toml", "name = \"Sess\xE3o\"\n"));
    EXPECT_EQ(layout.name, "Sessão");
    EXPECT_THAT(layout.requirements.packages, ElementsAre("numpy"));
    EXPECT_THAT(layout.mended, ElementsAre(HasSubstr("Windows-1252"), HasSubstr("UTF-16")));
    EXPECT_THAT(good(ZipBuilder().add("code.py").add("requirements.txt", "\xEF\xBB\xBFnumpy\r\n")).mended,
                IsEmpty());
}

TEST_F(PlaceTest, NamesFilesThatAreNotRead) {
    for (const std::string name :
         {"environment.yml", "setup.py", "pyproject.toml", "Pipfile", "requirements.txt.txt",
          "requirements (1).txt", "requirement.txt", "nias.toml.txt", "nias (2).toml"}) {
        const Layout layout = good(ZipBuilder().add("p/code.py").add("p/" + name));
        EXPECT_THAT(layout.mended, ElementsAre(AllOf(HasSubstr("\"" + name + "\" is not read"))));
    }
    EXPECT_THAT(good(ZipBuilder().add("code.py").add("data/setup.py").add("my_requirements.csv")).mended,
                IsEmpty());
    const Layout both =
        good(ZipBuilder().add("code.py").add("requirements.txt", "a").add("Requirements.txt", "b"));
    EXPECT_THAT(both.requirements.packages, ElementsAre("a"));
    EXPECT_THAT(both.mended, ElementsAre(HasSubstr("\"Requirements.txt\" is not read")));
}

TEST_F(PlaceTest, RefusesRequirementsBeforeTheQueue) {
    const Refusal refusal = refused(ZipBuilder().add("p/code.py").add("p/requirements.txt", "numpy\n-e .\n"));
    EXPECT_EQ(refusal.code, "requirements");
    EXPECT_EQ(refusal.entry, "p/requirements.txt");
    EXPECT_THAT(refusal.detail, HasSubstr("line 2"));
    EXPECT_EQ(refused(ZipBuilder().add("code.py").add("requirements.txt", "a\0b\1\2"s)).code, "requirements");
    EXPECT_EQ(refused(ZipBuilder().add("code.py").add("requirements.txt", std::string(300'000, '#'))).code,
              "requirements");
}

TEST_F(PlaceTest, WantsTheWheelsThatItsRequirementsName) {
    const std::string wheel = "lab-1.0-py3-none-any.whl";
    EXPECT_THAT(refused(ZipBuilder().add("p/code.py").add("p/requirements.txt", "./" + wheel)).detail,
                HasSubstr("does not hold it"));
    const Layout layout =
        good(ZipBuilder().add("p/code.py").add("p/requirements.txt", "./w/" + wheel).add("p/w/" + wheel));
    EXPECT_THAT(layout.requirements.wheels, ElementsAre("w/" + wheel));
}

TEST_F(PlaceTest, DoesNotReadRequirementsOfAProgramThatIsNotPythons) {
    const Layout layout = good(ZipBuilder().add("code.m").add("requirements.txt", "-e .\n"));
    EXPECT_TRUE(layout.requirements.empty());
    EXPECT_THAT(layout.mended, ElementsAre(HasSubstr("requirements.txt is not read")));
}

TEST_F(PlaceTest, OfAProgramAloneIsAFolderOfItsName) {
    const std::string program = folder_ / "x";
    test::write_file(program, "print('é')\n");
    EXPECT_TRUE(is_single_program(program, "Análise final.py"));
    const auto zip = zip_single_program(program, "Análise final.PY");
    ASSERT_TRUE(zip) << zip.error().message;
    test::write_file(path_, *zip);
    const auto verdict = judge(path_, "Análise final.PY");
    ASSERT_TRUE(verdict) << verdict.error().detail;
    const Layout& layout = *verdict;
    EXPECT_EQ(layout.entry, "code.py");
    EXPECT_EQ(layout.name, "Análise final");
    const test::TempFolder to;
    ASSERT_TRUE(unpack(path_, layout, to.path()));
    EXPECT_EQ(test::read_file(to / "code.py"), "print('é')\n");
}

TEST_F(PlaceTest, OfAProgramAloneIsNoneForOtherFiles) {
    const std::string file = folder_ / "x";
    test::write_file(file, "print(1)");
    EXPECT_TRUE(is_single_program(file, "code.m"));
    EXPECT_FALSE(is_single_program(file, "code.py.txt"));
    EXPECT_FALSE(is_single_program(file, "data.csv"));
    test::write_file(file, ZipBuilder().add("code.py").bytes());
    EXPECT_FALSE(is_single_program(file, "code.py")) << "a zip, whatever it is called";
    test::write_file(file, "Rar!\x1A\x07\x01");
    EXPECT_FALSE(is_single_program(file, "code.py"));
    test::write_file(file, "");
    EXPECT_THAT(zip_single_program(file, "code.py").error().message, HasSubstr("is empty"));
    test::write_file(file, "a\0b\1\2\3"s);
    EXPECT_THAT(zip_single_program(file, "code.py").error().message, HasSubstr("is not a text"));
    test::write_file(file, std::string(kSingleProgramBytesMax + 1, '#'));
    EXPECT_THAT(zip_single_program(file, "code.py").error().message, HasSubstr("8 MiB"));
}

}  // namespace
}  // namespace nias::job
