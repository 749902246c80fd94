#include "cli/server/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/host/descriptor.hpp"

extern char** environ;

namespace nias::cli {
namespace {

constexpr std::size_t kSaidBytes = 1U << 20U;

/// One end for the program's writing, one to read here.
struct Pipe {
    Descriptor read, write;
    bool open() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) { return false; }
        read.reset(ends[0]);
        write.reset(ends[1]);
        return true;
    }
};

/// Reads once. What is past the bound is read and forgotten, so that the program never waits.
void drain(Descriptor& from, std::string& to) {
    std::array<char, 16U << 10U> piece{};
    const ssize_t count = ::read(from.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) { return; }
    if (count <= 0) {
        from.reset();
    } else if (to.size() < kSaidBytes) {
        to.append(piece.data(), static_cast<std::size_t>(count));
    }
}

std::string last_line(const std::string& text) {
    const std::size_t end = text.find_last_not_of("\r\n ");
    if (end == std::string::npos) { return "it says nothing"; }
    const std::size_t begin = text.rfind('\n', end);
    return text.substr(begin + 1, end - begin);
}

}  // namespace

Result<std::string> run_program(const std::vector<std::string>& argv) {
    const std::string& name = argv.front();
    const auto failed = [&](const std::string& why) {
        return Error{ErrorCode::unavailable, name + ": " + why};
    };
    Pipe out, err;
    if (!out.open() || !err.open()) { return failed(std::strerror(errno)); }
    std::vector<char*> words;
    for (const std::string& word : argv) { words.push_back(const_cast<char*>(word.c_str())); }
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
    pid_t pid = -1;
    const int code = ::posix_spawnp(&pid, name.c_str(), &actions, nullptr, words.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (code != 0) { return failed(std::strerror(code)); }
    out.write.reset();
    err.write.reset();
    std::string said, complained;
    while (out.read || err.read) {
        std::array<pollfd, 2> wanted{pollfd{out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}};
        if (::poll(wanted.data(), wanted.size(), -1) < 0 && errno != EINTR) { break; }
        if (wanted[0].revents != 0) { drain(out.read, said); }
        if (wanted[1].revents != 0) { drain(err.read, complained); }
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) { return said; }
    return failed(last_line(complained));
}

}  // namespace nias::cli
