/// What a step tells the clients of its tasks. Most is the same for many tasks of one client: that they were
/// accepted, or which worker has them; such is gathered as it comes. Part of the effects of dispatch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "wire/limits.hpp"
#include "wire/messages.hpp"

namespace nias::core {

/// Of one task events keep their order. Of several, those without an outcome come before those with one.
class Told {
public:
    /// An event without an outcome: its kind, where the task stands, and a reason or the worker's name.
    struct Stand {
        wire::EventKind kind;
        TaskState state;
        Attempt attempt;
        std::int64_t unix_ms;
        std::string_view text;
    };
    void stands(const std::string& client, const TaskId& id, const Stand& stand) {
        const std::uint32_t number = number_of(client);
        const auto goes_on = [&](const Standing& last) {
            return last.client == number && last.of.kind == stand.kind && last.of.state == stand.state &&
                   last.of.attempt == stand.attempt && last.of.unix_ms == stand.unix_ms &&
                   last.of.text == stand.text && last.of.ids.size() < wire::kBatchItemsMax;
        };
        if (standing_.empty() || !goes_on(standing_.back())) {
            standing_.push_back(
                {number,
                 {stand.kind, stand.state, stand.attempt, stand.unix_ms, std::string(stand.text), {}}});
        }
        standing_.back().of.ids.push_back(id);
        ++size_;
    }
    /// An event with an outcome, to be filled where it stays: it is large to move. Valid until the next one.
    [[nodiscard]] wire::Event& ends(const std::string& client) {
        ++size_;
        Ended& one = ended_.emplace_back();
        one.client = number_of(client);
        return one.event;
    }
    /// The one with an outcome before the last; null: there is none.
    [[nodiscard]] const wire::Event* before_last() const {
        return ended_.size() < 2 ? nullptr : &ended_[ended_.size() - 2].event;
    }

    [[nodiscard]] std::size_t size() const { return size_; }  ///< in events
    [[nodiscard]] bool empty() const { return size_ == 0; }
    void clear() {
        clients_.clear();
        numbers_.clear();
        standing_.clear();
        ended_.clear();
        size_ = 0;
    }

    /// Calls `visit(client, standing, ended)` for each client, with vectors of pointers to what it is told.
    template <typename Visit>
    void by_client(Visit visit) const {
        std::vector<const wire::Standing*> standing;
        std::vector<const wire::Event*> ended;
        ended.reserve(ended_.size());
        if (clients_.size() <= 1) {  // mostly
            for (const Standing& one : standing_) { standing.push_back(&one.of); }
            for (const Ended& one : ended_) { ended.push_back(&one.event); }
            if (!empty()) { visit(clients_.front(), standing, ended); }
            return;
        }
        const auto stands = in_order_of_clients(standing_);
        const auto ends = in_order_of_clients(ended_);
        auto next_standing = stands.begin();
        auto next_ended = ends.begin();
        for (std::uint32_t client = 0; client < clients_.size(); ++client) {
            standing.clear();
            ended.clear();
            for (; next_standing != stands.end() && (*next_standing)->client == client; ++next_standing) {
                standing.push_back(&(*next_standing)->of);
            }
            for (; next_ended != ends.end() && (*next_ended)->client == client; ++next_ended) {
                ended.push_back(&(*next_ended)->event);
            }
            visit(clients_[client], standing, ended);
        }
    }
    /// Calls `visit(client, event)` for each event: for tests, which look at one after the other.
    template <typename Visit>
    void for_each(Visit visit) const {
        by_client([&](const std::string& client, const auto& standing, const auto& ended) {
            for (const wire::Standing* one : standing) {
                for (const TaskId& id : one->ids) { visit(client, one->event_of(id)); }
            }
            for (const wire::Event* event : ended) { visit(client, *event); }
        });
    }

private:
    struct Standing {
        std::uint32_t client = 0;
        wire::Standing of;
    };
    struct Ended {
        std::uint32_t client = 0;
        wire::Event event;
    };

    [[nodiscard]] std::uint32_t number_of(const std::string& client) {
        if (last_ < clients_.size() && clients_[last_] == client) { return last_; }
        const auto [place, is_new] =
            numbers_.try_emplace(client, static_cast<std::uint32_t>(clients_.size()));
        if (is_new) { clients_.push_back(client); }
        return last_ = place->second;
    }
    template <typename T>
    static std::vector<const T*> in_order_of_clients(const std::vector<T>& all) {
        std::vector<const T*> out;
        out.reserve(all.size());
        for (const T& one : all) { out.push_back(&one); }
        std::stable_sort(out.begin(), out.end(),
                         [](const T* a, const T* b) { return a->client < b->client; });
        return out;
    }

    std::vector<std::string> clients_;  ///< the place of a name is its number
    std::unordered_map<std::string, std::uint32_t> numbers_;
    std::uint32_t last_ = 0;
    std::vector<Standing> standing_;
    std::vector<Ended> ended_;  ///< clear() keeps its memory for the next round
    std::size_t size_ = 0;
};

}  // namespace nias::core
