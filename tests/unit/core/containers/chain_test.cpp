// The list through its members.
#include "core/containers/chain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace nias::core {
namespace {

struct Link {
    int number = 0;
    Link* prev = nullptr;
    Link* next = nullptr;
};

/// Forwards, after a look that backwards is the same.
std::vector<int> numbers(const Chain<Link>& chain) {
    std::vector<int> forwards;
    std::vector<int> backwards;
    for (const Link* link = chain.front(); link != nullptr; link = link->next) {
        forwards.push_back(link->number);
    }
    for (const Link* link = chain.back(); link != nullptr; link = link->prev) {
        backwards.insert(backwards.begin(), link->number);
    }
    EXPECT_EQ(forwards, backwards);
    EXPECT_EQ(forwards.size(), chain.size());
    EXPECT_EQ(forwards.empty(), chain.empty());
    return forwards;
}

TEST(Chain, KeepsItsOrderThroughEveryInsertionAndRemoval) {
    std::array<Link, 4> links{{{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}}};
    Chain<Link> chain;
    EXPECT_THAT(numbers(chain), testing::ElementsAre());
    chain.push_back(links[1]);
    chain.push_back(links[3]);
    chain.insert_before(&links[3], links[2]);
    chain.insert_before(&links[1], links[0]);
    EXPECT_THAT(numbers(chain), testing::ElementsAre(0, 1, 2, 3));
    chain.remove(links[2]);
    EXPECT_THAT(numbers(chain), testing::ElementsAre(0, 1, 3));
    EXPECT_EQ(links[2].next, nullptr);
    chain.remove(links[0]);
    chain.remove(links[3]);
    EXPECT_THAT(numbers(chain), testing::ElementsAre(1));
    chain.remove(links[1]);
    EXPECT_THAT(numbers(chain), testing::ElementsAre());
    chain.push_back(links[2]);
    EXPECT_THAT(numbers(chain), testing::ElementsAre(2));
}

TEST(ChainDeathTest, RefusesToRemoveWhatIsInNoChain) {
    std::array<Link, 2> links{{{.number = 0}, {.number = 1}}};
    Chain<Link> chain;
    EXPECT_DEATH(chain.remove(links[0]), "not in this chain");
    chain.push_back(links[0]);
    EXPECT_DEATH(chain.remove(links[1]), "not in this chain");
    chain.remove(links[0]);
    EXPECT_DEATH(chain.remove(links[0]), "not in this chain");
}

TEST(ChainDeathTest, RefusesToAddWhatIsInAChain) {
    std::array<Link, 2> links{{{.number = 0}, {.number = 1}}};
    Chain<Link> chain;
    Chain<Link> other;
    chain.push_back(links[0]);
    EXPECT_DEATH(chain.push_back(links[0]), "in a chain already");
    chain.push_back(links[1]);
    EXPECT_DEATH(other.push_back(links[0]), "in a chain already");
    EXPECT_DEATH(chain.insert_before(&links[0], links[1]), "in a chain already");
}

}  // namespace
}  // namespace nias::core
