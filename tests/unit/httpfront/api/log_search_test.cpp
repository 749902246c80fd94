#include "api/log_search.hpp"

#include <gtest/gtest.h>

namespace nias::httpfront {
namespace {

/// The lines found in a log that comes in pieces of so many bytes, as «line@offset text».
std::vector<std::string> found(const std::string& wanted, const std::string& log, std::size_t piece = 7) {
    LogSearch search(wanted);
    for (std::size_t at = 0; at < log.size(); at += piece) { search.feed(log.substr(at, piece)); }
    search.finish();
    std::vector<std::string> out;
    for (const LogSearch::Hit& hit : search.hits()) {
        out.push_back(std::to_string(hit.line) + "@" + std::to_string(hit.offset) + " " + hit.text);
    }
    EXPECT_EQ(search.total(), out.size());
    return out;
}

using Lines = std::vector<std::string>;

TEST(LogSearch, TellsEachLineOnceWithItsNumberAndPlaceWhateverThePieces) {
    const std::string log = "one\nerror: error here\n\nlast Error";
    for (const std::size_t piece : {1U, 2U, 5U, 100U}) {
        EXPECT_EQ(found("error", log, piece), (Lines{"2@4 error: error here", "4@23 last Error"})) << piece;
    }
    EXPECT_EQ(found("nothing", log), Lines{});
    EXPECT_EQ(found("error", ""), Lines{});
}

TEST(LogSearch, MindsNeitherCapitalsNorAccentsNorBytesThatAreNoText) {
    EXPECT_EQ(found("ANALISE", "análise pronta\n\xFF\xFE análise\n"),
              (Lines{"1@0 análise pronta", "2@16 \xFF\xFE análise"}));
    EXPECT_EQ(found("ação", "ACAO\r\n"), (Lines{"1@0 ACAO\r"}));
}

TEST(LogSearch, LooksThroughALineWithoutEndAndKeepsLittleOfIt) {
    std::string log(5 * LogSearch::kLineBytesMax, 'x');
    log.replace(LogSearch::kLineBytesMax - 3, 6, "needle");  // over the border of two parts
    log += "\nneedle\n";
    const auto lines = found("needle", log, 4096);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0], "1@0 " + std::string(LogSearch::kToldBytesMax, 'x'));
    EXPECT_EQ(lines[1], "2@" + std::to_string(5 * LogSearch::kLineBytesMax + 1) + " needle");
}

TEST(LogSearch, CountsWhatItDoesNotTell) {
    LogSearch search("a");
    for (std::size_t line = 0; line < LogSearch::kHitsMax + 50; ++line) { search.feed("a\n"); }
    search.finish();
    EXPECT_EQ(search.hits().size(), LogSearch::kHitsMax);
    EXPECT_EQ(search.total(), LogSearch::kHitsMax + 50);
    EXPECT_EQ(search.lines(), LogSearch::kHitsMax + 50);
}

}  // namespace
}  // namespace nias::httpfront
