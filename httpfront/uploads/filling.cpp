#include "uploads/filling.hpp"

namespace nias::httpfront {

Filling::~Filling() {
    // An append of nothing waits for the other thread; the writer must not know of it when it is gone.
    if (beside_) { (void)writer_.append(std::span<const std::uint8_t>()); }
}

Status Filling::append(std::span<const std::uint8_t> bytes) {
    came_ += bytes.size();
    if (came_ < kBesideFromBytes) { return writer_.append(bytes); }
    if (!beside_) { beside_.emplace(); }
    Bytes copy = beside_->spare();
    copy.assign(bytes.begin(), bytes.end());
    return writer_.append(std::move(copy), *beside_);
}

}  // namespace nias::httpfront
