// Advice at the end of a failed program's sentence.
#include "worker/run/ends.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nias::worker {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kFiles{"code.py", "dados.csv", "raw/Session 1.mat", "raw/notes.txt"};

TEST(MissingFile, IsCalledOtherwiseInTheJob) {
    for (const auto& [error, there] :
         {std::pair{"FileNotFoundError: [Errno 2] No such file or directory: 'Dados.csv' (code.py, line 1)",
                    "dados.csv: small and capital letters differ"},
          {"FileNotFoundError: [Errno 2] No such file or directory: './RAW/session 1.mat'",
           "raw/Session 1.mat: small and capital letters differ"},
          {"FileNotFoundError: [Errno 2] No such file or directory: 'raw\\\\Notes.txt'",
           "raw/notes.txt: small and capital letters differ"},
          {"error: load: unable to find file Dados.csv (code, line 1)", "dados.csv: small"},
          {"error: dlmread: unable to open file 'DADOS.CSV' (code, line 2)", "dados.csv: small"},
          {"Error in file: cannot open file 'Dados.csv': No such file or directory", "dados.csv: small"},
          {"Error in file(file, \"rt\") : cannot open file 'Dados.csv': No such file or directory",
           "dados.csv: small"},
          {"No such file or directory: 'notes.txt'", "in the job it is called raw/notes.txt"},
          {"No such file or directory: '/job/Dados.csv'", "dados.csv: small"}}) {
        EXPECT_THAT(missing_file_words(error, kFiles), HasSubstr(there)) << error;
    }
}

TEST(MissingFile, IsOnTheResearchersOwnComputer) {
    for (const std::string place :
         {"C:\\\\Users\\\\ana\\\\", "D:/lab/", "~/", "/media/disk/", "/content/drive/"}) {
        const std::string begin = "FileNotFoundError: [Errno 2] No such file or directory: '" + place;
        EXPECT_THAT(missing_file_words(begin + "dados.csv'", kFiles),
                    HasSubstr("your own computer: in the job it is called dados.csv"));
        EXPECT_THAT(missing_file_words(begin + "other.csv'", kFiles),
                    HasSubstr("your own computer: put the file into the zip"));
    }
}

TEST(MissingFile, IsNotSpokenOfWithoutNeed) {
    for (const std::string error :
         {"FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.csv'", "KeyError: 'Dados.csv'",
          "No such file or directory: 'dados.csv'", "No such file or directory: '", "No such file", "",
          "unable to find file "}) {
        EXPECT_EQ(missing_file_words(error, kFiles), "") << error;
    }
}

TEST(MissingFile, IsAFolderOfTheResearchersOwnComputer) {
    EXPECT_THAT(
        missing_file_words("Error in setwd(\"D:/lab/ana\") : cannot change working directory", kFiles),
        HasSubstr("a place on your own computer"));
}

TEST(MissingModule, IsInTheJobUnderAnotherNameOrInAFolder) {
    const std::vector<std::string> files{"code.py", "utils.py", "lib/signals.py", "lib/filt.m", "Show.m"};
    const auto of = [&](const std::string& module) {
        return missing_module_words("ModuleNotFoundError: No module named '" + module + "' (code.py, line 1)",
                                    files);
    };
    EXPECT_EQ(of("Utils"), "; in the job it is called utils.py: small and capital letters differ");
    EXPECT_EQ(of("Utils.io"), of("Utils"));
    EXPECT_EQ(of("signals"), "; it lies in lib: make that known with sys.path.append('lib')");
    EXPECT_EQ(of("pandaz"), "; name its package in requirements.txt");
    EXPECT_EQ(of("sklearn"), "; its package is called scikit-learn: name that in requirements.txt");
    EXPECT_EQ(of("cv2"), "; its package is called opencv-python: name that in requirements.txt");
    EXPECT_EQ(missing_module_words("error: 'show' undefined near line 1, column 6 (code, line 1)", files),
              "; in the job it is called Show.m: small and capital letters differ");
    EXPECT_EQ(missing_module_words("error: 'filt' undefined", files),
              "; it lies in lib: make that known with addpath('lib')");
    for (const char* error : {"error: 'x' undefined", "ValueError: No module named 'Utils'", "",
                              "ModuleNotFoundError: No module named '"}) {
        EXPECT_EQ(missing_module_words(error, files), "") << error;
    }
}

TEST(RefusedMemory, IsToldWithWhatTheJobMayUse) {
    for (const char* error :
         {"MemoryError", "numpy.core._exceptions._ArrayMemoryError: Unable to allocate 74.5 GiB",
          "error: out of memory or dimension too large for Octave's index type",
          "Error: cannot allocate vector of size 74.5 Gb"}) {
        EXPECT_THAT(refused_memory_words(error, 512U << 20U), HasSubstr("it may use 512 MiB of memory"))
            << error;
    }
    EXPECT_THAT(refused_memory_words("MemoryError", 0), HasSubstr("all that the machine has"));
    EXPECT_EQ(refused_memory_words("ValueError: too few", 512U << 20U), "");
}

TEST(ClosedPlace, IsNamedWithTheOneThatIsOpen) {
    EXPECT_THAT(closed_place_words("OSError: [Errno 30] Read-only file system: '/output' (code.py, line 2)"),
                HasSubstr("write output/NAME"));
    EXPECT_EQ(closed_place_words("OSError: [Errno 28] No space left on device"), "");
}

}  // namespace
}  // namespace nias::worker
