/// Event streams (SSE): what the ventilator and the sink tell, to every browser that listens. One thread owns
/// the streams; each has a bounded buffer, and a reader slower than that is dropped and connects again. The
/// callbacks of Watch only queue. Used by server (adopt) and the handlers (overlay).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <nias/watcher.hpp>

#include "base/clock.hpp"
#include "http/answer.hpp"
#include "http/connection.hpp"
#include "site/stores.hpp"
#include "store/ledger/ledger.hpp"

namespace nias::httpfront {

class EventHub {
public:
    /// `events` of the ventilator, `output` of the sink. `on_end` hears each task that ends, on the watch's
    /// thread. `stores` outlives the hub.
    static Result<std::unique_ptr<EventHub>> open(const std::string& events, const std::string& output,
                                                  Stores& stores,
                                                  std::function<void(const TaskEvent&)> on_end);
    EventHub(const EventHub&) = delete;
    EventHub& operator=(const EventHub&) = delete;
    ~EventHub();  ///< ends the thread and closes the streams

    [[nodiscard]] bool has_room() const;
    [[nodiscard]] std::size_t listeners() const;
    /// Returns when the job has ended, at the deadline, or when the hub closes. `ended` looks whether it has.
    void wait_for_end(const TaskId& id, Time deadline, const std::function<bool()>& ended);
    /// Takes over a connection whose head was sent.
    void adopt(std::unique_ptr<Connection> connection, const EventStream& stream);
    /// Ends the streams of this account: what they may tell has changed, or nobody may read them any more.
    /// Readers who still may connect again.
    void end_streams(const std::string& reader);
    /// Ends every stream; adopts no more.
    void close();
    /// The ledger's soft states come up to 200 ms late: says what was heard since.
    void overlay(store::TaskRecord& record) const;

private:
    class Impl;
    explicit EventHub(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace nias::httpfront
