#include "service/callback_guard.hpp"

#include "base/log.hpp"

namespace nias::service {
namespace {

constexpr auto kLogEvery = std::chrono::seconds(1);  // a callback that always throws fills no disk

}  // namespace

void CallbackGuard::begin(Time now) {
    const std::lock_guard lock(mutex_);
    began_ = now;
}

void CallbackGuard::end(Time now) {
    const std::lock_guard lock(mutex_);
    took_ = now - began_;
    ended_ = now;
    began_ = {};
}

Duration CallbackGuard::ran(Time since, Time now) const {
    const std::lock_guard lock(mutex_);
    if (began_ != Time{}) { return now - began_; }
    return ended_ > since ? took_ : Duration::zero();
}

Status CallbackGuard::status() const {
    const std::lock_guard lock(mutex_);
    if (thrown_ == 0) { return {}; }
    return Error{
        ErrorCode::internal,
        last_ + (thrown_ == 1 ? "" : "; " + std::to_string(thrown_) + " exceptions came out of callbacks")};
}

void CallbackGuard::threw(std::string_view name, std::string_view words) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        ++thrown_;
        last_ = who_ + ": " + std::string(name) + " threw: " + std::string(words);
        const Time time = now();
        if (thrown_ > 1 && time - logged_ < kLogEvery) { return; }
        logged_ = time;
        log::error(last_);
    } catch (const std::exception&) {  // no memory for the words: the count has told of it
        return;
    }
}

}  // namespace nias::service
