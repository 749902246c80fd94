/// The names of the clients that have living tasks: one copy of a name, however many tasks they have. Part of
/// dispatch; a million queued tasks are of a few clients.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

namespace nias::core {

class Clients {
public:
    /// A name and how many tasks are its own.
    using Client = std::unordered_map<std::string, std::size_t>::value_type;

    Clients() = default;
    Clients(const Clients&) = delete;  // tasks point at its names
    Clients& operator=(const Clients&) = delete;

    /// For one more task. Stays until that task has left.
    [[nodiscard]] Client* join(const std::string& name) {
        if (last_ == nullptr || last_->first != name) { last_ = &*all_.try_emplace(name, 0).first; }
        ++last_->second;
        return last_;
    }
    void leave(Client& client) {
        if (--client.second > 0) { return; }
        if (last_ == &client) { last_ = nullptr; }
        all_.erase(all_.find(client.first));
    }
    [[nodiscard]] std::size_t size() const { return all_.size(); }

private:
    std::unordered_map<std::string, std::size_t> all_;
    Client* last_ = nullptr;  ///< tasks come in batches of one client
};

}  // namespace nias::core
