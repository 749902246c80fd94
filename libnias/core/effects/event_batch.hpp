/// The events of one step of dispatch, gathered by client. Most events say the same of many tasks (that they
/// were accepted, or which worker has them), so neighbours that differ only in the task share one entry.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/dispatch/book/clients.hpp"
#include "wire/limits.hpp"
#include "wire/messages.hpp"
#include "wire/weight.hpp"

namespace nias::core {

/// Events of one task stay in order. Across tasks, events without an outcome are sent first.
class EventBatch {
public:
    /// An event without an outcome.
    struct StateChange {
        wire::EventKind kind;
        TaskState state;
        Attempt attempt;
        std::int64_t unix_ms;
        std::string_view text;  ///< a reason, or the name of the worker
        TaskId group{};         ///< group of the task; all zero: none
        wire::EventCode code = wire::EventCode::none;
    };
    void stands(const std::string& client, const TaskId& id, const StateChange& stand) {
        stands(number_of(client), id, stand);
    }
    void stands(const Clients::Client& client, const TaskId& id, const StateChange& stand) {
        stands(number_of(client), id, stand);
    }

    /// An event with an outcome.
    struct End {
        TaskState state;
        Attempt attempt;
        std::int64_t unix_ms;
        std::string_view text;
        const Outcome& outcome;                ///< its id and output are not read
        std::span<const std::uint8_t> output;  ///< output of this task
        /// Ends with the same run number differ only in id and output. 0 means: in no run.
        std::uint64_t run_number;
        TaskId group{};  ///< group of the task; all zero: none
    };
    /// Returns the run to which this end was appended.
    const wire::Run<wire::Event>& ends(const Clients::Client& client, const TaskId& id, const End& end) {
        const std::uint32_t number = number_of(client);
        ++size_;
        if (!goes_on(number, end)) { begin(number, end); }
        wire::Run<wire::Event>& run = ended_.back().run;
        run.add(id, end.output);
        return run;
    }
    /// Tells again the event of a task that ended before.
    void ended_before(const std::string& client, const wire::Event& event) {
        ++size_;
        const std::uint32_t number = number_of(client);
        const wire::Runs<wire::Event> one{event};
        ended_.push_back({number, 0, one.runs().front()});
    }

    [[nodiscard]] std::size_t size() const { return size_; }  ///< number of events
    [[nodiscard]] bool empty() const { return size_ == 0; }
    void clear() {
        clients_.clear();
        numbers_.clear();
        standing_.clear();
        ended_.clear();
        known_ = 0;
        size_ = 0;
    }

    /// Calls `visit(client, standing, ended)` for each client, with vectors of pointers to what it is told.
    template <typename Visit>
    void by_client(Visit visit) const {
        std::vector<const wire::Standing*> standing;
        std::vector<const wire::Run<wire::Event>*> ended;
        if (clients_.size() <= 1) {  // mostly
            for (const Standing& one : standing_) { standing.push_back(&one.of); }
            for (const Ended& one : ended_) { ended.push_back(&one.run); }
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
                ended.push_back(&(*next_ended)->run);
            }
            visit(clients_[client], standing, ended);
        }
    }

private:
    struct Standing {
        std::uint32_t client = 0;
        wire::Standing of;
    };
    struct Ended {
        std::uint32_t client = 0;
        std::uint64_t run_number = 0;
        wire::Run<wire::Event> run;
    };

    void stands(std::uint32_t client, const TaskId& id, const StateChange& stand) {
        const auto goes_on = [&](const Standing& last) {
            return last.client == client && last.of.kind == stand.kind && last.of.state == stand.state &&
                   last.of.attempt == stand.attempt && last.of.unix_ms == stand.unix_ms &&
                   last.of.text == stand.text && last.of.group == stand.group && last.of.code == stand.code &&
                   last.of.ids.size() < wire::kBatchItemsMax;
        };
        if (standing_.empty() || !goes_on(standing_.back())) {
            standing_.push_back({client,
                                 {stand.kind,
                                  stand.state,
                                  stand.attempt,
                                  stand.unix_ms,
                                  std::string(stand.text),
                                  {},
                                  stand.group,
                                  stand.code}});
        }
        standing_.back().of.ids.push_back(id);
        ++size_;
    }
    [[nodiscard]] bool goes_on(std::uint32_t client, const End& end) const {
        if (end.run_number == 0 || ended_.empty()) { return false; }
        const Ended& last = ended_.back();
        const std::size_t bytes = wire::weight(last.run) + sizeof(TaskId) + end.output.size();
        return last.run_number == end.run_number && last.client == client &&
               last.run.shared.state == end.state && last.run.shared.group == end.group &&
               last.run.size() < wire::kBatchItemsMax && bytes <= wire::kEventFrameBytes;
    }
    void begin(std::uint32_t client, const End& end) {
        Ended& one = ended_.emplace_back();
        one.client = client;
        wire::Event& shared = one.run.shared;
        shared.kind = wire::EventKind::ended;
        shared.state = end.state;
        shared.attempt = end.attempt;
        shared.unix_ms = end.unix_ms;
        shared.text = end.text;
        shared.group = end.group;
        shared.outcome.emplace(end.outcome);
        shared.outcome->id = {};
        shared.outcome->output = {};
        one.run_number = wire::may_share(wire::text_bytes(shared)) ? end.run_number : 0;
    }

    [[nodiscard]] std::uint32_t number_of(const std::string& client) {
        known_ = 0;
        const auto [place, is_new] =
            numbers_.try_emplace(client, static_cast<std::uint32_t>(clients_.size()));
        if (is_new) { clients_.push_back(client); }
        return place->second;
    }
    [[nodiscard]] std::uint32_t number_of(const Clients::Client& client) {
        if (known_ != client.number) {
            known_number_ = number_of(client.name);
            known_ = client.number;
        }
        return known_number_;
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

    std::vector<std::string> clients_;  ///< a client's number here is its index
    std::unordered_map<std::string, std::uint32_t> numbers_;
    std::uint64_t known_ = 0;         ///< Client::number of the client looked up last; 0: none
    std::uint32_t known_number_ = 0;  ///< number here of that client
    std::vector<Standing> standing_;
    std::vector<Ended> ended_;
    std::size_t size_ = 0;
};

}  // namespace nias::core
