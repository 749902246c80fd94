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

}  // namespace
}  // namespace nias::worker
