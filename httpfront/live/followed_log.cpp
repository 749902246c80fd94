#include "live/followed_log.hpp"

#include <algorithm>
#include <string_view>

#include "api/job_json.hpp"
#include "base/log.hpp"
#include "live/reader.hpp"
#include "options.hpp"

namespace nias::httpfront {

// A log whose size the disk does not say is read from its beginning on, and read() says what is wrong.
void FollowedLog::begin(const AttemptRef& attempt, std::optional<std::uint64_t> offset,
                        const store::Logs& logs) {
    const auto told = logs.size(attempt);
    const std::uint64_t size = told ? *told : 0;
    attempt_ = attempt;
    next_ = offset ? std::min(*offset, size) : size;
    behind_ = next_ < size;
}

void FollowedLog::note(const AttemptRef& attempt) {
    if (!attempt_ || attempt_->id != attempt.id || attempt.attempt < attempt_->attempt) { return; }
    if (attempt.attempt > attempt_->attempt) {
        attempt_ = attempt;
        next_ = 0;
    }
    behind_ = true;
}

std::string FollowedLog::read(const store::Logs& logs) {
    behind_ = false;
    const auto bytes = logs.read(*attempt_, next_, kPieceBytes);
    if (!bytes) { log::warn("a page follows a log that cannot be read: " + bytes.error().message); }
    if (!bytes || bytes->empty()) { return {}; }
    const std::string_view all(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    const std::string_view text = whole_characters(all);
    if (text.empty()) { return {}; }
    const std::uint64_t from = next_;
    next_ += text.size();
    behind_ = bytes->size() == kPieceBytes;
    return event_frame("log", "", log_json(*attempt_, from, next_, text));
}

}  // namespace nias::httpfront
