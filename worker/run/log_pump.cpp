#include "worker/run/log_pump.hpp"

#include <algorithm>

namespace nias::worker {
namespace {

constexpr std::size_t kRecentBytes = 8192;

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

void LogPump::finish() {
    if (tail_.size() > half_) { tail_.erase(0, tail_.size() - static_cast<std::size_t>(half_)); }
    const std::uint64_t cut = held_bytes_ - tail_.size();
    if (cut > 0) { out_("\n[… " + std::to_string(cut) + " bytes cut …]\n"); }
    if (!tail_.empty()) { out_(tail_); }
    tail_.clear();
    held_bytes_ = 0;
}

}  // namespace nias::worker
