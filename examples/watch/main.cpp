// Prints what happens on a running server: changes of state, lines of logs, progress.
// Usage: watch DATA_DIRECTORY [TASK]   (of `nias up`; with a task: only it, until it has ended)
#include <nias/watcher.hpp>

#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <optional>
#include <string>

namespace {

int fail(const std::string& message, int code = 1) {
    std::cerr << "watch: " << message << '\n';
    return code;
}

void print(const nias::TaskEvent& event) {
    std::cout << nias::to_string(event.id) << ' ' << nias::to_string(event.state) << " attempt "
              << event.attempt << (event.text.empty() ? "" : ": ") << event.text << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || argc > 3) { return fail("usage: watch DATA_DIRECTORY [TASK]", 2); }
    std::optional<nias::TaskId> only;
    if (argc == 3) {
        const auto id = nias::parse_task_id(argv[2]);
        if (!id) { return fail(id.error().message, 2); }
        only = *id;
    }
    sigset_t ends;  // before the watcher's thread begins: it inherits it, and main waits for them
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);

    const std::string run = "ipc://" + std::string(argv[1]) + "/run/";
    const nias::WatcherOptions options{
        .events = run + "events", .control = run + "control", .output = run + "output", .everything = !only};
    const nias::WatcherCallbacks callbacks{
        .on_state =
            [&only](const nias::TaskEvent& event) {
                print(event);
                if (only && nias::has_ended(event.state)) { ::kill(::getpid(), SIGTERM); }  // wakes main
            },
        .on_log =
            [](const nias::AttemptRef& attempt, std::uint64_t offset, std::string_view bytes) {
                std::cout << nias::to_string(attempt.id) << " log at " << offset << ": " << bytes
                          << (bytes.ends_with('\n') ? "" : "\n") << std::flush;
            },
        .on_progress =
            [](const nias::AttemptRef& attempt, double fraction, const std::string& text) {
                std::cout << nias::to_string(attempt.id) << ' ' << static_cast<int>(100 * fraction) << " % "
                          << text << std::endl;
            }};
    auto watcher = nias::Watcher::open(options, callbacks);
    if (!watcher) { return fail(watcher.error().message); }
    if (only) {
        if (auto followed = watcher->follow(*only); !followed) { return fail(followed.error().message); }
    }
    int which = 0;
    sigwait(&ends, &which);
    return 0;
}
