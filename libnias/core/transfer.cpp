#include "core/transfer.hpp"

#include <algorithm>

namespace nias::core {

wire::Grant ReceiveWindow::restart() {
    granted_ = std::min(size_, received_ + window_);
    return {.hash = hash_, .resume_at = received_, .until_bytes = granted_};
}

bool ReceiveWindow::take(const wire::Chunk& chunk) {
    const bool in_order = chunk.hash == hash_ && chunk.offset == received_;
    if (!in_order || chunk.data.empty() || chunk.data.size() > granted_ - received_) { return false; }
    received_ += chunk.data.size();
    return true;
}

std::optional<wire::Grant> ReceiveWindow::due() {
    if (granted_ == size_ || granted_ - received_ > window_ / 2) { return std::nullopt; }
    const std::uint64_t from = granted_;
    granted_ = std::min(size_, received_ + window_);
    return wire::Grant{.hash = hash_, .resume_at = from, .until_bytes = granted_};
}

void SendWindow::on(const wire::Grant& grant, bool restart) {
    if (restart || grant.resume_at < position_) { position_ = std::min(grant.resume_at, size_); }
    until_ = std::min(grant.until_bytes, size_);
}

std::optional<SendWindow::Piece> SendWindow::next() const {
    if (position_ >= until_) { return std::nullopt; }
    return Piece{
        .offset = position_,
        .length = static_cast<std::size_t>(std::min<std::uint64_t>(wire::kChunkBytes, until_ - position_))};
}

}  // namespace nias::core
