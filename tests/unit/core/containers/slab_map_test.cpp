// The map of the cores, held against the standard library's from a seed.
#include "core/containers/slab_map.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <unordered_map>

namespace nias::core {
namespace {

template <typename T>
struct Item {
    int number = -1;
    T value{};
    [[nodiscard]] const int& key() const { return number; }
    void set_key(int key) { number = key; }
};

/// Sends keys to few homes, so that they push each other aside.
struct Crowded {
    std::size_t operator()(int key) const { return static_cast<std::size_t>(key % 3); }
};

template <typename Hash>
void agree_with_the_standard_map(unsigned seed, int keys) {
    SlabMap<int, Item<std::string>, Hash> map;
    std::unordered_map<int, std::string> model;
    std::unordered_map<int, Item<std::string>*> places;
    std::mt19937 random(seed);
    for (int round = 0; round < 20'000; ++round) {
        const int key = static_cast<int>(random() % static_cast<unsigned>(keys));
        if (random() % 2 == 0) {
            const auto [value, is_new] = map.try_emplace(key);
            ASSERT_EQ(is_new, !model.contains(key));
            if (is_new) {
                ASSERT_EQ(value->value, "") << "memory that is used again begins anew";
                places[key] = value;
            }
            value->value = model[key] = std::to_string(round);
        } else {
            map.erase(key);
            model.erase(key);
        }
        ASSERT_EQ(map.size(), model.size());
        const int other = static_cast<int>(random() % static_cast<unsigned>(keys));
        ASSERT_EQ(map.contains(other), model.contains(other));
    }
    for (const auto& [key, value] : model) {
        ASSERT_NE(map.find(key), nullptr);
        EXPECT_EQ(map.find(key)->value, value);
        EXPECT_EQ(map.find(key), places[key]) << "values do not move";
    }
    std::size_t seen = 0;
    map.for_each([&](int key, const Item<std::string>& item) {
        ++seen;
        EXPECT_EQ(model.at(key), item.value);
    });
    EXPECT_EQ(seen, model.size());
}

TEST(SlabMap, AgreesWithTheStandardMap) {
    for (unsigned seed = 1; seed <= 5; ++seed) { agree_with_the_standard_map<std::hash<int>>(seed, 2'000); }
}

TEST(SlabMap, AgreesWithTheStandardMapWhenKeysCollide) {
    for (unsigned seed = 1; seed <= 5; ++seed) { agree_with_the_standard_map<Crowded>(seed, 60); }
}

TEST(SlabMap, FindsNothingInAnEmptyMap) {
    SlabMap<int, Item<int>> map;
    EXPECT_EQ(map.find(1), nullptr);
    map.erase(1);
    map.expect(1);
    map.expect_value(1);
    map.for_each([](int, const Item<int>&) { FAIL(); });
    EXPECT_EQ(map.size(), 0U);
}

TEST(SlabMap, ReleasesAValueWhenItIsErased) {
    const auto held = std::make_shared<int>(1);
    SlabMap<int, Item<std::shared_ptr<int>>> map;
    map[7].value = held;
    EXPECT_EQ(held.use_count(), 2);
    map.erase(7);
    EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace nias::core
