/// A hash map whose nodes come from a pool of its own: what was freed last is used next, and is still in the cache.
/// Used by the cores and the submitter for what is added and removed with every task. A resource; one thread.
#pragma once

#include <functional>
#include <memory_resource>
#include <unordered_map>

namespace nias::core {

template <typename Key, typename Value, typename Hash = std::hash<Key>>
class PooledMap {
public:
    using Map = std::pmr::unordered_map<Key, Value, Hash>;

    PooledMap() = default;
    PooledMap(const PooledMap&) = delete;  // its nodes point into the pool beside it
    PooledMap& operator=(const PooledMap&) = delete;

    [[nodiscard]] Value* find(const Key& key) {
        const auto place = map_.find(key);
        return place == map_.end() ? nullptr : &place->second;
    }
    [[nodiscard]] const Value* find(const Key& key) const {
        const auto place = map_.find(key);
        return place == map_.end() ? nullptr : &place->second;
    }
    [[nodiscard]] bool contains(const Key& key) const { return map_.contains(key); }
    [[nodiscard]] Value& operator[](const Key& key) { return map_[key]; }
    /// The value and whether it was made by this call.
    std::pair<Value*, bool> try_emplace(const Key& key) {
        const auto [place, is_new] = map_.try_emplace(key);
        return {&place->second, is_new};
    }
    void erase(const Key& key) { map_.erase(key); }
    [[nodiscard]] std::size_t size() const { return map_.size(); }
    [[nodiscard]] auto begin() const { return map_.begin(); }
    [[nodiscard]] auto end() const { return map_.end(); }

private:
    std::pmr::unsynchronized_pool_resource pool_;
    Map map_{&pool_};
};

}  // namespace nias::core
