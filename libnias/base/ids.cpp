#include "base/ids.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "base/check.hpp"
#include "base/clock.hpp"

namespace nias {
namespace {

void fill_random(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        // Past 256 bytes a signal may cut it short.
        const ssize_t got = ::getrandom(out.data(), out.size(), 0);
        NIAS_CHECK(got > 0 || errno == EINTR, "the system gives random bytes");
        if (got > 0) { out = out.subspan(static_cast<std::size_t>(got)); }
    }
}

void put_time(TaskId& id, std::int64_t unix_ms) {
    for (std::size_t i = 6; i-- > 0; unix_ms >>= 8) {
        id.bytes[i] = static_cast<std::uint8_t>(unix_ms & 0xff);
    }
}

}  // namespace

inline namespace v1 {

TaskId TaskId::make() { return make_task_id(unix_ms_now()); }
TaskId TaskId::make_group() { return make_group_id(unix_ms_now()); }

}  // namespace v1

TaskId make_task_id(std::int64_t unix_ms) {
    TaskId id;
    fill_random(std::span(id.bytes).subspan(6));
    put_time(id, unix_ms);
    return id;
}

TaskId make_group_id(std::int64_t unix_ms) { return make_task_id(unix_ms).member(0xffffffff); }

std::int64_t made_unix_ms(const TaskId& id) {
    std::int64_t unix_ms = 0;
    for (std::size_t i = 0; i < 6; ++i) { unix_ms = (unix_ms << 8) | id.bytes[i]; }
    return unix_ms;
}

TaskId TaskIdMaker::make(std::int64_t unix_ms) {
    if (unix_ms > made_ms_) {
        last_ = make_task_id(unix_ms);
        made_ms_ = unix_ms;
        return last_;
    }
    for (std::size_t i = last_.bytes.size(); i-- > 6 && ++last_.bytes[i] == 0;) {}
    return last_;
}

std::uint64_t make_incarnation() {
    std::uint64_t value = 0;
    while (value == 0) {
        std::array<std::uint8_t, 8> bytes{};
        fill_random(bytes);
        for (const std::uint8_t byte : bytes) { value = (value << 8U) | byte; }
    }
    return value;
}

}  // namespace nias
