#include "live/event_hub.hpp"

#include <Poco/Thread.h>
#include <poll.h>
#include <nias/watcher.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <map>
#include <set>
#include <unordered_map>

#include "api/job_json.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "http/waker.hpp"
#include "live/end_waits.hpp"
#include "live/history.hpp"
#include "live/reader.hpp"
#include "live/soft_states.hpp"
#include "options.hpp"

namespace nias::httpfront {
namespace {

constexpr std::size_t kHeardMax = 10'000;  // events that wait for the hub's thread
constexpr std::size_t kRefreshMax = 200;   // jobs that are sent anew where it cannot
constexpr std::size_t kBusy = 100;
constexpr std::size_t kOwnersMax = 10'000;  // jobs that told of their progress
constexpr std::chrono::milliseconds kTick{1000};
constexpr std::chrono::milliseconds kArraysEvery{500};  // an array is told so often at most
constexpr std::chrono::seconds kEndedKept{60};          // longer than a request takes to become a stream

}  // namespace

class EventHub::Impl {
public:
    Impl(Stores& stores, std::function<void(const TaskEvent&)> on_end)
        : stores_(stores), on_end_(std::move(on_end)) {
        thread_.startFunc([this] { run(); });
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() {
        watch_.reset();  // no callback comes any more
        stop_.store(true);
        waker_.wake();
        thread_.join();
    }

    Status watch(const std::string& events, const std::string& output) {
        WatcherCallbacks callbacks;
        callbacks.on_state = [this](const TaskEvent& event) {
            soft_.heard(event.id, event.state, event.attempt, now(), unix_ms_now());
            if (has_ended(event.state)) {
                waits_.heard_end(event.id);
                on_end_(event);
            }
            hear(StateHeard{event.id, event.state, event.attempt, event.group});
        };
        callbacks.on_log = [this](const AttemptRef& attempt, std::uint64_t, std::string_view) {
            hear(LogHeard{attempt});
        };
        callbacks.on_progress = [this](const AttemptRef& attempt, double fraction, const std::string& text) {
            hear(NewsHeard{attempt.id, event_frame("progress", "", progress_json(attempt, fraction, text))});
        };
        callbacks.on_file = [this](const AttemptRef& attempt, const std::string& name, std::uint64_t size) {
            hear(NewsHeard{attempt.id, event_frame("file", "", file_json(attempt, name, size))});
        };
        auto watch = Watcher::open({.events = events, .control = {}, .output = output}, std::move(callbacks));
        if (!watch) { return watch.error(); }
        watch_ = std::make_unique<Watcher>(std::move(*watch));
        return {};
    }

    [[nodiscard]] bool has_room() const { return !closed_.load() && count_.load() < kStreamsMax; }

    [[nodiscard]] std::size_t listeners() const { return count_.load(); }

    void adopt(std::unique_ptr<Connection> connection, const EventStream& stream) {
        {
            const std::lock_guard lock(mutex_);
            if (closed_.load() || arrivals_.size() >= kStreamsMax) { return; }
            arrivals_.emplace_back(std::move(connection), stream);
        }
        ++count_;
        waker_.wake();
    }

    void end_streams(const std::string& reader) {
        {
            const std::lock_guard lock(mutex_);
            ended_readers_[reader] = now();
        }
        waker_.wake();
    }

    void close() {
        closed_.store(true);
        waker_.wake();
        waits_.close();
    }

    void wait_for_end(const TaskId& id, Time deadline, const std::function<bool()>& ended) {
        waits_.wait(id, deadline, ended);
    }

    void overlay(store::TaskRecord& record) const { soft_.apply(record, now()); }

private:
    // On the watch's thread: queue and go.
    void hear(Heard heard) {
        if (count_.load() == 0 && !std::holds_alternative<StateHeard>(heard)) { return; }
        {
            const std::lock_guard lock(mutex_);
            if (heard_.size() >= kHeardMax) {
                overrun_ = true;
                return;
            }
            heard_.push_back(std::move(heard));
        }
        waker_.wake();
    }

    void run() {
        while (!stop_.load()) {
            wait();
            const Time at = now();
            take_arrivals(at);
            end_those_who_may_not(at);
            take_heard();
            tell_arrays(at);
            for (Reader& reader : readers_) { keep(reader, at); }
            if (closed_.load()) { readers_.clear(); }
            readers_.remove_if([](const Reader& reader) { return reader.lost; });
            const std::lock_guard lock(mutex_);
            if (closed_.load()) { arrivals_.clear(); }
            count_.store(readers_.size() + arrivals_.size());
        }
    }

    void wait() {
        std::vector<pollfd> entries{{waker_.descriptor(), POLLIN, 0}};
        for (const Reader& reader : readers_) {
            entries.push_back({reader.connection->descriptor(),
                               static_cast<short>(reader.out.empty() ? POLLIN : POLLIN | POLLOUT), 0});
        }
        const bool behind = std::any_of(readers_.begin(), readers_.end(), [](const Reader& r) {
            return r.log.is_behind() && r.out.size() < kPieceBytes;
        });
        const auto patience = behind                    ? std::chrono::milliseconds(0)
                              : changed_arrays_.empty() ? kTick
                                                        : kArraysEvery;
        if (::poll(entries.data(), entries.size(), static_cast<int>(patience.count())) < 0) { return; }
        waker_.drain();
        std::size_t index = 1;
        for (Reader& reader : readers_) {
            if ((entries[index++].revents & (POLLIN | POLLERR | POLLHUP)) == 0) { continue; }
            std::array<char, 1024> dropped{};  // a reader of events has nothing more to say
            const auto count = reader.connection->receive_now(dropped);
            if (count && *count == 0) { reader.lost = true; }
        }
    }

    void take_arrivals(Time at) {
        std::deque<std::pair<std::unique_ptr<Connection>, EventStream>> arrivals;
        {
            const std::lock_guard lock(mutex_);
            arrivals.swap(arrivals_);
        }
        for (auto& [connection, stream] : arrivals) {
            Reader reader;
            reader.connection = std::move(connection);
            reader.beat_at = at + kHeartbeatEvery;
            reader.out = "retry: 2000\n: this stream tells of every change\n\n";
            reader.name = stream.reader;
            reader.owner = stream.owner;
            reader.job = stream.log;
            reader.asked_at = stream.asked_at;
            if (stream.ends_within.count() > 0) { reader.ends_at = at + stream.ends_within; }
            if (stream.log) { follow_log(reader, *stream.log, stream.log_offset); }
            if (!stream.last_event_id.empty()) { tell_missed(reader, stream.last_event_id); }
            readers_.push_back(std::move(reader));
        }
    }

    void end_those_who_may_not(Time at) {
        std::map<std::string, Time> ended;
        {
            const std::lock_guard lock(mutex_);
            std::erase_if(ended_readers_, [at](const auto& one) { return one.second + kEndedKept < at; });
            ended = ended_readers_;
        }
        for (Reader& reader : readers_) {
            const auto found = ended.find(reader.name);
            // One that was asked for before the end and arrives after it was allowed by what is no longer
            // true.
            const bool ends = found != ended.end() && reader.asked_at <= found->second;
            if (ends || (reader.ends_at && *reader.ends_at <= at)) { reader.lost = true; }
        }
    }

    void follow_log(Reader& reader, const TaskId& id, std::optional<std::uint64_t> offset) {
        const auto record = stores_.find(id);
        if (record && *record) { reader.log.begin({id, (*record)->task.attempt}, offset, stores_.logs()); }
    }

    // Tells what changed since the event that the reader saw last; where that is too long ago, the newest
    // jobs.
    void tell_missed(Reader& reader, const std::string& last) {
        if (const auto missed = history_.since(last)) {
            for (const TaskId& id : *missed) { tell_again(reader, id); }
            return;
        }
        store::ListQuery query;
        query.limit = kRefreshMax;
        query.owner = reader.owner;
        const auto jobs = stores_.list_jobs(query);
        if (!jobs) { return log::warn("a listener was not told what it missed: " + jobs.error().message); }
        for (const store::JobView& job : *jobs) { tell_again(reader, job.record.task.id); }
    }

    // Never so much that the reader is dropped for it, and comes again for the same.
    void tell_again(Reader& reader, const TaskId& id) {
        if (reader.out.size() >= kStreamBufferMax / 2) { return; }
        const JobNews news = job_news(id, std::nullopt);
        if (reader.may_hear(id, news.owner)) { reader.out += news.text; }
    }

    void take_heard() {
        std::deque<Heard> heard;
        bool overrun = false;
        {
            const std::lock_guard lock(mutex_);
            heard.swap(heard_);
            std::swap(overrun, overrun_);
        }
        if (overrun) {  // they connect again and fetch what is true by then
            log::warn("events came faster than they could be told: listeners are asked to connect again");
            for (Reader& reader : readers_) { reader.lost = true; }
        }
        busy_ = heard.size() > kBusy;
        for (const Heard& one : heard) {
            std::visit([this](const auto& what) { tell(what); }, one);
        }
    }

    // The whole of an array is told by tell_arrays(), some time later, and a member to whoever looks at it.
    void tell(const StateHeard& heard) {
        if (heard.group == TaskId{}) { return tell_of(heard.id, heard); }
        changed_arrays_.insert(heard.group);
        const auto looks = [&](const Reader& reader) { return reader.job == heard.id; };
        if (std::none_of(readers_.begin(), readers_.end(), looks)) { return; }
        const JobNews news = job_news(heard.id, heard);
        for (Reader& reader : readers_) {
            if (looks(reader)) { reader.add(news.text); }
        }
    }

    void tell_of(const TaskId& id, const std::optional<StateHeard>& heard) {
        history_.add(id);
        if (readers_.empty()) { return; }
        const JobNews news = job_news(id, heard);
        for (Reader& reader : readers_) {
            if (reader.may_hear(id, news.owner)) { reader.add(news.text); }
        }
    }

    // Each array that changed is told once in a while, however many of its members did.
    void tell_arrays(Time at) {
        if (changed_arrays_.empty() || at < arrays_told_ + kArraysEvery) { return; }
        arrays_told_ = at;
        for (const TaskId& group : std::exchange(changed_arrays_, {})) {
            if (waits_.waits_for(group)) {  // counting many members takes its time
                const auto whole = stores_.find_job(group);
                if (whole && *whole && has_ended((*whole)->record.state)) { waits_.heard_end(group); }
            }
            tell_of(group, std::nullopt);
        }
    }

    // The ledger has an end before it is told, and anything else a little later than it is told.
    JobNews job_news(const TaskId& id, const std::optional<StateHeard>& heard) {
        auto found = stores_.find_job(id);
        if (!found) { log::warn("an event was not told: " + found.error().message); }
        if (!found || !*found) { return {}; }
        store::JobView& view = **found;
        store::TaskRecord& job = view.record;
        const std::string event_id = history_.event_id();
        if (view.array) {
            return {job.task.owner, event_frame("job", event_id, job_json(view, std::nullopt))};
        }
        if (heard && !has_ended(job.state) && !has_ended(heard->state) &&
            heard->attempt >= job.task.attempt) {
            job.state = heard->state;
            job.task.attempt = heard->attempt;
            if (job.state == TaskState::running && job.started_unix_ms == 0) {
                job.started_unix_ms = unix_ms_now();
            }
        } else {
            overlay(job);
        }
        const auto place = busy_ ? std::nullopt : stores_.place_of(job);
        return {job.task.owner, event_frame("job", event_id, job_json(view, place))};
    }

    // Progress comes many times a job, and its owner never changes: the ledger is asked once.
    std::optional<std::string> owner_of(const TaskId& id) {
        if (const auto found = owners_.find(id); found != owners_.end()) { return found->second; }
        const auto record = stores_.find(id);
        if (!record || !*record) { return std::nullopt; }
        if (owners_.size() >= kOwnersMax) { owners_.clear(); }
        return owners_.emplace(id, (*record)->task.owner).first->second;
    }

    void tell(const LogHeard& heard) {
        for (Reader& reader : readers_) { reader.log.note(heard.attempt); }
    }

    void tell(const NewsHeard& heard) {
        if (readers_.empty()) { return; }
        const bool for_all =
            std::all_of(readers_.begin(), readers_.end(), [](const Reader& reader) { return !reader.owner; });
        const auto owner = for_all ? std::optional<std::string>("") : owner_of(heard.id);
        if (!owner) { return; }
        for (Reader& reader : readers_) {
            if (reader.may_hear(heard.id, *owner)) { reader.add(heard.frame); }
        }
    }

    void keep(Reader& reader, Time at) {
        if (reader.log.is_behind() && reader.out.size() < kPieceBytes) {
            reader.out += reader.log.read(stores_.logs());
        }
        if (reader.out.empty() && at >= reader.beat_at) { reader.out = ": beat\n\n"; }
        if (at >= reader.beat_at) { reader.beat_at = at + kHeartbeatEvery; }
        reader.send();
    }

    Stores& stores_;
    std::function<void(const TaskEvent&)> on_end_;
    SoftStates soft_;
    Waker waker_;
    std::atomic<bool> stop_{false};
    std::atomic<bool> closed_{false};
    std::atomic<std::size_t> count_{0};

    std::mutex mutex_;
    std::deque<std::pair<std::unique_ptr<Connection>, EventStream>> arrivals_;  // under mutex_
    std::deque<Heard> heard_;                                                   // under mutex_
    bool overrun_ = false;                                                      // under mutex_
    std::map<std::string, Time> ended_readers_;  // under mutex_; accounts whose streams were to end, and when

    EndWaits waits_;

    std::list<Reader> readers_;  // the thread's own, as the rest
    History history_{make_incarnation()};
    std::set<TaskId> changed_arrays_;                 // to be told next
    Time arrays_told_{};                              // when they were told last
    std::unordered_map<TaskId, std::string> owners_;  // at most kOwnersMax
    bool busy_ = false;  // so much is heard at once that places in line are not counted

    Poco::Thread thread_{"events"};
    std::unique_ptr<Watcher> watch_;
};

EventHub::EventHub(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventHub::~EventHub() = default;
bool EventHub::has_room() const { return impl_->has_room(); }
std::size_t EventHub::listeners() const { return impl_->listeners(); }
void EventHub::adopt(std::unique_ptr<Connection> connection, const EventStream& stream) {
    impl_->adopt(std::move(connection), stream);
}
void EventHub::end_streams(const std::string& reader) { impl_->end_streams(reader); }
void EventHub::wait_for_end(const TaskId& id, Time deadline, const std::function<bool()>& ended) {
    impl_->wait_for_end(id, deadline, ended);
}
void EventHub::close() { impl_->close(); }
void EventHub::overlay(store::TaskRecord& record) const { impl_->overlay(record); }

Result<std::unique_ptr<EventHub>> EventHub::open(const std::string& events, const std::string& output,
                                                 Stores& stores,
                                                 std::function<void(const TaskEvent&)> on_end) {
    auto impl = std::make_unique<Impl>(stores, std::move(on_end));
    if (auto watching = impl->watch(events, output); !watching) { return watching.error(); }
    return std::unique_ptr<EventHub>(new EventHub(std::move(impl)));
}

}  // namespace nias::httpfront
