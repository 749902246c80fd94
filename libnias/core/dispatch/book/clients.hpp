/// The clients that have living tasks, so that a million tasks of a few clients keep each name once. Part of
/// dispatch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace nias::core {

class Clients {
public:
    struct Client {
        std::string name;
        std::uint64_t number = 0;  ///< never used twice, so that it may be remembered
        std::size_t tasks = 0;     ///< living tasks of this client
    };

    Clients() = default;
    Clients(const Clients&) = delete;  // tasks point at its names
    Clients& operator=(const Clients&) = delete;

    /// Counts one more task of this client, which stays until that task has left.
    [[nodiscard]] Client* join(const std::string& name) {
        if (last_ == nullptr || last_->name != name) { last_ = find_or_make(name); }
        return join(*last_);
    }
    [[nodiscard]] static Client* join(Client& client) {
        ++client.tasks;
        return &client;
    }
    void leave(Client& client) {
        if (--client.tasks > 0) { return; }
        if (last_ == &client) { last_ = nullptr; }
        all_.erase(all_.find(client.name));
    }
    [[nodiscard]] std::size_t size() const { return all_.size(); }

private:
    Client* find_or_make(const std::string& name) {
        const auto [place, is_new] = all_.try_emplace(name);
        if (is_new) {
            place->second.name = name;
            place->second.number = ++made_;
        }
        return &place->second;
    }

    std::unordered_map<std::string, Client> all_;
    std::uint64_t made_ = 0;
    Client* last_ = nullptr;  ///< tasks come in batches of one client
};

}  // namespace nias::core
