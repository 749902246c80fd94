// nias log: what a job's program printed, from the stored log; -f waits for more until the job has ended.
#include <nias/watcher.hpp>

#include <condition_variable>
#include <iostream>
#include <mutex>

#include "cli/lab.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {
namespace {

constexpr auto kProgram = "nias log";
constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr auto kLookAgain = std::chrono::seconds(1);  // where the watcher missed something

/// Rung by the watcher's thread, waited for by the command's.
class Bell {
public:
    void ring() {
        {
            const std::lock_guard lock(mutex_);
            rung_ = true;
        }
        changed_.notify_one();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kLookAgain, [this] { return rung_; });
        rung_ = false;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool rung_ = false;
};

/// Prints what is stored past `offset` and returns the new one.
Result<std::uint64_t> print_from(const store::Logs& logs, const AttemptRef& attempt, std::uint64_t offset) {
    while (true) {
        const auto piece = logs.read(attempt, offset, kPieceBytes);
        if (!piece) { return piece.error(); }
        if (piece->empty()) { break; }
        std::cout.write(reinterpret_cast<const char*>(piece->data()),
                        static_cast<std::streamsize>(piece->size()));
        offset += piece->size();
    }
    std::cout.flush();
    return offset;
}

int follow(Lab& lab, const std::string& id, store::TaskRecord record) {
    Bell bell;
    auto watch =
        Watcher::open({.events = lab.endpoints().events, .control = {}, .output = lab.endpoints().output},
                      {.on_state =
                           [&](const TaskEvent& event) {
                               if (event.id == record.task.id) { bell.ring(); }
                           },
                       .on_log =
                           [&](const AttemptRef& attempt, std::uint64_t, std::string_view) {
                               if (attempt.id == record.task.id) { bell.ring(); }
                           }});
    if (!watch) { return daemon::report(kProgram, watch.error()); }
    AttemptRef attempt{record.task.id, record.task.attempt};
    std::uint64_t offset = 0;
    while (std::cout) {
        auto seen = lab.find(id);
        if (!seen) { return daemon::report(kProgram, seen.error()); }
        const auto printed = print_from(lab.logs(), attempt, offset);
        if (!printed) { return daemon::report(kProgram, printed.error()); }
        offset = *printed;
        if (seen->task.attempt != attempt.attempt) {
            say(kProgram, "the job runs again: attempt " + std::to_string(seen->task.attempt));
            attempt.attempt = seen->task.attempt;
            offset = 0;
            continue;
        }
        if (has_ended(seen->state)) { return 0; }
        bell.wait();
    }
    return 0;
}

}  // namespace

int log(int argc, const char* const* argv) {
    std::string id;
    std::string data = "./nias-data";
    bool on = false;
    daemon::Options options(kProgram, "Prints what a job's program printed.");
    options.quiet();
    options.positional("id", id, true, "the job");
    options.text("data", data, "data directory of the server");
    options.flag("follow,-f", on, "go on until the job has ended");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    auto lab = Lab::open(data);
    if (!lab) { return daemon::report(kProgram, lab.error()); }
    auto record = lab->find(id);
    if (!record) { return daemon::report(kProgram, record.error()); }
    if (on) { return follow(*lab, id, std::move(*record)); }
    const auto printed = print_from(lab->logs(), {record->task.id, record->task.attempt}, 0);
    return printed ? 0 : daemon::report(kProgram, printed.error());
}

}  // namespace nias::cli
