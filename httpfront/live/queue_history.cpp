#include "live/queue_history.hpp"

#include <boost/filesystem.hpp>
#include <fstream>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace nias::httpfront {
namespace {

namespace fs = boost::filesystem;

constexpr std::uintmax_t kFileBytesMax = 1U << 20U;  // all rings take a fifth of it
constexpr std::chrono::seconds kSampleEvery{5};
constexpr std::chrono::seconds kKeepEvery{60};
constexpr int kRestPerCount = 50;  // counting a long ledger takes at most this part of the time

std::int64_t unix_s_now() { return unix_ms_now() / 1000; }

std::string read_kept(const std::string& path) {
    boost::system::error_code error;
    const auto size = fs::file_size(path, error);
    if (error || size > kFileBytesMax) { return {}; }
    std::ifstream in(path, std::ios::binary);
    std::string text(size, '\0');
    in.read(text.data(), static_cast<std::streamsize>(size));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
    return text;
}

}  // namespace

std::unique_ptr<QueueHistory> QueueHistory::open(const std::string& data_dir, Stores& stores) {
    return std::unique_ptr<QueueHistory>(new QueueHistory(data_dir + "/queue-history", stores));
}

QueueHistory::QueueHistory(std::string path, Stores& stores)
    : path_(std::move(path)), stores_(stores), curve_(QueueCurve::read(read_kept(path_), unix_s_now())) {
    lane_ = std::make_unique<WorkLane>("queue", WorkLane::Bounds{.threads = 1, .waiting = 1});
    std::function<void()> work = [this] { run(); };
    if (!lane_->add(work)) { log::error("the history of the queue is not kept: its thread did not begin"); }
}

QueueHistory::~QueueHistory() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    wake_.notify_all();
    lane_.reset();
}

std::deque<QueueSample> QueueHistory::of(Span span) const {
    const std::lock_guard lock(mutex_);
    return curve_.of(span);
}

std::optional<double> QueueHistory::pace(std::int64_t now_s) const {
    const std::lock_guard lock(mutex_);
    return curve_.pace(now_s);
}

std::optional<std::chrono::milliseconds> QueueHistory::oldest_waits(std::int64_t now_ms) const {
    const std::lock_guard lock(mutex_);
    if (!oldest_since_ms_) { return std::nullopt; }
    if (*oldest_since_ms_ == 0) { return std::chrono::milliseconds(0); }
    return std::chrono::milliseconds(std::max<std::int64_t>(now_ms - *oldest_since_ms_, 0));
}

void QueueHistory::run() {
    Time keep_at = now() + kKeepEvery;
    while (true) {
        const Time begun = now();
        sample();
        if (now() >= keep_at) {
            keep();
            keep_at = now() + kKeepEvery;
        }
        const Duration rest = std::max<Duration>(kSampleEvery, kRestPerCount * (now() - begun));
        look_for_oldest();
        std::unique_lock lock(mutex_);
        if (wake_.wait_for(lock, rest, [this] { return ends_; })) { break; }
    }
    keep();
}

/// A server whose ventilator has not yet run has no numbers, and its history a gap.
void QueueHistory::sample() {
    const auto counts = stores_.counts();
    if (!counts) { return; }
    some_wait_ = counts->queued > 0;
    const std::lock_guard lock(mutex_);
    curve_.add({unix_s_now(), counts->queued, counts->running, counts->ended});
}

/// The walk bounds its own time, so that the rest between two samples is not made longer by it.
void QueueHistory::look_for_oldest() {
    std::optional<store::WaitingTask> oldest;
    if (some_wait_) {
        const Time begun = now();
        const TaskId from = walk_.from(begun);
        const auto found = stores_.oldest_waiting(from);
        if (!found) { return; }
        oldest = *found;
        walk_.walked(from, begun, now(), oldest);
    }
    const std::lock_guard lock(mutex_);
    oldest_since_ms_ = oldest ? oldest->submitted_unix_ms : 0;
}

/// Never half a file: written beside it and put in its place. What a power cut takes of it is a minute.
void QueueHistory::keep() {
    std::string text;
    {
        const std::lock_guard lock(mutex_);
        text = curve_.text();
    }
    const std::string beside = path_ + ".new";
    std::ofstream out(beside, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    boost::system::error_code error;
    if (out) { fs::rename(beside, path_, error); }
    const bool failed = !out || error;
    if (failed && !keeping_failed_) {
        log::warn(path_ + " cannot be written: the curves of the queue begin anew at the next start");
    }
    keeping_failed_ = failed;
}

}  // namespace nias::httpfront
