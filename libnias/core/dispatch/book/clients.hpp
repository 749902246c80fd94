/// The names of the clients that have living tasks: one copy of a name, however many tasks they have. Part of
/// dispatch; a million queued tasks are of a few clients.
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
        std::uint64_t number = 0;  ///< never used twice: a name for who remembers it
        std::size_t tasks = 0;     ///< its own
    };

    Clients() = default;
    Clients(const Clients&) = delete;  // tasks point at its names
    Clients& operator=(const Clients&) = delete;

    /// For one more task. Stays until that task has left.
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
