#include "worker/bundles/bundle_cache.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>

#include "base/sha256.hpp"
#include "support/temp_folder.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;

class BundleCacheTest : public testing::Test {
protected:
    BundleCacheTest() { fs::create_directories(folder_ / "work"); }
    /// A bundle that the sink has.
    BlobRef bundle(const std::string& content) {
        const std::string path = folder_ / "sink";
        test::write_file(path, content);
        const auto hash = hash_file(path);
        EXPECT_TRUE(hash);
        const BlobRef ref{hash ? *hash : BlobHash{}, content.size()};
        sink_[to_string(ref.hash)] = content;
        return ref;
    }
    /// The content that an attempt finds in its folder, or why there is none.
    std::string obtain(BundleCache& cache, const BlobRef& ref) {
        const std::string path = folder_ / ("work/" + std::to_string(++attempts_));
        const Status got = cache.obtain(ref, path, [&](const std::string& to) -> Status {
            ++fetches_;
            if (sink_is_away_) { return Error{ErrorCode::unavailable, "the sink is away"}; }
            test::write_file(to, sink_[to_string(ref.hash)]);
            return {};
        });
        const std::string content = got ? test::read_file(path) : got.error().message;
        fs::remove(path);
        return content;
    }
    std::string kept(const BlobRef& ref) { return folder_ / ("bundles/" + to_string(ref.hash)); }

    test::TempFolder folder_;
    std::map<std::string, std::string> sink_;
    int attempts_ = 0;
    int fetches_ = 0;
    bool sink_is_away_ = false;
};

TEST_F(BundleCacheTest, FetchesABundleOnceAlsoWhereTheWorkerWasStartedAgain) {
    const BlobRef one = bundle("one");
    {
        BundleCache cache(folder_ / "bundles", 1000);
        EXPECT_EQ(obtain(cache, one), "one");
        EXPECT_EQ(obtain(cache, one), "one");
        EXPECT_EQ(fetches_, 1);
    }
    BundleCache next(folder_ / "bundles", 1000);
    EXPECT_EQ(obtain(next, one), "one");
    EXPECT_EQ(fetches_, 1);
}

TEST_F(BundleCacheTest, FetchesAgainWhatAnEarlierLifeLeftDamaged) {
    const BlobRef one = bundle("one");
    for (const char* damaged : {"", "on", "eno"}) {
        test::write_file(kept(one), damaged);
        BundleCache cache(folder_ / "bundles", 1000);
        EXPECT_EQ(obtain(cache, one), "one") << damaged;
        EXPECT_EQ(obtain(cache, one), "one");
    }
    EXPECT_EQ(fetches_, 3);
}

TEST_F(BundleCacheTest, RemovesTheLeastRecentlyUsedPastItsBound) {
    const BlobRef a = bundle(std::string(400, 'a'));
    const BlobRef b = bundle(std::string(400, 'b'));
    const BlobRef c = bundle(std::string(400, 'c'));
    BundleCache cache(folder_ / "bundles", 1000);
    for (const BlobRef& one : {a, b}) { (void)obtain(cache, one); }
    const timespec long_ago[2] = {{1000, 0}, {1000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, kept(b).c_str(), long_ago, 0), 0);
    ASSERT_EQ(::utimensat(AT_FDCWD, kept(a).c_str(), long_ago, 0), 0);
    (void)obtain(cache, a);  // used again
    (void)obtain(cache, c);
    EXPECT_TRUE(fs::exists(kept(a)));
    EXPECT_FALSE(fs::exists(kept(b)));
    EXPECT_TRUE(fs::exists(kept(c)));
    fetches_ = 0;
    EXPECT_EQ(obtain(cache, b), std::string(400, 'b'));
    EXPECT_EQ(fetches_, 1);
}

TEST_F(BundleCacheTest, KeepsNothingThatIsLargerThanItMayHold) {
    const BlobRef large = bundle(std::string(1001, 'l'));
    BundleCache cache(folder_ / "bundles", 1000);
    EXPECT_EQ(obtain(cache, large), std::string(1001, 'l'));
    EXPECT_TRUE(fs::is_empty(folder_ / "bundles"));
    BundleCache none(folder_ / "none", 0);
    EXPECT_EQ(obtain(none, large), std::string(1001, 'l'));
    EXPECT_FALSE(fs::exists(folder_ / "none"));
}

TEST_F(BundleCacheTest, PassesOnThatTheSinkIsAwayAndKeepsNothingOfIt) {
    const BlobRef one = bundle("one");
    BundleCache cache(folder_ / "bundles", 1000);
    sink_is_away_ = true;
    EXPECT_EQ(obtain(cache, one), "the sink is away");
    sink_is_away_ = false;
    EXPECT_EQ(obtain(cache, one), "one");
    cache.forget(one.hash);
    sink_is_away_ = true;
    EXPECT_EQ(obtain(cache, one), "the sink is away") << "it was forgotten";
}

TEST_F(BundleCacheTest, LeavesTheSinksOwnFilesWhereTheyAre) {
    const BlobRef one = bundle("one");
    BundleCache cache(folder_ / "bundles", 1000);
    const std::string path = folder_ / "work/linked";
    ASSERT_TRUE(cache.obtain(one, path, [&](const std::string& to) -> Status {
        fs::create_symlink(folder_ / "sink", to);
        return {};
    }));
    EXPECT_FALSE(fs::exists(kept(one)));
}

}  // namespace
}  // namespace nias::worker
