#include "service/dropped_frames.hpp"

#include "base/log.hpp"

namespace nias::service {
namespace {

constexpr auto kTellEvery = std::chrono::minutes(1);

}  // namespace

void DroppedFrames::add(std::string_view why, Time now) {
    ++count_;
    ++untold_;
    last_ = why;
    tell(now);
}

void DroppedFrames::add_misplaced(std::string_view message, Time now) {
    add(std::string(message) + " does not belong here", now);
}

void DroppedFrames::look(const net::Socket& socket, Time now) {
    if (const std::uint64_t malformed = socket.malformed(); malformed != malformed_) {
        count_ += malformed - malformed_;
        untold_ += malformed - malformed_;
        malformed_ = malformed;
        last_ = "it has not the number of parts that a message has here";
    }
    tell(now);
}

void DroppedFrames::tell(Time now) {
    if (untold_ == 0 || (told_ != Time{} && now - told_ < kTellEvery)) { return; }
    log::warn(socket_ +
              (untold_ == 1 ? ": a frame was dropped: "
                            : ": " + std::to_string(untold_) + " frames were dropped, the last: ") +
              last_);
    untold_ = 0;
    told_ = now;
}

}  // namespace nias::service
