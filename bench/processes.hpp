/// Processes of a benchmark: started with their addresses read from their first line, ended by closing their
/// input.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace nias::bench {

class Node {
public:
    /// Starts nias-bench-node beside this program; ends the benchmark where that fails.
    explicit Node(const std::vector<std::string>& args);
    Node(Node&&) noexcept;
    Node& operator=(Node&&) = delete;
    ~Node();      ///< closes its input and waits for its end
    void wait();  ///< for one that ends by itself
    [[nodiscard]] const std::vector<std::string>& addresses() const { return addresses_; }
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    pid_t pid_ = 0;
    int input_ = -1;
    std::vector<std::string> addresses_;
};

/// Runs a program of the PATH to its end. Its exit code; -1: it could not be started, or was killed.
[[nodiscard]] int run_program(const std::vector<std::string>& words);

}  // namespace nias::bench
