// Why pip failed.
#include "worker/env/pip_words.hpp"

#include <gtest/gtest.h>

namespace nias::worker {
namespace {

TEST(PipWords, NameBothRequirementsThatDisagree) {
    const auto why = pip_failure(
        "Collecting a==1\nERROR: Cannot install a==1 and a==2 because these package versions have "
        "conflicting "
        "dependencies.\n\nThe conflict is caused by:\n    The user requested a==1\n    The user requested "
        "a==2\n\n"
        "To fix this you could try to:\n1. loosen the range\n\nERROR: ResolutionImpossible: for help visit "
        "x\n");
    EXPECT_FALSE(why.unreachable);
    EXPECT_EQ(why.words, "requirements disagree: The user requested a==1; The user requested a==2");
}

TEST(PipWords, TellAnIndexThatIsAwayFromAPackageThatIsNotThere) {
    const std::string none = "ERROR: No matching distribution found for no-such\n";
    const auto away = pip_failure(
        "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by "
        "'NewConnectionError('<x>: Failed to establish a new connection: [Errno 111] Connection refused')': "
        "/simple/\n" +
        none);
    EXPECT_TRUE(away.unreachable);
    EXPECT_FALSE(away.no_way) << "it may be there again in a minute";
    EXPECT_EQ(away.words, "the connection was refused");
    const auto nameless =
        pip_failure("x Max retries exceeded with url: / [Errno -2] Name or service not known\n");
    EXPECT_EQ(nameless.words, "its name does not resolve");
    EXPECT_TRUE(nameless.no_way);
    EXPECT_TRUE(pip_failure("x Max retries exceeded: [Errno 101] Network is unreachable\n").no_way);
    EXPECT_EQ(pip_failure("ERROR: HTTP error 503 while getting x\n").words,
              "it answered with HTTP error 503");
    const auto missing = pip_failure(none);
    EXPECT_FALSE(missing.unreachable);
    EXPECT_EQ(missing.words, "No matching distribution found for no-such");
    EXPECT_FALSE(
        pip_failure("WARNING: Retrying (Retry(total=1)) after connection broken by x\n" + none).unreachable)
        << "a connection that was mended";
}

TEST(PipWords, AreNeverEmpty) {
    EXPECT_EQ(pip_failure("").words, "pip ended without a word");
    EXPECT_EQ(pip_failure("killed\n").words, "killed");
}

}  // namespace
}  // namespace nias::worker
