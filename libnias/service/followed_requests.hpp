/// Writes the lines about tasks that name their request into the log. Whoever submits tasks could fill the
/// disk with them, so there is a bound. Used by ventilator, worker and sink; one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock_types.hpp"
#include "base/log.hpp"

namespace nias::service {

class FollowedRequests {
public:
    static constexpr std::uint64_t kLinesASecond = 500;

    void add(std::string_view line, Time now) {
        if (now - began_ >= std::chrono::seconds(1)) {
            if (left_out_ > 0) {
                log::warn(std::to_string(left_out_) + " lines about requests were left out: more than " +
                          std::to_string(kLinesASecond) + " came within a second");
            }
            began_ = now;
            lines_ = left_out_ = 0;
        }
        if (++lines_ <= kLinesASecond) {
            log::info(line);
        } else {
            ++left_out_;
        }
    }

private:
    Time began_{};
    std::uint64_t lines_ = 0;
    std::uint64_t left_out_ = 0;
};

}  // namespace nias::service
