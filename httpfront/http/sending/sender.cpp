#include "http/sending/sender.hpp"

#include <Poco/Thread.h>
#include <malloc.h>
#include <poll.h>

#include <array>
#include <condition_variable>
#include <list>
#include <mutex>
#include <vector>

#include "http/waker.hpp"
#include "options.hpp"

namespace nias::httpfront {
namespace {

constexpr std::chrono::milliseconds kTick{500};     // how late a deadline may be seen
constexpr std::size_t kTrimAfterBytes = 8U << 20U;  // answers that were held in memory, since the last time
constexpr std::chrono::seconds kDrainedWithin{30};  // a refused body is read no longer than this

struct Item {
    std::unique_ptr<Connection> connection;
    Outgoing outgoing;
    Pace pace;
    bool again = false;  // it could go on at once
    bool draining = false;
    Time until{};  // while draining
    Time latest{};
};

}  // namespace

class Sender::Impl {
public:
    explicit Impl(std::function<void(std::unique_ptr<Connection>)> back) : back_(std::move(back)) {
        thread_.startFunc([this] { run(); });
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() {
        stop_.store(true);
        waker_.wake();
        thread_.join();
    }

    void send(std::unique_ptr<Connection> connection, Outgoing outgoing) {
        Item item{std::move(connection), std::move(outgoing), Pace(now())};
        if (!go_on(item)) { return; }
        {
            const std::lock_guard lock(mutex_);
            if (!item.draining) { ++sending_; }
            arrivals_.push_back(std::move(item));
        }
        waker_.wake();
    }

    bool wait_idle(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        return idle_.wait_for(lock, patience, [this] { return sending_ == 0; });
    }

private:
    // False: the item is over, and its connection went back or is to be closed.
    bool go_on(Item& item) { return item.draining ? drain(item) : advance(item); }

    bool advance(Item& item) {
        std::size_t moved = 0;
        const auto step = item.outgoing.advance(*item.connection, moved);
        if (moved > 0) { item.pace.moved(moved, now()); }
        item.again = step == Outgoing::Step::again;
        if (step == Outgoing::Step::broken) { return false; }
        if (step != Outgoing::Step::done) { return true; }
        if (item.outgoing.after() == After::close) { return false; }
        if (item.outgoing.after() == After::next_request) {
            back_(std::move(item.connection));
            return false;
        }
        item.connection->end_sending();
        item.draining = true;
        item.until = now() + kLingerFor;
        item.latest = now() + kDrainedWithin;
        return drain(item);
    }

    static Time deadline_of(const Item& item) { return item.draining ? item.until : item.pace.deadline(); }

    // Reads and drops what has come.
    static bool drain(Item& item) {
        std::array<char, 16384> dropped{};
        for (int i = 0; i < 16; ++i) {
            const auto got = item.connection->receive_now(dropped);
            if (!got) { return true; }
            if (*got == 0) { return false; }
            item.until = std::min(now() + kLingerFor, item.latest);
        }
        item.again = true;
        return true;
    }

    void run() {
        while (!stop_.load()) {
            wait();
            take_arrivals();
            const Time at = now();
            for (auto it = items_.begin(); it != items_.end();) {
                const auto here = it++;
                const bool was_draining = here->draining;
                const bool woken = std::exchange(here->again, false);
                const bool lasts = (!woken || go_on(*here)) && at < deadline_of(*here);
                if (!was_draining && (!lasts || here->draining)) { sent_one(here->outgoing); }
                if (!lasts) { items_.erase(here); }
            }
            trim();
        }
    }

    void wait() {
        std::vector<pollfd> entries{{waker_.descriptor(), POLLIN, 0}};
        bool again = false;
        for (const Item& item : items_) {
            const short events = item.draining ? short{POLLIN} : item.connection->waits_for();
            entries.push_back({item.connection->descriptor(), events, 0});
            again = again || item.again;
        }
        if (::poll(entries.data(), entries.size(), again ? 0 : static_cast<int>(kTick.count())) < 0) {
            return;
        }
        waker_.drain();
        std::size_t index = 1;
        for (Item& item : items_) {
            if (entries[index++].revents != 0) { item.again = true; }
        }
    }

    void take_arrivals() {
        const std::lock_guard lock(mutex_);
        items_.splice(items_.end(), arrivals_);
    }

    void sent_one(const Outgoing& outgoing) {
        freed_ += outgoing.memory();
        const std::lock_guard lock(mutex_);
        if (--sending_ == 0) { idle_.notify_all(); }
    }

    // Long lists are made of many small pieces, which the allocator would keep for the next ones.
    void trim() {
        if (freed_ < kTrimAfterBytes) { return; }
        freed_ = 0;
        ::malloc_trim(0);
    }

    std::function<void(std::unique_ptr<Connection>)> back_;
    Waker waker_;
    std::atomic<bool> stop_{false};
    std::list<Item> items_;  // the thread's own, as the next
    std::size_t freed_ = 0;
    std::mutex mutex_;
    std::condition_variable idle_;
    std::list<Item> arrivals_;  // under mutex_, as the next; at most as many as connections
    std::size_t sending_ = 0;   // answers that are not whole with their client
    Poco::Thread thread_{"sender"};
};

Sender::Sender(std::function<void(std::unique_ptr<Connection>)> back)
    : impl_(std::make_unique<Impl>(std::move(back))) {}
Sender::~Sender() = default;
void Sender::send(std::unique_ptr<Connection> connection, Outgoing outgoing) {
    impl_->send(std::move(connection), std::move(outgoing));
}
bool Sender::wait_idle(std::chrono::milliseconds patience) { return impl_->wait_idle(patience); }

}  // namespace nias::httpfront
