// Which machine may run a task that names alternatives.
#include "core/dispatch/policy/lab_runtimes.hpp"

#include <gtest/gtest.h>

namespace nias::core {
namespace {

const std::vector<std::string> kOctave{"python", "octave"};
const std::vector<std::string> kMatlab{"matlab"};

TEST(LabRuntimes, LetAMachineRunWhatItOffersAndWhatAsksForNothing) {
    LabRuntimes lab;
    lab.add(kOctave);
    EXPECT_TRUE(lab.lets(kOctave, ""));
    EXPECT_TRUE(lab.lets(kOctave, "octave"));
    EXPECT_FALSE(lab.lets(kOctave, "matlab"));
    EXPECT_FALSE(lab.lets(kOctave, "oct")) << "a part of a name is no name";
}

TEST(LabRuntimes, LetALaterAlternativeRunWhileNoMachineOffersAnEarlierOne) {
    LabRuntimes lab;
    lab.add(kOctave);
    EXPECT_TRUE(lab.lets(kOctave, "matlab|octave"));
    EXPECT_FALSE(lab.lets({"r"}, "matlab|octave"));
    lab.add(kMatlab);
    EXPECT_FALSE(lab.lets(kOctave, "matlab|octave"));
    EXPECT_TRUE(lab.lets(kMatlab, "matlab|octave"));
    EXPECT_TRUE(lab.lets(kOctave, "octave")) << "who insists on it gets it";
    lab.remove(kMatlab);
    EXPECT_TRUE(lab.lets(kOctave, "matlab|octave"));
}

TEST(LabRuntimes, LetNoAlternativeRunWhereTheAdministratorDoesNot) {
    LabRuntimes lab(true);
    lab.add(kOctave);
    EXPECT_FALSE(lab.lets(kOctave, "matlab|octave"));
    EXPECT_TRUE(lab.lets(kMatlab, "matlab|octave"));
    EXPECT_EQ(lab.missing("matlab|octave"),
              "no machine offers matlab, and the administrator lets nothing else run such programs");
}

TEST(LabRuntimes, AreNamedInWordsWhereNoneIsThere) {
    EXPECT_EQ(LabRuntimes().missing("matlab|octave"), "no machine offers matlab or octave");
    EXPECT_EQ(LabRuntimes().missing("r"), "no machine offers r");
    EXPECT_EQ(LabRuntimes().missing("image:eeg:2"),
              "no machine has the image eeg:2: an administrator adds it with «nias image add»");
}

}  // namespace
}  // namespace nias::core
