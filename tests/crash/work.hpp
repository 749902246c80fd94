/// The programs of the crash harness agree on this: names of tasks, what a task holds, what its output must
/// be, and a file of lines that survives the process that writes it. Used by crash_submitter and
/// crash_worker.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include <nias/task.hpp>

namespace nias::crash {

/// The same for the same number in every life of a process: what was sent before a kill is sent again under
/// its name. They rise with the number, as ids do.
inline TaskId id_of(std::uint64_t seed, std::uint64_t number) {
    TaskId id;
    for (std::size_t i = 0; i < 8; ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
        id.bytes[8 + i] = static_cast<std::uint8_t>(seed >> (56 - 8 * i));
    }
    return id;
}

inline Bytes payload_of(std::uint64_t number) {
    const std::string text = std::to_string(number);
    return {text.begin(), text.end()};
}

/// Some thousand steps of a generator (Marsaglia 2003) from the payload on: nobody has it by accident.
inline Bytes output_of(const Bytes& payload, std::uint64_t steps) {
    std::uint64_t state = 88172645463325252ULL;
    for (const std::uint8_t byte : payload) { state = (state ^ byte) * 0x9E3779B97F4A7C15ULL; }
    for (std::uint64_t i = 0; i < steps; ++i) {
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
    }
    const std::string text = std::to_string(state);
    return {text.begin(), text.end()};
}

/// Lines that are whole in the file once add() has returned, whatever becomes of the process.
class Lines {
public:
    explicit Lines(const std::string& path)
        : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
        if (file_ < 0) { fail(path + " cannot be written"); }
    }
    Lines(const Lines&) = delete;
    Lines& operator=(const Lines&) = delete;
    ~Lines() { ::close(file_); }
    void add(std::string line) const {
        line += '\n';
        if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
            fail("a line was not written");
        }
    }
    [[noreturn]] static void fail(const std::string& words) {
        std::cerr << words << '\n';
        std::exit(1);
    }

private:
    int file_ = -1;
};

}  // namespace nias::crash
