// Functions found in sources of Octave and MATLAB.
#include "worker/runtime/octave_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nias::worker {
namespace {

using testing::ElementsAre;

std::vector<std::string> names(std::string_view source) {
    std::vector<std::string> out;
    for (const auto& function : octave_functions(source)) { out.push_back(function.name); }
    return out;
}

TEST(OctaveSource, FindsFunctionsAtTheEndWithTheirLines) {
    const auto found = octave_functions(
        "x = 1;\ny = f(x);\n\nfunction y = f(x)\n  if x > 0, y = x(end); end\nend\nfunction g\nend\n");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].name, "f");
    EXPECT_EQ(found[0].first_line, 3U);
    EXPECT_EQ(found[0].text, "function y = f(x)\n  if x > 0, y = x(end); end\nend\n");
    EXPECT_FALSE(found[0].first);
    EXPECT_EQ(found[1].text, "function g\nend\n");
}

TEST(OctaveSource, TellsWordsFromCommentsStringsAndTransposes) {
    EXPECT_THAT(names("% function a\n# end\n%{\nfunction b\nend\n%}\ns = 'end function c'; t = \"end\";\n"
                      "u = x'; v = [x' y']; w = s.end; z = x(end)';\n"
                      "function d(x)\n  a = x'; b = 'it''s the end'; while true, break; end\nendfunction\n"),
                ElementsAre("d"));
    EXPECT_THAT(names("function varargout = a (varargin)\n do\n x++;\n until x > 3\n c = {'end', 1};\nend\n"
                      "function [p, q] = b()\nend\n"),
                ElementsAre("a", "b"));
}

TEST(OctaveSource, TakesFilesWhoseFunctionsAreNotClosed) {
    const auto found = octave_functions("function a\nx = 1;\nif x, y = 2; end\nfunction b\nz = 3;\n");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].text, "function a\nx = 1;\nif x, y = 2; end\n");
    EXPECT_EQ(found[1].name, "b");
    EXPECT_TRUE(found[0].first);
}

TEST(OctaveSource, KeepsANestedFunctionInTheOuterOne) {
    EXPECT_THAT(names("x = 1;\nfunction outer\n  function inner\n  end\n  inner();\nend\n"),
                ElementsAre("outer"));
}

TEST(OctaveSource, KnowsAScriptFromAFileOfFunctions) {
    EXPECT_TRUE(has_script_code("x = 1;\n"));
    EXPECT_TRUE(has_script_code("function f()\nend\nf();\n"));
    EXPECT_FALSE(has_script_code("% only\nfunction f()\n  g(1);\nend\n\nfunction g(x)\nend\n"));
    EXPECT_FALSE(has_script_code(""));
    EXPECT_TRUE(octave_functions("% head\nfunction f()\nend\nf();\n").front().first);
    EXPECT_FALSE(octave_functions("1;\nfunction f()\nend\n").front().first);
}

TEST(OctaveSource, SurvivesSourcesThatAreBroken) {
    for (const char* source : {"function", "function \n", "x = (1;\nfunction f\nend", "end end end", "'",
                               "%{\n", "function f\n'''\nif", "...", "function = (\n", "\"\\"}) {
        EXPECT_LE(octave_functions(source).size(), 1U) << source;
        EXPECT_NO_THROW((void)has_script_code(source)) << source;
    }
}

}  // namespace
}  // namespace nias::worker
