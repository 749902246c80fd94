// Heads: what rows share, written once and known by what it says.
#include "store/sqlite/heads.hpp"

#include <gtest/gtest.h>

#include "support/temp_folder.hpp"

namespace nias::store {
namespace {

using Head = std::tuple<std::string_view, std::int64_t>;

class HeadsTest : public testing::Test {
protected:
    void SetUp() override {
        auto database = Database::open(folder_ / "heads.db", Database::Mode::write,
                                       {.sql = "CREATE TABLE IF NOT EXISTS heads (head INTEGER PRIMARY KEY, "
                                               "text TEXT NOT NULL, number INTEGER NOT NULL)",
                                        .version = 1});
        ASSERT_TRUE(database) << database.error().message;
        database_ = std::move(*database);
        prepare();
    }
    void prepare() {
        auto heads = Heads<Head>::prepare(*database_, "heads", "text, number");
        ASSERT_TRUE(heads) << heads.error().message;
        heads_.emplace(std::move(*heads));
    }
    std::int64_t number(const std::string& text, std::int64_t value) {
        auto given = heads_->number({text, value});
        EXPECT_TRUE(given) << given.error().message;
        return given ? *given : 0;
    }
    std::int64_t rows() {
        auto count = database_->prepare("SELECT count(*) FROM heads");
        EXPECT_TRUE(count && count->step());
        return count->integer();
    }

    test::TempFolder folder_;
    std::unique_ptr<Database> database_;
    std::optional<Heads<Head>> heads_;
};

TEST_F(HeadsTest, GiveTheSameNumberToWhatSaysTheSame) {
    const std::int64_t first = number("a", 1);
    const std::int64_t second = number("b", 1);
    EXPECT_NE(first, second);
    EXPECT_EQ(number("a", 1), first);  // texts of its own: the caller's were others
    EXPECT_EQ(number("b", 1), second);
    EXPECT_NE(number("a", 2), first);
    EXPECT_EQ(rows(), 3);
}

TEST_F(HeadsTest, WriteAgainWhatWasRolledBack) {
    ASSERT_TRUE(database_->execute("BEGIN"));
    number("a", 1);
    ASSERT_TRUE(database_->roll_back());
    heads_->forget();
    EXPECT_EQ(rows(), 0);
    const std::int64_t again = number("a", 1);
    EXPECT_EQ(number("a", 1), again);
    EXPECT_EQ(rows(), 1);
}

TEST_F(HeadsTest, RememberABoundedNumber) {
    const auto many = static_cast<std::int64_t>(2 * Heads<Head>::kKnownMax);
    for (std::int64_t n = 0; n < many; ++n) { number("a", n); }
    EXPECT_EQ(rows(), many);
    const std::int64_t again = number("a", 0);  // long forgotten
    EXPECT_EQ(rows(), many + 1);
    EXPECT_EQ(number("a", 0), again);
}

TEST_F(HeadsTest, GoOnBehindThoseOfTheFile) {
    const std::int64_t last = number("a", 1);
    prepare();
    EXPECT_GT(number("b", 1), last);
}

TEST_F(HeadsTest, RollBackNothingWhereNothingIsUnderWay) { EXPECT_TRUE(database_->roll_back()); }

}  // namespace
}  // namespace nias::store
