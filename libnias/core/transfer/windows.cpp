#include "core/transfer/windows.hpp"

#include <algorithm>

namespace nias::core {

wire::Grant ReceiveWindow::restart(Time, std::uint64_t most) {
    round_.reset();  // bytes under way may be lost, so the round measures nothing
    granted_ = std::max(granted_, std::min(size_, received_ + std::min(window_, most)));
    return {.hash = hash_, .resume_at = received_, .until_bytes = granted_};
}

bool ReceiveWindow::accept(const wire::Chunk& chunk, Time now) {
    const bool in_order = chunk.hash == hash_ && chunk.offset == received_;
    if (!in_order || chunk.data.empty() || chunk.data.size() > granted_ - received_) { return false; }
    received_ += chunk.data.size();
    if (!round_) { return true; }
    if (!round_->dry && received_ >= round_->until) { round_->dry = now; }
    if (received_ > round_->until) {
        grow(*round_, now);
        round_.reset();
    }
    return true;
}

// The sender sent `bytes` in `busy`, and waited for the rest of the round: at that rate, this is what it can
// send in two round trips. It did not wait: that is the window, and nothing changes.
void ReceiveWindow::grow(const Round& round, Time now) {
    const auto took = static_cast<double>((now - round.begun).count());
    const auto busy = static_cast<double>(std::max<Duration::rep>(1, (*round.dry - round.begun).count()));
    const auto bytes = static_cast<double>(round.until - round.from);
    const double wanted = std::min(2 * bytes * took / busy, 2 * static_cast<double>(window_));
    if (wanted < 1.25 * static_cast<double>(window_)) { return; }
    window_ = std::clamp(static_cast<std::uint64_t>(wanted), window_, std::max(window_, bounds_.most));
}

std::optional<wire::Grant> ReceiveWindow::due(Time now, std::uint64_t most) {
    const std::uint64_t window = std::min(window_, most);
    if (granted_ == size_ || granted_ - received_ > window / 2) { return std::nullopt; }
    const std::uint64_t from = granted_;
    granted_ = std::min(size_, received_ + window);
    if (!round_ && from > received_) {
        round_ = Round{.begun = now, .from = received_, .until = from, .dry = std::nullopt};
    }
    return wire::Grant{.hash = hash_, .resume_at = from, .until_bytes = granted_};
}

void SendWindow::on(const wire::Grant& grant, bool restart) {
    if (restart || grant.resume_at < position_) { position_ = std::min(grant.resume_at, size_); }
    until_ = std::min(grant.until_bytes, size_);
}

std::optional<SendWindow::Piece> SendWindow::next() const {
    if (position_ >= until_) { return std::nullopt; }
    return Piece{.offset = position_,
                 .length = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_, until_ - position_))};
}

}  // namespace nias::core
