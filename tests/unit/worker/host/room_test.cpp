#include "worker/host/room.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/clock.hpp"
#include "support/temp_folder.hpp"

namespace nias::worker {
namespace {

TEST(Room, OfADiskThatTakesFilesIsEnough) {
    const test::TempFolder folder;
    const Room room({folder / "work", folder / "data"});
    EXPECT_EQ(room.missing(now()), "");
    EXPECT_TRUE(std::filesystem::is_empty(folder / "work")) << "what was tried is gone";
}

TEST(Room, IsMissingWhereNoFileCanBeWritten) {
    const test::TempFolder folder;
    test::write_file(folder / "data", "a file where a folder should be");
    EXPECT_NE(Room({folder / "work", folder / "data"}).missing(now()).find(folder / "data"),
              std::string::npos);
    EXPECT_NE(Room({folder / "data/work"}).missing(now()), "");
    // Nobody makes a file in /proc, whoever they are.
    EXPECT_NE(Room({"/proc"}).missing(now()), "");
}

TEST(Room, IsMissingForAWhileWhereAJobNeededMoreThanThereIs) {
    const test::TempFolder folder;
    Room room({folder.path()});
    const Time begun = now();
    const std::uint64_t more = Room::free_bytes(folder.path()) + (256U << 10U);
    room.lacked(more, begun);
    EXPECT_NE(room.missing(begun).find("are needed"), std::string::npos);
    EXPECT_EQ(room.missing(begun + Room::kRestForMore), "");
    room.lacked(1, begun);
    EXPECT_EQ(room.missing(begun), "");
    room.lacked(UINT64_MAX / 2, begun);  // no disk holds that, however long one waits
    EXPECT_EQ(room.missing(begun), "");
}

TEST(Room, CountsWhatATreeTakesOnItsDiskOnce) {
    const test::TempFolder folder;
    test::write_file(folder / "a/b.bin", std::string(1'000'000, 'x'));
    std::filesystem::create_directory_symlink("/usr", folder / "a/usr");
    const std::uint64_t used = Room::used_by(folder / "a");
    EXPECT_GE(used, 1'000'000U);
    EXPECT_LT(used, 1'200'000U);
    EXPECT_EQ(Room::used_by(folder / "missing"), 0U);
    EXPECT_GT(Room::free_bytes(folder.path()), 0U);
    EXPECT_EQ(Room::free_bytes(folder / "missing"), 0U);
}

}  // namespace
}  // namespace nias::worker
