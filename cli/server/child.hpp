/// One daemon as a child process: started with a readiness pipe, watched by a pidfd, ended with its parent.
/// Used by up. A resource; one thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <nias/result.hpp>

#include "base/clock.hpp"

namespace nias::cli {

class Child {
public:
    /// `program` is a path; `args` follow it. Writes `<run_dir>/<name>.pid` while it runs.
    Child(std::string name, std::string program, std::vector<std::string> args, std::string run_dir);
    Child(Child&&) noexcept;
    Child& operator=(Child&&) = delete;
    ~Child();  ///< kills it where it still runs

    [[nodiscard]] Status start();
    void signal(int number) const;
    /// Reaps it if it has ended; says how: "exit code 1", "signal 9".
    [[nodiscard]] std::optional<std::string> reap();
    void read_readiness();  ///< when ready_fd() is readable
    void replace_args(std::vector<std::string> args) { args_ = std::move(args); }

    /// When it is to be started again after it has ended: 100 ms, doubling to 30 s while it dies within a
    /// minute.
    [[nodiscard]] Time restart_at() const { return restart_at_; }
    [[nodiscard]] bool running() const { return pid_ > 0; }
    [[nodiscard]] bool ready() const { return ready_; }
    [[nodiscard]] int pid_fd() const { return pid_fd_; }
    [[nodiscard]] int ready_fd() const { return ready_fd_; }  ///< -1: nothing to wait for
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    void close_descriptors();

    std::string name_;
    std::string program_;
    std::vector<std::string> args_;
    std::string pid_file_;
    pid_t pid_ = 0;
    int pid_fd_ = -1;
    int ready_fd_ = -1;
    bool ready_ = false;
    Time started_{};
    Time restart_at_{};
    std::chrono::milliseconds back_off_{100};
};

}  // namespace nias::cli
