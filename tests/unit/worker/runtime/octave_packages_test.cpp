// Packages of Octave that programs use without loading them.
#include "worker/runtime/packages/octave_packages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.hpp"

namespace nias::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<OctavePackage> kPackages{{"control", {"tf", "step"}}, {"signal", {"butter", "findpeaks"}}};

std::vector<UsedPackage> used(const std::string& source, const std::set<std::string>& own = {}) {
    return used_packages({source}, own, kPackages);
}

TEST(OctavePackages, AreThoseWhoseFunctionsAreCalled) {
    EXPECT_THAT(used("[b,a] = butter(4, 0.5);\n"), ElementsAre(UsedPackage{"signal", "butter"}));
    EXPECT_THAT(used("x = x'; y = {butter(4, 0.5)}';\nG = tf(1, [1 2]);\n"),
                ElementsAre(UsedPackage{"control", "tf"}, UsedPackage{"signal", "butter"}));
    EXPECT_THAT(used("  [b, a] = butter(4);\n"), ElementsAre(UsedPackage{"signal", "butter"}));
    EXPECT_THAT(used("[butter(1), 2] == x\n"), ElementsAre(UsedPackage{"signal", "butter"}));
    EXPECT_THAT(used("if findpeaks(x) == 3\nend\n"), ElementsAre(UsedPackage{"signal", "findpeaks"}));
    EXPECT_THAT(used_packages({"disp(1)", "y = arrayfun(@butter, 1:3);"}, {}, kPackages),
                ElementsAre(UsedPackage{"signal", "butter"}));
}

TEST(OctavePackages, AreLeftAloneWhereAWordMeansSomethingElse) {
    for (const char* source :
         {"disp(1)\n", "% butter(4)\nx = 1; # tf\n", "disp('butter'); x = \"tf\";\n", "s.butter(1)\n",
          "step = 0.1; y = x(1):step:x(2);\n", "tf = ismember(1, [1 2]); disp(tf)\n", "butterfly(1)\n",
          "[tf, at] = ismember(1, [1 2]); disp(tf)\n", "function y = f(tf, step)\n  y = tf + step;\nend\n",
          "global tf\ntf(1)\n", "pkg load signal\n[b,a] = butter(4, 0.5);\n",
          "pkg('load', 'x'); pkg load  signal; butter(1)\n"}) {
        EXPECT_THAT(used(source), IsEmpty()) << source;
    }
    EXPECT_THAT(used("[b,a] = butter(4, 0.5);\n", {"butter"}), IsEmpty()) << "the job has one of its own";
}

TEST(OctavePackages, AreReadFromTheirIndexes) {
    const test::TempFolder folder;
    test::write_file(
        folder / "opt/signal-1.4/packinfo/INDEX",
        "signal >> Signal processing\nFilters\n  butter cheby1\n  @lti/get\nPeaks\n  findpeaks\n");
    const auto packages = read_octave_packages(
        "signal /opt/signal-1.4\nnone /opt/none\nbad;name /opt/signal-1.4\nodd relative\n", folder.path());
    ASSERT_EQ(packages.size(), 1U);
    EXPECT_EQ(packages[0].name, "signal");
    EXPECT_THAT(packages[0].functions, ElementsAre("butter", "cheby1", "findpeaks"));
    EXPECT_THAT(read_octave_packages("", folder.path()), IsEmpty());
}

}  // namespace
}  // namespace nias::worker
