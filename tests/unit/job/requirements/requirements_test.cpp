// Lines that a requirements.txt may have, and the words for those that it may not.
#include "job/requirements/requirements.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/requirements/requirement.hpp"

namespace nias::job {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Requirements good(std::string_view text) {
    auto read = parse_requirements(text);
    if (!read) {
        ADD_FAILURE() << text << "\nrefused: " << read.error().message;
        return {};
    }
    return std::move(*read);
}

std::string refused(std::string_view text) {
    const auto read = parse_requirements(text);
    if (read) {
        ADD_FAILURE() << text << "\nwas taken";
        return {};
    }
    EXPECT_EQ(read.error().code, ErrorCode::invalid);
    return read.error().message;
}

TEST(Requirements, AreTheSameWhateverTheirOrderAndComments) {
    const auto one = good("numpy>=1.2  # fast\r\n\r\n# nothing\r\nscipy\r\nnumpy>=1.2\r\n");
    EXPECT_THAT(one.packages, ElementsAre("numpy>=1.2", "scipy"));
    EXPECT_EQ(one.packages, good("scipy\nnumpy\\\n>=1.2").packages);
}

TEST(Requirements, MayBeNone) {
    EXPECT_TRUE(good("# only words\n\n   \n").empty());
    EXPECT_TRUE(good("").empty());
}

TEST(Requirements, MayBeAllThatPep508Allows) {
    for (const char* line :
         {"numpy", "numpy==1.26.4", "numpy >= 1.20, < 2", "numpy(>=1.20,<2)", "numpy~=1.26.0", "numpy==1.*",
          "numpy!=1.25.*", "numpy===1.0", "scikit_learn", "ruamel.yaml", "zope.interface>=5",
          "torch==2.1.0+cu118", "mne[hdf5]>=1.0,<2 ; python_version < '3.12' and sys_platform != 'a/b'",
          "numpy>=1.26.0rc1", "a>=v1.2", "dataclasses ; python_version < '3.7'",
          "numpy==1.26.4 --hash=sha256:00 --hash=sha256:11",
          "pywin32 ; sys_platform == 'win32' --hash=sha256:00"}) {
        EXPECT_THAT(good(line).packages, ElementsAre(line));
    }
}

TEST(Requirements, ReachNothingButTheIndex) {
    for (const char* line : {"--index-url http://10.0.0.1/",
                             "-e .",
                             "-r other.txt",
                             "git+https://example.org/x",
                             "x @ file:///etc/passwd",
                             "./local.whl",
                             "/abs/path",
                             "sub/dir",
                             "..",
                             "https://example.org/a.whl",
                             "${HOME}",
                             "-i https://lab/simple",
                             "-ihttps://lab/simple",
                             "--extra-index-url=https://download.pytorch.org/whl/cu118",
                             "-c versions.txt",
                             "--find-links wheels",
                             "-f wheels",
                             "--pre",
                             "--no-deps",
                             "x[y] @ git+ssh://git@host/x",
                             "~/x-1-py3-none-any.whl",
                             "../x-1.0-py3-none-any.whl",
                             "C:\\x-1.0-py3-none-any.whl",
                             "a/../../x-1.0-py3-none-any.whl",
                             "numpy --no-binary x"}) {
        EXPECT_THAT(refused(std::string("numpy\n") + line), AllOf(HasSubstr("line 2"), HasSubstr(line)));
    }
}

TEST(Requirements, AreRefusedWithACureForEachKindOfLine) {
    const std::pair<const char*, const char*> cures[] = {
        {"-i https://lab/simple", "the lab's own index"},
        {"numpy; scipy", "write each package on a line of its own"},
        {"numpy;", "no condition"},
        {"numpy==1.2 ; since 2020", "no condition"},
        {"numpy; python_version", "no condition"},
        {"-e .", "modules beside the program are found as they are"},
        {"-r more.txt", "write the lines of more.txt into this one"},
        {"-c versions.txt", "write the versions of versions.txt"},
        {"numpy @ file:///croot/numpy_1/work", "write numpy, or numpy==version"},
        {"mylib @ git+https://host/mylib", "put its wheel into the bundle"},
        {"os", "os is part of Python: remove the line"},
        {"math==1.0", "math is part of Python: remove the line"},
        {"cv2", "write opencv-python"},
        {"sklearn", "write scikit-learn"},
        {"PIL", "write pillow"},
        {"pytorch", "write torch"},
        {"matplotlib.pyplot", "write matplotlib"},
        {"python==3.9", "remove the line"},
        {"numpy=1.24", "write numpy==1.24"},
        {"numpy=1.24.3=py310h5f9d8c6_1", "write numpy==1.24.3"},
        {"numpy==1.24.3=py310h5f9d8c6_1", "write numpy==1.24.3"},
        {"numpy 1.24", "write numpy==1.24"},
        {"numpy=>1.24", "write >="},
        {"numpy scipy", "each on a line of its own"},
        {"numpy, scipy", "each on a line of its own"},
        {"numpy==", "a version is missing"},
        {"numpy==latest", "numpy alone for the newest"},
        {"numpy==1.x", "numpy==1.4.*"},
        {"numpy>=1.*", "is no version for >="},
        {"numpy>=1.2,", "remove the comma"},
        {"- numpy>=1.2", "an entry of a list: write numpy>=1.2"},
        {"pip install numpy", "only the name of the package"},
        {"import numpy", "only the name of the package"},
        {"\"numpy\"", "without quotes"},
        {"numpy ≥ 1.2", "write >="},
        {"scikit–learn", "write -"},
        {"numpy[all", "extras"},
        {"===", "name of a package"},
        {"x-1.0-cp311-cp311-win_amd64.whl", "built for Windows"},
        {"x-1.0-cp311-cp311-macosx_11_0_arm64.whl", "built for macOS"},
        {"x.whl", "no name of a wheel"},
        {"x-1.0.tar.gz", "only wheels"}};
    for (const auto& [line, cure] : cures) { EXPECT_THAT(refused(line), HasSubstr(cure)) << line; }
}

TEST(Requirements, NameTheLineAlsoBehindCommentsAndJoinedLines) {
    EXPECT_THAT(refused("# a\n\nnumpy \\\n  >=1.2\nos\n"), HasSubstr("line 5"));
}

TEST(Requirements, TellTheFirstProblemsAndCountTheRest) {
    EXPECT_THAT(
        refused("os\nsys\nre\nmath\njson\n"),
        AllOf(HasSubstr("line 1"), HasSubstr("line 3"), Not(HasSubstr("line 4")), HasSubstr("2 more lines")));
}

TEST(Requirements, LeaveOutWhatChangesNothingAndSaySo) {
    const auto read = good(
        "-i https://pypi.org/simple\n--extra-index-url=https://pypi.org/simple/\n--prefer-binary\n"
        "--only-binary :all:\npkg-resources==0.0.0\nnumpy\n");
    EXPECT_THAT(read.packages, ElementsAre("numpy"));
    EXPECT_EQ(read.mended.size(), 5U);
    EXPECT_THAT(read.mended[0], AllOf(HasSubstr("line 1"), HasSubstr("-i https://pypi.org/simple")));
    EXPECT_THAT(read.mended[4], HasSubstr("pkg-resources==0.0.0"));
}

TEST(Requirements, ThatDisagreeAreToldAsTheTwoLines) {
    const std::string words = refused("casepkg==1.0\nnumpy\nCasePkg==2.0\n");
    EXPECT_THAT(words, AllOf(HasSubstr("casepkg==1.0"), HasSubstr("CasePkg==2.0"), HasSubstr("line 1"),
                             HasSubstr("line 3")));
    for (const char* text : {"a==1\na>=2", "a<1\na>=1", "a~=1.4.2\na==1.5", "a==1.*\na==2.0",
                             "a==1.2\na!=1.2.0", "a<=1\na>1", "a>=2,<1", "a==2.0+cu118\na==2.1+cu118",
                             "a ; os_name == 'y'\na==1 ; os_name == 'y'\na==2 ; os_name == 'y'"}) {
        EXPECT_THAT(refused(text), HasSubstr("keep one")) << text;
    }
}

TEST(Requirements, ThatCanBeMetTogetherAreTaken) {
    for (const char* text :
         {"a==1.0\na==1", "a>=1\na<2", "a==1.5\na~=1.4", "a==1.*\na>=1.3", "a==2.0\na==2.0+cu118",
          "a>=1\na==1rc1", "a==1.0\na!=1.1", "a==1 ; os_name == 'y'\na==2 ; os_name != 'y'", "a<=1\na>=1"}) {
        EXPECT_FALSE(good(text).packages.empty()) << text;
    }
}

TEST(Requirements, MayNameWheelsOfTheBundle) {
    const auto read = good(
        "./wheels/"
        "b-1.0-py3-none-any.whl\nwheels\\a-2.0-1-cp311-cp311-manylinux_2_17_x86_64.whl\nc-1-py3-none-any."
        "whl");
    EXPECT_THAT(read.wheels,
                ElementsAre("c-1-py3-none-any.whl", "wheels/a-2.0-1-cp311-cp311-manylinux_2_17_x86_64.whl",
                            "wheels/b-1.0-py3-none-any.whl"));
    EXPECT_THAT(read.packages, IsEmpty());
}

TEST(Requirements, AreBounded) {
    EXPECT_THAT(refused(std::string(kRequirementsBytesMax + 1, '#')), HasSubstr("256 KiB"));
    std::string many;
    for (std::size_t i = 0; i <= kRequirementsMax; ++i) { many += "p" + std::to_string(i) + "\n"; }
    EXPECT_THAT(refused(many), HasSubstr("more than 1000"));
    std::string rules = "a>=1";
    for (int i = 0; i < 40; ++i) { rules += ",!=2." + std::to_string(i); }
    EXPECT_THAT(refused(rules), HasSubstr("too many rules"));
    std::string options;
    for (int i = 0; i < 100; ++i) { options += "--pre\n"; }
    EXPECT_LT(refused(options).size(), 1000U);
}

TEST(Requirements, AreComparedByTheNamesOfIndexes) {
    EXPECT_EQ(normal_name("Scikit_Learn"), "scikit-learn");
    EXPECT_EQ(normal_name("a.-_b"), "a-b");
}

}  // namespace
}  // namespace nias::job
