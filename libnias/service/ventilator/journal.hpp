/// Writes a ventilator's journal to its ledger, a batch at a time, on a thread of its own, so that the loop
/// reads and decides while the disk works. The ventilator's loop is its only caller.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/effects/journal.hpp"
#include "net/socket.hpp"
#include "store/forgotten/forgotten.hpp"
#include "store/ledger/ledger.hpp"

namespace nias::service {

class Journal {
public:
    using Batch = core::Journal;
    using Forgets = std::vector<store::ForgetChange>;

    /// Below so many tasks write() commits before it returns: to wake a thread costs more than it saves.
    static constexpr std::size_t kInPlaceMax = 64;

    /// `loop` is woken whenever a batch is done.
    Journal(store::Ledger ledger, const net::Waker& loop);
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    /// Commits what it was given, then ends the thread.
    ~Journal();

    /// Begins to write this batch as one transaction, without its soft states. Nothing else may be under way.
    /// `forgets` come behind the ends of the batch.
    void write(Batch batch, Forgets forgets = {});
    /// How the last batch ended: durable, or the error that kept it from being so; nothing while it is under
    /// way. Does not block.
    [[nodiscard]] std::optional<Status> done();
    /// As done(), for who can wait.
    [[nodiscard]] Status wait();
    /// An empty batch with the room of the last one, once that is done.
    [[nodiscard]] Batch spare() { return std::exchange(batch_, {}); }

private:
    void run();
    [[nodiscard]] Status commit(const Batch& batch);

    std::vector<store::AcceptedTasks> adds_;  ///< additions of a batch, kept for their memory
    std::vector<store::EndedTasks> ends_;
    store::Ledger ledger_;  ///< the thread's while `given_`, else the caller's
    const net::Waker& loop_;
    Batch batch_;       ///< as ledger_
    Forgets forgets_;   ///< as ledger_
    std::mutex mutex_;  ///< guards all below
    std::condition_variable changed_;
    bool given_ = false;
    bool closing_ = false;
    Status result_;
    std::thread thread_;
};

}  // namespace nias::service
