#include "worker/run/live_output.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "base/host/descriptor.hpp"
#include "support/temp_folder.hpp"

namespace nias::worker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr auto kPngEnd = "IEND\xAE\x42\x60\x82";

class LiveOutputTest : public testing::Test {
protected:
    LiveOutputTest() {
        std::filesystem::create_directories(folder_ / "output/fits");
        job_.reset(::open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        live_.emplace(job_.get(), [this](std::string_view name, const std::string& path) -> Status {
            if (busy_ > 0) {
                --busy_;
                return Error{ErrorCode::overloaded, "one is on its way"};
            }
            shown_.emplace_back(name, test::read_file(path));
            return {};
        });
    }
    void write(const std::string& name, const std::string& content) {
        test::write_file(folder_ / ("output/" + name), content);
    }
    /// Names and contents that are shown when it is looked so much later.
    std::vector<std::pair<std::string, std::string>> shown_after(Duration time) {
        at_ += time;
        shown_.clear();
        live_->look(at_);
        return shown_;
    }

    test::TempFolder folder_;
    Descriptor job_;
    int busy_ = 0;
    std::vector<std::pair<std::string, std::string>> shown_;
    Time at_{1h};
    std::optional<LiveOutput> live_;
};

TEST_F(LiveOutputTest, ShowsATableEachTimeThatItHasChangedAtMostEveryTwoSeconds) {
    write("fits/loss.csv", "1\n");
    EXPECT_THAT(shown_after(0s), ElementsAre(Pair("fits/loss.csv", "1\n")));
    write("fits/loss.csv", "1\n2\n");
    EXPECT_THAT(shown_after(1s), IsEmpty()) << "it was shown a second ago";
    EXPECT_THAT(shown_after(1s), ElementsAre(Pair("fits/loss.csv", "1\n2\n")));
    EXPECT_THAT(shown_after(10s), IsEmpty()) << "it has not changed";
    EXPECT_THAT(shown_after(10min), ElementsAre(Pair("fits/loss.csv", "1\n2\n")))
        << "the sink would forget what is never renewed";
}

TEST_F(LiveOutputTest, ShowsAFigureOnlyOnceItIsWhole) {
    write("a.png", "\x89PNG...");
    write("b.svg", "<svg><g>");
    EXPECT_THAT(shown_after(0s), IsEmpty());
    write("a.png", std::string("\x89PNG...") + kPngEnd);
    write("b.SVG", "<svg><g></g></svg>\n");
    EXPECT_THAT(shown_after(1s),
                testing::UnorderedElementsAre(Pair("a.png", std::string("\x89PNG...") + kPngEnd),
                                              Pair("b.SVG", "<svg><g></g></svg>\n")));
}

TEST_F(LiveOutputTest, ShowsTheRestOfTheFilesAsTheSinkTakesThem) {
    for (const char* name : {"a.csv", "b.csv", "c.csv"}) { write(name, "1\n"); }
    busy_ = 1;
    EXPECT_THAT(shown_after(0s), IsEmpty());
    busy_ = 0;
    EXPECT_EQ(shown_after(100ms).size(), 3U) << "without another walk";
}

TEST_F(LiveOutputTest, FollowsNoLinkAndShowsNothingThatIsNoSmallFigureOrTable) {
    test::write_file(folder_ / "secret", "1\n");
    std::filesystem::create_symlink(folder_ / "secret", folder_ / "output/link.csv");
    std::filesystem::create_directories(folder_ / "elsewhere");
    test::write_file(folder_ / "elsewhere/inside.csv", "1\n");
    std::filesystem::create_directory_symlink(folder_ / "elsewhere", folder_ / "output/linked");
    ASSERT_EQ(::mkfifo((folder_ / "output/pipe.csv").c_str(), 0600), 0);
    std::filesystem::create_directories(folder_ / "output/folder.png");
    write("model.npz", "1");
    write("empty.csv", "");
    write("large.csv", std::string((2U << 20U) + 1, '1'));
    write("a/b/c/d/e/deep.csv", "1\n");
    write(std::string(100, 'a') + "/" + std::string(100, 'b') + ".csv", "1\n");
    EXPECT_THAT(shown_after(0s), IsEmpty());
}

TEST_F(LiveOutputTest, LooksAtABoundedNumberOfNames) {
    std::filesystem::remove(folder_ / "output/fits");  // it would be one of the names
    write("one.csv", "1\n");
    for (int i = 0; i < 2'100; ++i) {
        std::filesystem::create_hard_link(folder_ / "output/one.csv",
                                          folder_ / ("output/" + std::to_string(i) + ".csv"));
    }
    EXPECT_EQ(shown_after(0s).size(), 2'000U);
}

TEST_F(LiveOutputTest, BearsAFolderThatIsGoneAndSeesTheNextOne) {
    std::filesystem::remove_all(folder_ / "output");
    EXPECT_THAT(shown_after(0s), IsEmpty());
    std::filesystem::create_directories(folder_ / "elsewhere");
    test::write_file(folder_ / "elsewhere/a.csv", "1\n");
    std::filesystem::create_directory_symlink(folder_ / "elsewhere", folder_ / "output");
    EXPECT_THAT(shown_after(1s), IsEmpty()) << "a link in its place is followed nowhere";
    std::filesystem::remove(folder_ / "output");
    write("a.csv", "2\n");
    EXPECT_THAT(shown_after(1s), ElementsAre(Pair("a.csv", "2\n")));
}

}  // namespace
}  // namespace nias::worker
