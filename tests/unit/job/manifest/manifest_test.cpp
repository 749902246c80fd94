// nias.toml: values that are meant, values that nobody can mean, and keys in other words.
#include "job/manifest/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/manifest/measures.hpp"

namespace nias::job {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string refused(const std::string& text) {
    const auto read = parse_manifest(text);
    if (read) {
        ADD_FAILURE() << text << " was taken";
        return {};
    }
    EXPECT_EQ(read.error().code, ErrorCode::invalid);
    return read.error().message;
}

TEST(ManifestTest, RefusesAnAmountOfMemoryThatNobodyCanMean) {
    for (const char* value : {"4", "\"4\"", "0", "\"512\"", "4096", "\"4 KiB\"", "\"1 MB\"", "\"0 GiB\""}) {
        EXPECT_THAT(refused(std::string("memory = ") + value),
                    AllOf(HasSubstr("memory"), HasSubstr("unit"), HasSubstr("4 GiB")))
            << value;
    }
    EXPECT_THAT(refused("memory = 1.5"), HasSubstr("text with a unit"));
    EXPECT_THAT(refused("memory = -4"), HasSubstr("memory"));
    EXPECT_EQ(parse_manifest("memory = 17179869184")->memory_bytes, 16ULL << 30U);
    EXPECT_EQ(parse_manifest("memory = \"16 MiB\"")->memory_bytes, 16ULL << 20U);
}

TEST(ManifestTest, ReadsTheRoomThatAJobAsksForOnTheDisk) {
    EXPECT_EQ(parse_manifest("")->disk_bytes, 0U);
    EXPECT_EQ(parse_manifest("disk = \"10 GiB\"")->disk_bytes, 10ULL << 30U);
    EXPECT_THAT(refused("disk = 10"), HasSubstr("disk must be at least 16 MiB, and 10 means 10 bytes"));
    EXPECT_THAT(refused("disk = \"much\""), HasSubstr("disk"));
    EXPECT_THAT(refused("disk = true"), HasSubstr("disk must be a text with a unit"));
    EXPECT_THAT(refused("disco = \"1 GiB\""), HasSubstr("is disk meant?"));
}

TEST(ManifestTest, RefusesATimeThatNobodyCanMean) {
    for (const char* value : {"0", "\"0\"", "\"0.5\"", "\"400d\"", "\"two hours\"", "\"1:30\"",
                              "\"367-00:00:00\"", "00:00:00", "1.5"}) {
        EXPECT_THAT(refused(std::string("time_limit = ") + value), HasSubstr("time_limit")) << value;
    }
    EXPECT_EQ(parse_manifest("time_limit = \"366d\"")->time_limit_ms, 366ULL * 24 * 3600 * 1000);
}

TEST(ManifestTest, ReadsHowLongTheMachineOfAJobMayBeSilent) {
    EXPECT_EQ(parse_manifest("")->lease_s, 0U) << "as long as it has run";
    EXPECT_EQ(parse_manifest("lease = \"2h\"")->lease_s, 7'200U);
    EXPECT_EQ(parse_manifest("lease = 90")->lease_s, 90U);
    EXPECT_EQ(parse_manifest("lease = \"7d\"")->lease_s, 604'800U);
    for (const char* value : {"0", "\"0.5s\"", "\"8d\"", "\"for ever\"", "true", "-1"}) {
        EXPECT_THAT(refused(std::string("lease = ") + value), HasSubstr("lease")) << value;
    }
}

TEST(ManifestTest, NamesAHeadingThatStandsAboveTheKeysOfAJob) {
    EXPECT_EQ(
        refused("[job]\nmemory = \"4 GiB\"\n"),
        "nias.toml: the keys of a job stand at the top, with no heading above them: remove the line [job]");
    EXPECT_THAT(refused("[tool.nias]\nentry = \"a.py\"\n"), HasSubstr("\"tool\" is not known"));
    EXPECT_THAT(refused("[colours]\nred = 1\n"), HasSubstr("\"colours\" is not known"));
}

TEST(ManifestTest, NamesTheKeyThatIsProbablyMeant) {
    const std::pair<const char*, const char*> meant[] = {{"memoria", "memory"},
                                                         {"memry", "memory"},
                                                         {"Memory", "memory"},
                                                         {"ram", "memory"},
                                                         {"nome", "name"},
                                                         {"timelimit", "time_limit"},
                                                         {"time-limit", "time_limit"},
                                                         {"timeout", "time_limit"},
                                                         {"cpu", "cpus"},
                                                         {"cores", "cpus"},
                                                         {"gpu", "gpus"},
                                                         {"max_attempt", "max_attempts"},
                                                         {"label", "labels"},
                                                         {"netwrok", "network"},
                                                         {"runtme", "runtime"},
                                                         {"programa", "entry"}};
    for (const auto& [written, key] : meant) {
        EXPECT_THAT(refused(std::string(written) + " = 1"),
                    AllOf(HasSubstr(written), HasSubstr(std::string("is ") + key)))
            << written;
    }
    EXPECT_THAT(refused("colour = 1"),
                AllOf(HasSubstr("colour"), HasSubstr("known are name, entry, runtime")));
    EXPECT_THAT(refused("\"" + std::string(5000, 'k') + "\" = 1").size(), testing::Lt(1000U));
}

TEST(ManifestTest, ShowsHowALineIsWrittenThatTomlDoesNotKnow) {
    EXPECT_THAT(refused("cpus = 2\nmemory = 4 GiB\n"),
                AllOf(HasSubstr("line 2"), HasSubstr("texts stand in quotes")));
    EXPECT_THAT(refused("memory: 4 GiB\n"), AllOf(HasSubstr("line 1"), HasSubstr("write =")));
    EXPECT_THAT(refused("memory = “4 GiB”\n"), HasSubstr("straight quotes"));
    EXPECT_THAT(refused("name = \"eeg\ncpus = 1\n"), HasSubstr("the quote that it began with"));
    EXPECT_THAT(refused("cpus = 1\ncpus = 2\n"),
                AllOf(HasSubstr("line 2"), HasSubstr("each key stands once")));
}

TEST(ManifestTest, NamesTheValueThatIsNoneOfThoseAllowed) {
    EXPECT_EQ(parse_manifest("image = \"EEG:2.1\"")->image, "eeg:2.1");
    EXPECT_THAT(refused("image = \"../x\""), HasSubstr("image must be the name that the administrator gave"));
    EXPECT_THAT(refused("imagem = \"eeg\""), HasSubstr("is image meant?"));
    EXPECT_EQ(parse_manifest("environment = \"EEG-2\"")->environment, "eeg-2");
    EXPECT_THAT(refused("environment = \"../x\""), HasSubstr("the name of an environment"));
    EXPECT_THAT(refused("[environment]\nA = \"1\""), HasSubstr("text in quotes"));
    EXPECT_EQ(parse_manifest("runtime = \"Octave\"")->runtime, "octave");
    EXPECT_THAT(refused("runtime = \"julia\""), AllOf(HasSubstr("julia"), HasSubstr("\"octave\"")));
}

TEST(ManifestTest, RefusesVariablesThatAreNotTheJobs) {
    for (const char* name : {"LD_PRELOAD", "NIAS_CPUS", "\"a=b\"", "\"\"", "\"1a\"", "\"ação\""}) {
        EXPECT_THAT(refused("[env]\n" + std::string(name) + " = \"x\"\n"), HasSubstr("[env]")) << name;
    }
    EXPECT_THAT(refused("[env]\nA = \"\\u0000\"\n"), HasSubstr("zero bytes"));
    EXPECT_EQ(parse_manifest("[env]\nSUBJECT_1 = \"ação\"\n")->env.at("SUBJECT_1"), "ação");
}

TEST(Measures, AreReadAsPeopleWriteThem) {
    const std::pair<const char*, std::uint64_t> sizes[] = {
        {"4 GiB", 4ULL << 30U},  {"4G", 4ULL << 30U},  {"512M", 512ULL << 20U}, {"1.5 GB", 3ULL << 29U},
        {"1,5 GB", 3ULL << 29U}, {"2gi", 2ULL << 30U}, {"1 TiB", 1ULL << 40U},  {"1000", 1000}};
    for (const auto& [text, bytes] : sizes) { EXPECT_EQ(*parse_bytes(text), bytes) << text; }
    const std::pair<const char*, std::uint64_t> times[] = {
        {"90", 90'000},           {"10m", 600'000},         {"2h", 7'200'000},       {"1h30min", 5'400'000},
        {"1h 30 min", 5'400'000}, {"1.5 hours", 5'400'000}, {"2 days", 172'800'000}, {"45 seconds", 45'000}};
    for (const auto& [text, ms] : times) { EXPECT_EQ(*parse_duration_ms(text), ms) << text; }
}

TEST(Measures, TakeTimesAsSchedulersAndClocksWriteThem) {
    constexpr std::uint64_t kMinute = 60'000;
    const std::pair<const char*, std::uint64_t> times[] = {{"1:30:00", 90 * kMinute},
                                                           {"01:30:00", 90 * kMinute},
                                                           {"0:00:45", 45'000},
                                                           {"100:00:00", 6'000 * kMinute},
                                                           {"1-12:00:00", 2'160 * kMinute},
                                                           {"1-12:00", 2'160 * kMinute},
                                                           {" 2-0:30:05 ", 2'910 * kMinute + 5'000}};
    for (const auto& [text, ms] : times) {
        const auto read = parse_duration_ms(text);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(*read, ms) << text;
    }
    const std::pair<const char*, std::uint64_t> words[] = {
        {"90 min", 90 * kMinute},      {"90 mins", 90 * kMinute},  {"2 hrs", 120 * kMinute},
        {"2 horas", 120 * kMinute},    {"1 dia", 1'440 * kMinute}, {"30 segundos", 30'000},
        {"2 weeks", 20'160 * kMinute}, {"1h30min ", 90 * kMinute}};
    for (const auto& [text, ms] : words) {
        const auto read = parse_duration_ms(text);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(*read, ms) << text;
    }
}

TEST(Measures, SayOfATimeThatIsNotReadWhatToWrite) {
    EXPECT_EQ(parse_duration_ms("1:30").error().message,
              "\"1:30\" may be hours and minutes or minutes and seconds: write all three, like \"1:30:00\", "
              "or a unit, "
              "like \"90 min\"");
    for (const char* text :
         {"1-12", "1-24:00:00", "1-:00:00", "1:60:00", "1:30:60", "1:3:00", "1:30:00:00", ":30:00",
          "1:30:", "1:30:00h", "2h-3h", "1--12:00:00", "-1:00:00", "9999999999:00:00", "1-123:00:00"}) {
        const auto read = parse_duration_ms(text);
        ASSERT_FALSE(read) << text;
        EXPECT_THAT(read.error().message,
                    AllOf(HasSubstr(text), HasSubstr("\"1:30:00\""), HasSubstr("\"1-12:00:00\"")))
            << text;
    }
    EXPECT_THAT(parse_duration_ms("unlimited").error().message,
                HasSubstr("write it like \"2h\", \"90 min\" or \"1:30:00\""));
}

TEST(ManifestTest, TakesAClockForATimeLimitWithAndWithoutQuotes) {
    EXPECT_EQ(parse_manifest("time_limit = \"1:30:00\"")->time_limit_ms, 5'400'000U);
    EXPECT_EQ(parse_manifest("time_limit = 01:30:00")->time_limit_ms, 5'400'000U);
    EXPECT_EQ(parse_manifest("lease = 00:05:00")->lease_s, 300U);
    EXPECT_THAT(parse_manifest("time_limit = 1:30:00").error().message, HasSubstr("texts stand in quotes"));
    EXPECT_THAT(parse_manifest("time_limit = \"1:30\"").error().message,
                HasSubstr("nias.toml: time_limit: \"1:30\" may be"));
    EXPECT_FALSE(parse_manifest("memory = 01:30:00"));
}

TEST(Measures, ThatMayMeanTwoThingsAreRefused) {
    for (const char* text : {"", " ", "GiB", "4 x", "-1", "1.000 MB", "1,000 MB", "4 GiB 2",
                             "99999999999 TiB", "18446744073709551616"}) {
        EXPECT_FALSE(parse_bytes(text)) << text;
    }
    for (const char* text : {"", "h", "1h30", "2 fortnights", "1:30", "-5", "1.000", "999999999999999999d"}) {
        EXPECT_FALSE(parse_duration_ms(text)) << text;
    }
}

TEST(ManifestTest, ReadsTheIndicesOfAnArray) {
    EXPECT_THAT(parse_manifest("array = \"1-3,9\"")->array, ElementsAre(1, 2, 3, 9));
    EXPECT_TRUE(parse_manifest("name = \"x\"")->array.empty());
    EXPECT_EQ(parse_manifest("name = \"x\"\n\narray = \"3-1\"").error().message,
              "nias.toml, line 3: array: \"3-1\" runs backwards: write the smaller index first");
    for (const char* text : {"array = 5", "array = [1, 2]", "array = true", "[array]"}) {
        EXPECT_EQ(parse_manifest(text).error().message,
                  "nias.toml, line 1: array must be a text in quotes, like \"1-100\" or \"1-10,20,30-50:5\"")
            << text;
    }
    EXPECT_THAT(parse_manifest("arrays = \"1-3\"").error().message, HasSubstr("is array meant?"));
}

}  // namespace
}  // namespace nias::job
