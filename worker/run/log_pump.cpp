#include "worker/run/log_pump.hpp"

#include <algorithm>

namespace nias::worker {
namespace {

constexpr std::size_t kRecentBytes = 64 * 1024;
constexpr double kShowSeconds = 600;
constexpr std::uint64_t kMarkBytes = 64;  // a cut's line is shorter
constexpr std::uint64_t kExcerptBytes = 1024;
constexpr std::uint64_t kExcerptMost = 64 * 1024;

void keep_last(std::string& text, std::string_view bytes, std::size_t most) {
    text.append(bytes.substr(bytes.size() > most ? bytes.size() - most : 0));
    if (text.size() > 2 * most) {
        text.erase(0, text.size() - most);
    }  // seldom: the copy is paid once a half
}

}  // namespace

LogPump::LogPump(Out out, std::uint64_t max_bytes)
    : out_(std::move(out)), half_(std::max<std::uint64_t>(max_bytes / 2, 1)) {}

void LogPump::feed(std::string_view bytes) {
    if (bytes.empty()) { return; }
    keep_last(recent_, bytes, kRecentBytes);
    line_open_ = bytes.back() != '\n';
    const auto live = static_cast<std::size_t>(std::min<std::uint64_t>(half_ - head_bytes_, bytes.size()));
    if (live > 0) {
        head_bytes_ += live;
        out_(bytes.substr(0, live));
        bytes.remove_prefix(live);
    }
    held_bytes_ += bytes.size();
    keep_last(tail_, bytes, static_cast<std::size_t>(half_));
}

void LogPump::say(std::string_view line) {
    feed((line_open_ ? "\n[nias] " : "[nias] ") + std::string(line) + "\n");
}

/// Half of the second half may be shown while the program runs. After t seconds t/(t + kShowSeconds) of that
/// may have been spent: lively at first, and never all of it, however long the program runs.
void LogPump::tick(Time at) {
    if (held_bytes_ == 0) { return; }
    if (!full_since_) { full_since_ = at; }
    const auto spent = std::chrono::duration_cast<std::chrono::duration<double>>(at - *full_since_).count();
    const auto allowed =
        static_cast<std::uint64_t>(static_cast<double>(half_ / 2) * (spent / (spent + kShowSeconds)));
    const std::uint64_t left = allowed > shown_bytes_ ? allowed - shown_bytes_ : 0;
    if (left < kMarkBytes + std::min<std::uint64_t>(held_bytes_, kExcerptBytes)) { return; }
    shown_bytes_ += send_newest(std::min<std::uint64_t>(left - kMarkBytes, kExcerptMost));
}

/// Sends the last `most` bytes of what is held, after a line that marks what is left out before them.
std::uint64_t LogPump::send_newest(std::uint64_t most) {
    if (tail_.size() > most) { tail_.erase(0, tail_.size() - static_cast<std::size_t>(most)); }
    const std::uint64_t cut = held_bytes_ - tail_.size();
    std::string mark;
    if (cut > 0) { mark = "\n[… " + std::to_string(cut) + " bytes cut …]\n"; }
    const std::uint64_t sent = mark.size() + tail_.size();
    if (!mark.empty()) { out_(mark); }
    if (!tail_.empty()) { out_(tail_); }
    tail_.clear();
    held_bytes_ = 0;
    return sent;
}

void LogPump::finish() { (void)send_newest(half_ > shown_bytes_ ? half_ - shown_bytes_ : 0); }

}  // namespace nias::worker
