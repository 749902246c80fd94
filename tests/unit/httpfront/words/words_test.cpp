#include "words/words.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "job/bundle/bundle.hpp"
#include "support/temp_folder.hpp"
#include "support/zip_builder.hpp"
#include "unit/httpfront/words/known.hpp"

namespace nias::httpfront::words {
namespace {

using test::ZipBuilder;
using test::ZipItem;

/// A sentence of the catalogue as somebody might say it: each place is filled.
std::string filled(const std::string& sentence) {
    std::string out;
    std::size_t from = 0;
    int count = 0;
    for (std::size_t open = sentence.find('{'); open != std::string::npos; open = sentence.find('{', from)) {
        out += sentence.substr(from, open - from);
        out += sentence[open + 1] == '=' ? "the connection was refused" : "v" + std::to_string(++count);
        from = sentence.find('}', open) + 1;
    }
    return out + sentence.substr(from);
}

std::set<std::string> places_of(const std::string& sentence) {
    static const std::regex kPlace(R"(\{=?(\w+)\})");
    std::set<std::string> out;
    for (std::sregex_iterator it(sentence.begin(), sentence.end(), kPlace), end; it != end; ++it) {
        out.insert((*it)[1]);
    }
    return out;
}

TEST(Words, AreFoundAgainAndSaidInBothLanguagesForEveryCode) {
    std::set<std::string> codes;
    for (const Row& row : rows()) {
        EXPECT_TRUE(codes.insert(row.code).second) << row.code << " is there twice";
        const std::string said = filled(row.english);
        const Phrases phrases = parse(said);
        ASSERT_EQ(phrases.size(), 1U) << row.code << ": " << said;
        EXPECT_EQ(phrases.front().code, row.code) << said;
        EXPECT_EQ(render(phrases, Language::english), said);
        const std::string portuguese = render(phrases, Language::portuguese);
        EXPECT_NE(portuguese, said) << row.code;
        EXPECT_EQ(portuguese.find('{'), std::string::npos) << portuguese;
        EXPECT_EQ(portuguese.find("the connection"), std::string::npos)
            << "phrases within phrases too: " << portuguese;
        for (const std::string& place : places_of(row.portuguese)) {
            EXPECT_TRUE(places_of(row.english).contains(place)) << row.code << " has no " << place;
        }
    }
    EXPECT_GT(codes.size(), 200U);
}

TEST(Words, KnowClausesThatFollowEachOther) {
    EXPECT_EQ(
        in_language("3 of 4 matlab in use; third in line\nattempt 1: silent for 30 s", Language::portuguese),
        "3 de 4 matlab em uso; terceiro da fila\ntentativa 1: sem responder por 30 s");
    EXPECT_EQ(in_language("odd words; next in line, waits for a free worker", Language::portuguese),
              "odd words; é o próximo da fila, espera uma máquina livre");
}

TEST(Words, ThatNobodyKnowsStayAsTheyAre) {
    for (const std::string& text : {std::string(), std::string("no such sentence"), std::string("{code}"),
                                    std::string(100'000, 'x'), std::string("\xFF\xFE")}) {
        EXPECT_EQ(in_language(text, Language::portuguese), text);
        EXPECT_FALSE(is_known(parse(text)));
    }
}

TEST(Words, OfATextMadeToBeSlowAreFoundFast) {
    std::string quotes;
    for (int i = 0; i < 4000; ++i) { quotes += "\"; "; }
    EXPECT_EQ(render(parse(quotes), Language::english), quotes);
}

TEST(Words, AreSaidInTheLanguageThatIsPreferred) {
    EXPECT_EQ(language_of("pt-BR,pt;q=0.9,en;q=0.8"), Language::portuguese);
    EXPECT_EQ(language_of("en-GB, pt;q=0.9"), Language::english);
    EXPECT_EQ(language_of("de, pt;q=0.3, en;q=0.2"), Language::portuguese);
    EXPECT_EQ(language_of("pt;q=0"), Language::english);
    for (const char* other : {"", "de-CH", "*", ",;q=,", "pt;q=x"}) {
        EXPECT_EQ(language_of(other), Language::english) << other;
    }
}

/// Sentences that need a machine or a lab to be said, as they are said.
TEST(Words, KnowSentencesOfRequirementsWorkersAndTheVentilator) {
    for (const char* text :
         {"requirements.txt, line 1: \"os\": os is part of Python: remove the line. requirements.txt, line "
          "2: \"cv2\": the package that brings cv2 is called opencv-python: write opencv-python.",
          "requirements.txt, line 1: \"numpy @ file:///opt/x\": it is a place on the computer where the list "
          "was made, as conda and pip freeze write it: write numpy, or numpy==version.",
          "requirements.txt, line 1: \"-e .\": nothing is installed from a folder or an address; modules "
          "beside the program are found as they are: remove the line. 3 more lines cannot be taken either.",
          "requirements.txt names the wheel \"wheels/a.whl\", but the zip does not hold it: put it in, or "
          "name the package and its version.",
          "nias.toml, line 3: Error while parsing value: x; write straight quotes, like \"4 GiB\".",
          "no machine has the image eeg:2: an administrator adds it with «nias image add»",
          "this machine has no image named eeg",
          "the image eeg is being removed from this machine",
          "the image eeg has no Python (python3): name another image, or ask the administrator for one",
          "/usr/bin/python3 of the image eeg does not start: it does not answer (no such library)",
          "a worker without a sandbox can run nothing in an image",
          "image must be the name of an image that the administrator has made, like \"eeg\" or \"eeg:2.1\": "
          "small letters, digits, . _ -.",
          "exited with code 1: ModuleNotFoundError: No module named 'x' (code.py, line 1); name its package "
          "in "
          "requirements.txt",
          "its package is called scikit-learn: name that in requirements.txt",
          "it lies in lib: make that known with sys.path.append('lib')",
          "in the job it is called lib/x.py: small and capital letters differ",
          "that is a place on your own computer: in the job it is called data/x.csv",
          "a job writes in its own folder: write output/NAME, with no / or .. before it",
          "it is a program that is not there where the job runs: ask the administrator for it, or for an "
          "image "
          "that has it",
          "it may use 512 MiB of memory: read less at once, or ask for more with memory = \"…\" in nias.toml",
          "Octave's package signal was loaded, since the program uses its butter",
          "lines that begin with % or ! are a notebook's: remove them",
          "code.m was run by octave 7.3.0: no machine of the lab offers matlab",
          "every machine that it fits is paused, is silent, or stops; lab-1 is drained until an "
          "administrator resumes it: cleaning",
          "needs 2 matlab: 3 of 4 matlab in use, 1 kept for what has waited longer; more than 12 tasks "
          "before it in line",
          "no worker is connected\nattempt 1: silent for 30 s\nattempt 2: worker lab-2 was stopped",
          "silent for 20 s; 2 tasks that it has are waited for",
          "an administrator drains it: new disks",
          "3 different jobs in a row could not be run there, the last: no worker is connected",
          "it was: an administrator paused it",
          "rests: the connection was refused",
          "rests: no room on the disk of /var/lib/nias: 12.0 MiB are free, and 64.0 MiB are needed",
          "rests: no inodes on the disk of /tmp: 3 more files can be made, and 100 are needed",
          "rests: /tmp/x cannot be written: Read-only file system",
          "attempt 1: worker lab-2 was silent for 40 s\nattempt 2: worker lab-2 restarted\nattempt 3: worker "
          "lab-2 "
          "did not come back after a restart",
          "a job by default: 24 h, 3.9 GiB",
          "a job by default: any time, any memory",
          "a job by default: 24 h, 3.9 GiB, 64 GiB of disk",
          "a job by default: any time, 3.9 GiB, 64 GiB of disk",
          "it was paused: 3 different jobs in a row could not be run there",
          "ran out of memory: it needed more than its limit of 512 MiB; ask for more with memory = \"…\" in "
          "nias.toml",
          "stopped at its time limit of 2 h",
          "ended by signal 11 (SIGSEGV)",
          "exited with code 1: ValueError: x; y"}) {
        EXPECT_TRUE(is_known_to_the_end(parse(text))) << "not in words/catalogue.json: " << text;
        EXPECT_EQ(render(parse(text), Language::english), text);
    }
}

/// Bundles that are refused, each in another way.
std::vector<ZipBuilder> refused_zips() {
    const auto program = [] { return ZipBuilder().add("p/code.py", "print(1)"); };
    return {ZipBuilder().add("main.py"),
            ZipBuilder().add("a/b/c/code.py"),
            ZipBuilder().add("Code.py"),
            ZipBuilder().add("code (1).py"),
            ZipBuilder().add("code.py.txt"),
            ZipBuilder().add("code"),
            ZipBuilder().add("study.ipynb"),
            ZipBuilder().add("study.mlx"),
            ZipBuilder().add("inner.zip"),
            ZipBuilder().add("study.r"),
            ZipBuilder().add("a.csv").add("b.csv"),
            ZipBuilder().add("one.py").add("two.py"),
            ZipBuilder().add("folder/"),
            ZipBuilder().add("a/code.py").add("b/code.py"),
            ZipBuilder().add("code.py").add("code.m"),
            program().add("other.py"),
            program().add("q/other.py"),
            program().add("p/nias.toml", "entry = \"x.py\""),
            program().add("p/nias.toml", "runtime = \"octave\""),
            program().add("p/nias.toml", "memoria = \"4 GiB\""),
            program().add("p/nias.toml", "colour = 3"),
            program().add("p/nias.toml", "[job]\nmemory = \"4 GiB\""),
            program().add("p/requirements.txt", "- numpy"),
            program().add("p/nias.toml", "memory = 4"),
            program().add("p/nias.toml", "memory = \"much\""),
            program().add("p/nias.toml", "cpus = 0"),
            program().add("p/nias.toml", "name = 3"),
            program().add("p/nias.toml", "time_limit = \"900d\""),
            program().add("p/nias.toml", "network = \"all\""),
            program().add("p/nias.toml", "labels = 3"),
            program().add("p/nias.toml", "environment = 3"),
            program().add("p/nias.toml", "environment = \"e e g\""),
            program().add("p/nias.toml", "image = 3"),
            program().add("p/nias.toml", "image = \"../eeg\""),
            program().add("p/nias.toml", "image = \"docker.io/library/python:3.12\""),
            program().add("p/nias.toml", "image = \"eeg\"\nenvironment = \"eeg\""),
            ZipBuilder().add("code.m", "1").add("nias.toml", "image = \"eeg\"\nruntime = \"matlab\""),
            program().add("p/nias.toml", "env = 3"),
            program().add("p/nias.toml", "[env]\nNIAS_X = \"1\""),
            program().add("p/nias.toml", "memory = 4 GiB"),
            program().add("p/nias.toml", "memory: \"4 GiB\""),
            program().add("p/requirements.txt", "-r other.txt"),
            program().add("p/requirements.txt", "numpy @ https://example.org/numpy.whl"),
            program().add("p/requirements.txt", "./numpy.whl"),
            program().add("p/requirements.txt", "numpy==1\nnumpy==2"),
            program().add("p/requirements.txt", "--index-url https://example.org/simple"),
            program().add("p/../x"),
            program().add("/p/x"),
            program().add("p//x"),
            program().add("p/" + std::string(300, 'n')),
            program().add("p/a\tb"),
            program().add("p/code.py"),
            program().add("p/x").add("p/x/y"),
            program().add(ZipItem{.name = "p/secret", .content = "x", .flags = 0x0801}),
            program().add(ZipItem{.name = "p/link", .content = "x", .attributes = 0xA1FF0000U, .made_by = 3}),
            program().add(ZipItem{.name = "p/lzma", .content = "x", .method = 14}),
            program().add(ZipItem{.name = "p/x", .content = "x", .local_name = "p/y"})};
}

TEST(Words, KnowEveryRefusalOfABundle) {
    const test::TempFolder folder;
    const std::string path = folder / "bundle.zip";
    std::set<std::string> codes;
    const auto check = [&](const std::string& what) {
        const auto verdict = job::judge(path, "bundle.zip");
        ASSERT_FALSE(verdict) << what;
        const job::Refusal& refusal = verdict.error();
        const Phrases phrases = parse(refusal.detail);
        EXPECT_TRUE(is_known_to_the_end(phrases)) << "not in words/catalogue.json: " << refusal.detail;
        codes.insert(refusal.code);
    };
    int number = 0;
    for (const ZipBuilder& zip : refused_zips()) {
        zip.write(path);
        check("zip " + std::to_string(++number));
    }
    for (const std::string& bytes :
         {std::string("Rar!\x1A\x07 and so on"), std::string("%PDF-1.7 and so on and on"),
          std::string("<!doctype html><html></html>"), std::string("a,b\n1,2\n"),
          std::string("PK\x03\x04")}) {
        test::write_file(path, bytes);
        check(bytes.substr(0, 8));
    }
    for (const char* code : {"no_program", "two_projects", "two_programs", "runtime", "outside", "manifest",
                             "requirements", "not_a_zip", "broken_zip", "encrypted", "method", "not_a_file",
                             "twice", "bad_name", "path_escapes"}) {
        EXPECT_TRUE(codes.contains(code)) << code;
    }
}

TEST(Words, KnowWhatIsMended) {
    const test::TempFolder folder;
    const std::string path = folder / "bundle.zip";
    ZipBuilder()
        .add("a/b/code.py", "print(1)")
        .add("a/b/output/old.csv")
        .add("a/b/.DS_Store")
        .add("a/b/__pycache__/x")
        .add("a/notes.txt")
        .add("a/b/Requirements.TXT", "numpy\n--index-url https://pypi.org/simple\n")
        .add("a/b/environment.yml")
        .add("a\\b\\data.csv")
        .write(path);
    const auto verdict = job::judge(path, "bundle.zip");
    ASSERT_TRUE(verdict) << verdict.error().detail;
    EXPECT_GE(verdict->mended.size(), 5U);
    for (const std::string& text : verdict->mended) {
        EXPECT_TRUE(is_known_to_the_end(parse(text))) << "not in words/catalogue.json: " << text;
    }
}

}  // namespace
}  // namespace nias::httpfront::words
