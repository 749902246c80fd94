// The room that a job takes of a disk, by name and without.
#include "worker/host/disk_use.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host/descriptor.hpp"
#include "support/temp_folder.hpp"
#include "worker/run/work_folder.hpp"

namespace nias::worker {
namespace {

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr DiskUse kUnbounded{.bytes = ~0ULL, .files = ~0ULL};

class DiskUseTest : public testing::Test {
protected:
    [[nodiscard]] DiskUse use(const DiskUse& bounds = kUnbounded) const {
        return use_below(folder.path(), bounds);
    }
    /// Folders in folders, as many as `deep`.
    void nest(int deep) const {
        Descriptor at(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        for (int i = 0; i < deep; ++i) {
            ASSERT_EQ(::mkdirat(at.get(), "inner", 0755), 0);
            at = Descriptor(::openat(at.get(), "inner", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
            ASSERT_TRUE(at);
        }
    }
    test::TempFolder folder;
};

TEST_F(DiskUseTest, CountsFilesOnceUnderAllTheirNames) {
    test::write_file(folder / "a/b", std::string(2 * kMiB, 'x'));
    std::filesystem::create_hard_link(folder / "a/b", folder / "c");
    std::filesystem::create_symlink("/usr", folder / "link");
    EXPECT_GE(use().bytes, 2 * kMiB);
    EXPECT_LT(use().bytes, 3 * kMiB);
    EXPECT_EQ(use().files, 4U) << "names count as files";
}

TEST_F(DiskUseTest, CountsNoHoles) {
    test::write_file(folder / "holes", "x");
    ASSERT_EQ(::truncate((folder / "holes").c_str(), 1LL << 43U), 0);
    EXPECT_LT(use().bytes, kMiB);
}

TEST_F(DiskUseTest, LooksIntoFoldersThatWereClosed) {
    test::write_file(folder / "closed/in/file", std::string(kMiB, 'x'));
    std::filesystem::permissions(folder / "closed/in", std::filesystem::perms::none);
    std::filesystem::permissions(folder / "closed", std::filesystem::perms::none);
    EXPECT_GE(use().bytes, kMiB);
}

TEST_F(DiskUseTest, StopsAtItsBounds) {
    for (int i = 0; i < 100; ++i) { test::write_file(folder / std::to_string(i), std::string(4096, 'x')); }
    EXPECT_EQ(use({.bytes = ~0ULL, .files = 10}).files, 11U);
    EXPECT_LT(use({.bytes = 40'000, .files = ~0ULL}).files, 15U);
}

TEST_F(DiskUseTest, SaysThatFoldersAreTooDeepAndStillRemovesThem) {
    nest(DiskUse::kDeepest - 1);
    EXPECT_FALSE(use().too_deep);
    ASSERT_TRUE(remove_tree(folder / "inner"));
    nest(1500);  // its path is longer than the kernel takes, and it is deeper than descriptors go
    EXPECT_TRUE(use().too_deep);
    const Status removed = remove_tree(folder / "inner");
    EXPECT_TRUE(removed) << removed.error().message;
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(DiskUseTest, CountsFilesWithoutANameThatAreOpen) {
    const std::string path = folder / "gone";
    test::write_file(path, std::string(3 * kMiB, 'x'));
    const Descriptor open(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const Descriptor twice(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const auto nameless = [&] {
        DiskUse use;
        add_nameless({::getpid()}, folder.path(), use);
        return use.bytes;
    };
    const std::uint64_t before = nameless();
    std::filesystem::remove(path);
    EXPECT_GE(nameless() - before, 3 * kMiB);
    EXPECT_LT(nameless() - before, 4 * kMiB);
}

TEST_F(DiskUseTest, CountsFilesWithoutANameThatAreMapped) {
    const std::string path = folder / "gone";
    test::write_file(path, std::string(3 * kMiB, 'x'));
    Descriptor open(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    void* const mapped = ::mmap(nullptr, 3 * kMiB, PROT_READ, MAP_SHARED, open.get(), 0);
    ASSERT_NE(mapped, MAP_FAILED);
    open.reset();
    DiskUse before, after;
    add_nameless({::getpid()}, folder.path(), before);
    std::filesystem::remove(path);
    add_nameless({::getpid()}, folder.path(), after);
    EXPECT_EQ(after.bytes - before.bytes, 3 * kMiB);
    ::munmap(mapped, 3 * kMiB);
}

}  // namespace
}  // namespace nias::worker
