#include "worker/run/execution.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/clock.hpp"
#include "worker/run/disk_watch.hpp"
#include "worker/run/memory_watch.hpp"
#include "worker/runtime/trace.hpp"
#include "worker/sandbox/box_tmp.hpp"

namespace nias::worker {
namespace {

using std::chrono::milliseconds;
constexpr int kTickMs = 100;
constexpr int kSoonMs = 5;  // between looks while the box is being made and its program is to be told to stop
constexpr milliseconds kHoldWithin{1'000};  // a box is whole within milliseconds
constexpr int kGoneMs = 10'000;
constexpr std::size_t kReportBytes = 4096;
// Bubblewrap passes a signal on as a shell does: exit codes past it are taken for signals.
constexpr int kSignalBase = 128;

std::optional<int> number_after(const std::string& text, const std::string& key) {
    const std::size_t place = text.find("\"" + key + "\":");
    if (place == std::string::npos) { return std::nullopt; }
    const char* begin = text.data() + place + key.size() + 3;
    const char* const end = text.data() + text.size();
    while (begin != end && *begin == ' ') { ++begin; }
    int out = 0;
    return std::from_chars(begin, end, out).ec == std::errc{} ? std::optional(out) : std::nullopt;
}

/// One run; its functions follow the order of a life.
class Execution {
public:
    Execution(const Sandbox& sandbox, const Box& box, LogPump& log, const RunHooks& hooks,
              std::optional<Group> group)
        : sandbox_(sandbox),
          box_(box),
          limits_(box.limits),
          log_(log),
          hooks_(hooks),
          group_(std::move(group)) {
        if (limits_.disk_bytes > 0) { disk_.emplace(box.disk, limits_); }
    }

    Status start(const Cgroups& cgroups);
    void follow();
    Result<RunEnd> finish();

private:
    void read_log();
    void read_report();
    void hold_tmp();
    [[nodiscard]] Status wall_in();
    void let_go();
    void look_at_the_clock();
    void look_at_the_disk();
    void look_at_the_memory();
    void tell_to_stop();
    void kill_everything() const;
    bool everything_gone() const;
    RunEnd decide(const Ending& ending, std::optional<int> exit_code) const;

    const Sandbox& sandbox_;
    const Box& box_;
    const Limits& limits_;
    std::optional<DiskWatch> disk_;
    std::optional<MemoryWatch> memory_;  ///< where no control group bounds the whole job
    std::string passed_;                 ///< the bound of the disk that was passed; empty: none
    LogPump& log_;
    const RunHooks& hooks_;
    std::optional<Group> group_;
    std::shared_ptr<const void> holds_;  ///< what the box has of the machine
    std::optional<Process> process_;
    std::optional<Process> internet_;  ///< carries what a box with a network of its own sends
    bool boxed_ = false;               ///< it has a pid namespace, whose first process ends all others
    bool limit_first_ = false;  ///< the bound of processes is set for the first process, in its namespace
    Descriptor output_, report_, first_, go_;
    std::optional<Error> trouble_;  ///< the program was not let go for it
    std::string told_;              ///< by bubblewrap
    Time begin_;
    std::optional<Time> kill_at_;
    std::optional<RunEnd::Why> stopped_;
    bool told_to_stop_ = false;
    bool killed_ = false;
    bool first_seen_ = false;
    pid_t first_pid_ = -1;
    BoxTmp tmp_;
};

Status Execution::start(const Cgroups& cgroups) {
    auto launch = sandbox_.prepare(box_);
    if (!launch) { return launch.error(); }
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
        return Error{ErrorCode::unavailable, std::string("no pipe: ") + std::strerror(errno)};
    }
    output_.reset(pipe[0]);
    const Descriptor writes(pipe[1]);
    ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);  // ours alone: the program's end blocks
    launch->spawn.output = writes.get();
    if (group_) {
        launch->spawn.join = group_->join();
    } else {
        launch->spawn.address_space_bytes = limits_.memory_bytes;
    }
    launch->spawn.cpu_set = limits_.cpu_set;
    if (!cgroups.limits_processes()) {
        // A job's user has no other processes. That of a worker has, but not in the job's user namespace.
        if (box_.user) { launch->spawn.processes = limits_.processes; }
        limit_first_ = !box_.user;
    }
    if (!cgroups.limits_memory() && limits_.memory_bytes > 0) { memory_.emplace(limits_.memory_bytes); }
    go_ = std::move(launch->go);
    holds_ = std::move(launch->holds);
    boxed_ = static_cast<bool>(launch->report);
    report_ = std::move(launch->report);
    begin_ = now();
    auto process = Process::spawn(launch->spawn);
    if (!process) { return process.error(); }
    process_.emplace(std::move(*process));
    if (!boxed_) { hooks_.started(); }
    return {};
}

void Execution::follow() {
    while (true) {
        std::array<pollfd, 3> wanted{
            pollfd{process_->pidfd(), POLLIN, 0}, {output_.get(), POLLIN, 0}, {report_.get(), POLLIN, 0}};
        if (::poll(wanted.data(), wanted.size(), stopped_ && !told_to_stop_ ? kSoonMs : kTickMs) < 0 &&
            errno != EINTR) {
            return;
        }
        if (wanted[2].revents != 0) { read_report(); }
        if (wanted[1].revents != 0) { read_log(); }
        if ((wanted[0].revents & POLLIN) != 0) { return; }
        look_at_the_disk();
        look_at_the_memory();
        look_at_the_clock();
        hooks_.tick();
    }
}

void Execution::read_log() {
    std::array<char, 64 * 1024> piece{};
    const ssize_t count = ::read(output_.get(), piece.data(), piece.size());
    if (count > 0) { log_.feed({piece.data(), static_cast<std::size_t>(count)}); }
    if (count == 0) { output_.reset(); }  // every writer closed it; poll passes over it from now on
}

void Execution::read_report() {
    std::array<char, 512> piece{};
    const ssize_t count = ::read(report_.get(), piece.data(), piece.size());
    if (count > 0 && told_.size() < kReportBytes) {
        told_.append(piece.data(), static_cast<std::size_t>(count));
    }
    if (count == 0) { report_.reset(); }
    if (first_seen_) { return; }
    if (const auto pid = number_after(told_, "child-pid")) {
        first_seen_ = true;
        first_pid_ = *pid;
        first_ = watch_process(*pid);
        let_go();
        hooks_.started();
    }
}

/// bubblewrap tells of the first process before the box is whole, and waits with the whole box until it is
/// told to go.
void Execution::hold_tmp() {
    const auto of_a_job = [](const Mount& mount) { return mount.inside.starts_with("/run/nias/"); };
    const auto sign = std::find_if(box_.mounts.begin(), box_.mounts.end(), of_a_job);
    if (sign == box_.mounts.end()) { return; }
    const Time until = now() + kHoldWithin;
    while (tmp_.look(first_pid_, *sign) == BoxTmp::Seen::not_yet && now() < until &&
           !wait_readable(process_->pidfd(), 1)) {}
}

/// The box is there, and its program waits: the last moment for what the program must not undo.
Status Execution::wall_in() {
    if (limit_first_) {
        if (auto limited = limit_processes(first_pid_, limits_.processes); !limited) { return limited; }
    }
    auto way = sandbox_.connect(box_, first_pid_);
    if (!way) { return way.error(); }
    if (*way) { internet_.emplace(std::move(**way)); }
    return {};
}

void Execution::let_go() {
    if (auto walled = wall_in(); !walled) {
        trouble_ = walled.error();
        kill_everything();
        return;
    }
    hold_tmp();
    (void)::send(go_.get(), "g", 1, MSG_NOSIGNAL);  // where nobody reads, the box has ended
    go_.reset();
}

/// A job past its bound is not asked to stop: it would write on.
void Execution::look_at_the_disk() {
    if (!disk_ || stopped_) { return; }
    passed_ = disk_->look(now(), [this] { return signal_tree(process_->pid(), 0, false); });
    if (passed_.empty()) { return; }
    stopped_ = RunEnd::Why::disk_quota;
    kill_at_ = now();
}

/// As the kernel does where it counts, without asking the job to stop.
void Execution::look_at_the_memory() {
    if (!memory_ || stopped_ || first_pid_ < 0) { return; }
    const auto processes = [this] { return signal_tree(process_->pid(), 0, false); };
    if (!memory_->passed(now(), first_pid_, processes)) { return; }
    stopped_ = RunEnd::Why::out_of_memory;
    kill_at_ = now();
}

void Execution::look_at_the_clock() {
    const Time at = now();
    if (!stopped_) {
        if (hooks_.cancelled()) {
            stopped_ = RunEnd::Why::cancelled;
        } else if (limits_.time_ms > 0 && at - begin_ >= milliseconds(limits_.time_ms)) {
            stopped_ = RunEnd::Why::time_limit;
        }
        if (!stopped_) { return; }
        kill_at_ = at + milliseconds(limits_.grace_ms);
    }
    if (!told_to_stop_) { tell_to_stop(); }
    if (!killed_ && at >= *kill_at_) {
        killed_ = true;
        kill_everything();
    }
}

/// TERM goes to the program and what it has started, not to bubblewrap: that would take the whole box down at
/// once. While bubblewrap makes the box there is no program yet, and the first process of a box ignores TERM:
/// until another one is there it is told again.
void Execution::tell_to_stop() {
    const auto told = signal_tree(process_->pid(), SIGTERM, !boxed_);
    told_to_stop_ = !boxed_ || std::any_of(told.begin(), told.end(),
                                           [this](pid_t pid) { return first_seen_ && pid != first_pid_; });
}

void Execution::kill_everything() const {
    if (!boxed_) { signal_tree(process_->pid(), SIGKILL, true); }
    ::kill(process_->pid(),
           SIGKILL);  // in a box its first process dies with it, and with that one all the others
    if (group_) { (void)group_->kill_all(kGoneMs); }
}

/// The first process of a pid namespace is gone only when all of the namespace are.
bool Execution::everything_gone() const {
    if (first_ && !wait_readable(first_.get(), kGoneMs)) { return false; }
    return !group_ || group_->kill_all(kGoneMs);
}

Result<RunEnd> Execution::finish() {
    const auto wall = std::chrono::duration_cast<milliseconds>(now() - begin_);
    const pid_t leader = process_->pid();
    if (!boxed_) {
        signal_tree(leader, SIGKILL, false);
        ::kill(-leader,
               SIGKILL);  // its process group; the leader is not reaped yet, so that the number is its own
    }
    Ending ending = process_->reap();
    while (report_) {
        const std::size_t before = told_.size();
        read_report();
        if (told_.size() == before) { break; }
    }
    if (!everything_gone()) {
        return Error{ErrorCode::internal,
                     "processes of the job do not end; the worker's host may need a look"};
    }
    // Orphaned by bubblewrap's end, it is ours by now (make_bwrap), and knows what the program used.
    if (first_pid_ > 0) { add_usage_of_orphan(first_pid_, ending); }
    while (output_ && wait_readable(output_.get(), 0)) { read_log(); }
    if (trouble_) { return *trouble_; }
    const auto exit_code = boxed_ ? number_after(told_, "exit-code") : std::nullopt;
    const bool short_of_memory = group_ && group_->oom_kills() > 0;
    if (boxed_ && !exit_code && !stopped_ && !short_of_memory) {
        const std::string words = last_line(log_.recent());
        return Error{ErrorCode::unavailable, "the sandbox did not start: " +
                                                 (words.empty() ? "bubblewrap ended without a word" : words)};
    }
    RunEnd end = decide(ending, exit_code);
    end.left_in_tmp = words_on_left(tmp_.left());
    end.usage.wall_ms = static_cast<std::uint64_t>(wall.count());
    end.usage.cpu_ms = ending.cpu_ms;
    end.usage.peak_memory_bytes = ending.peak_memory_bytes;
    if (group_) {
        if (const auto cpu = group_->cpu_ms(); cpu > 0) { end.usage.cpu_ms = cpu; }
        if (const auto peak = group_->peak_memory_bytes(); peak > 0) { end.usage.peak_memory_bytes = peak; }
    }
    return end;
}

RunEnd Execution::decide(const Ending& ending, std::optional<int> exit_code) const {
    RunEnd end;
    end.memory_was_short = group_ && group_->oom_kills() > 0;
    end.processes_were_short = group_ && group_->refused_forks() > 0;
    end.passed = passed_;
    bool signalled = ending.signalled;
    end.code = ending.code;
    if (exit_code) {
        signalled = *exit_code > kSignalBase && *exit_code <= kSignalBase + SIGRTMAX;
        end.code = signalled ? *exit_code - kSignalBase : *exit_code;
    }
    end.why = signalled ? RunEnd::Why::signalled : RunEnd::Why::exited;
    if (stopped_) {
        end.why = *stopped_;
    } else if (end.memory_was_short && (signalled || end.code != 0)) {
        end.why = RunEnd::Why::out_of_memory;
    }
    return end;
}

}  // namespace

Result<RunEnd> run_in_box(const Sandbox& sandbox, const Box& box, const Cgroups& cgroups,
                          const std::string& group_name, LogPump& log, const RunHooks& hooks) {
    std::optional<Group> group;
    if (cgroups.available()) {
        auto made = cgroups.make(group_name, box.limits);
        if (!made) { return made.error(); }
        group.emplace(std::move(*made));
    }
    Execution execution(sandbox, box, log, hooks, std::move(group));
    if (auto started = execution.start(cgroups); !started) { return started.error(); }
    execution.follow();
    return execution.finish();
}

}  // namespace nias::worker
