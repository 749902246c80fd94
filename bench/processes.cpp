#include "bench/processes.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <sstream>
#include <utility>

namespace nias::bench {

Node::Node(const std::vector<std::string>& args) {
    int input[2];
    int output[2];
    if (::pipe2(input, O_CLOEXEC) != 0 || ::pipe2(output, O_CLOEXEC) != 0) { std::exit(1); }
    std::string program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "nias-bench-node";
    std::vector<std::string> copy = args;
    std::vector<char*> argv{program.data()};
    for (std::string& arg : copy) { argv.push_back(arg.data()); }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input[0], 0);
    posix_spawn_file_actions_adddup2(&actions, output[1], 1);
    if (posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ) != 0) {
        std::cerr << "benchmark: " << program << " could not be started\n";
        std::exit(1);
    }
    posix_spawn_file_actions_destroy(&actions);
    ::close(input[0]);
    ::close(output[1]);
    input_ = input[1];
    std::string line;
    for (char byte = 0; ::read(output[0], &byte, 1) == 1 && byte != '\n';) { line.push_back(byte); }
    ::close(output[0]);
    std::istringstream words(line);
    for (std::string word; words >> word;) { addresses_.push_back(word); }
    if (addresses_.empty()) {
        std::cerr << "benchmark: a node did not tell its address\n";
        std::exit(1);
    }
}

Node::Node(Node&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      input_(std::exchange(other.input_, -1)),
      addresses_(std::move(other.addresses_)) {}

void Node::wait() {
    if (pid_ <= 0) { return; }
    ::waitpid(pid_, nullptr, 0);
    ::close(input_);
    pid_ = 0;
}

Node::~Node() {
    if (pid_ <= 0) { return; }
    ::close(input_);
    ::waitpid(pid_, nullptr, 0);
}

int run_program(const std::vector<std::string>& words) {
    std::vector<std::string> copy = words;
    std::vector<char*> argv;
    argv.reserve(copy.size() + 1);
    for (std::string& word : copy) { argv.push_back(word.data()); }
    argv.push_back(nullptr);
    pid_t pid = 0;
    int status = 0;
    if (posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ) != 0) { return -1; }
    return ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace nias::bench
