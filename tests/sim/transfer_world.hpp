/// The simulated bulk channel: clients that put blobs and fetch them back, a sink that crashes in the middle.
/// Real windows, Put, Fetch and Uploads; the network, the disk and everything else come from the seed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "checkers.hpp"
#include "core/transfer/requests.hpp"
#include "core/transfer/uploads.hpp"
#include "random.hpp"
#include "transfer_disk.hpp"

namespace nias::sim {

class TransferWorld {
public:
    explicit TransferWorld(std::uint64_t seed);
    /// Runs to the end; throws Broken.
    void run();
    [[nodiscard]] std::string summary() const;

private:
    struct Planned {
        std::int64_t at = 0;
        std::uint64_t order = 0;
        std::function<void()> act;
        bool operator>(const Planned& other) const {
            return at != other.at ? at > other.at : order > other.order;
        }
    };
    struct Client {
        std::string name;
        bool lies = false;             ///< sends other bytes than it offers
        std::uint64_t connection = 0;  ///< raised by each reconnection: another routing id
        std::int64_t stopped_until = 0;
        std::int64_t late_until = 0;      ///< a message of its links is late until then
        std::vector<std::size_t> wishes;  ///< blobs, by number; the last one is in work
        bool knows_name = false;          ///< it offers the blob by name; else the sink names it
        BlobRef offered;                  ///< by the put
        std::optional<core::Put> put;
        std::optional<core::Fetch> fetch;
        Bytes fetched;
        std::optional<std::uint64_t> credit;  ///< credit of the last Grant that it has heard
        /// Bytes sent of the blob in work, and those that may have been in vain.
        std::uint64_t sent = 0;
        std::uint64_t spent = 0;
        [[nodiscard]] std::string peer() const { return name + "." + std::to_string(connection); }
    };

    [[nodiscard]] Time now() const {
        return Time{} + std::chrono::hours(1) + std::chrono::milliseconds(clock_);
    }
    [[nodiscard]] bool faulty() const { return clock_ < faults_until_ms_; }
    void after(std::int64_t ms, std::function<void()> act);
    void every(std::int64_t ms, std::function<void()> act);
    void carry(Client& client, bool to_sink, std::function<void()> deliver);
    void fault();
    void crash_sink();
    void sink(const std::function<void(core::Uploads&, core::Uploads::Replies&)>& input);
    void serve(Client& client, const std::string& peer, const BlobHash& hash, std::uint64_t from,
               std::uint64_t until);
    void to_sink(Client& client, const wire::Message& message);
    void to_client(Client& client, const std::string& peer, const wire::Message& message);
    void step(Client& client);
    void begin_put(Client& client);
    void send_chunks(Client& client);
    void on(Client& client, const wire::Message& message);
    void next_wish(Client& client);
    void stored(Client& client);
    [[nodiscard]] bool done() const;
    [[nodiscard]] std::string unfinished() const;

    Random random_;
    Random naming_;      ///< draws which clients know names, apart from all else
    bool calm_ = false;  ///< the sink is killed, and nothing else happens: then little is sent in vain
    double loss_ = 0;
    double twice_ = 0;
    double power_cuts_ = 0;  ///< share of the sink's crashes that are power cuts
    bool ordered_ = true;
    std::int64_t delay_ms_ = 1;
    std::int64_t faults_until_ms_ = 0;
    std::int64_t clock_ = 0;
    std::uint64_t order_ = 0;
    std::priority_queue<Planned, std::vector<Planned>, std::greater<>> plan_;
    std::map<std::string, std::int64_t> link_busy_until_;

    core::UploadBounds bounds_;
    TransferDisk disk_;
    std::unique_ptr<core::Uploads> uploads_;  ///< null: the sink is down
    std::int64_t sink_slow_until_ = 0;        ///< it stands still: a sync takes long
    std::vector<Bytes> blobs_;
    std::vector<BlobRef> names_;
    std::vector<int> wishers_;  ///< clients that want each blob
    std::vector<Client> clients_;
    std::uint64_t crashes_ = 0;
    std::uint64_t refusals_ = 0;
    std::uint64_t transfers_ = 0;
};

}  // namespace nias::sim
