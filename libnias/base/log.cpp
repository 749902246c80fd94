#include "base/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

#include "base/unicode.hpp"

namespace nias::log {

namespace {

constexpr auto kLogger = "nias's own";  // a program's logger may be called nias

constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info,
                                                 spdlog::level::warn, spdlog::level::err};
spdlog::level::level_enum spdlog_level(Level level) { return kLevels[static_cast<int>(level)]; }

Level level_of(spdlog::level::level_enum level) {
    if (level >= spdlog::level::err) { return Level::error; }
    if (level == spdlog::level::warn) { return Level::warn; }
    return level == spdlog::level::info ? Level::info : Level::debug;
}

/// Where every line ends: the program's hook, or stderr where there is none or where it fails. Any thread.
class Outlet final : public spdlog::sinks::sink {
public:
    void name(std::string_view component) {
        stderr_.set_formatter(std::make_unique<spdlog::pattern_formatter>(
            "%Y-%m-%dT%H:%M:%S.%eZ %l " + std::string(component) + " %v", spdlog::pattern_time_type::utc));
    }
    /// False: a hook is running on this thread. Else the hook before does not run any more.
    [[nodiscard]] bool set(LogHook hook) {
        if (is_in_hook()) { return false; }
        const std::lock_guard lock(mutex_);
        hook_.swap(hook);  // the one before ends after the lock: its own end may log
        return true;
    }
    void log(const spdlog::details::log_msg& line) override {
        if (is_in_hook()) { return stderr_.log(line); }  // the lock is this thread's own
        const std::lock_guard lock(mutex_);
        if (!hook_) { return stderr_.log(line); }
        const std::string thrown = call(line);
        if (thrown.empty()) { return; }
        stderr_.log(line);
        const std::string words = "the program's log hook threw: " + thrown;
        stderr_.log({line.logger_name, spdlog::level::err, words});
    }
    void flush() override { stderr_.flush(); }
    void set_pattern(const std::string& pattern) override { stderr_.set_pattern(pattern); }
    void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
        stderr_.set_formatter(std::move(formatter));
    }

private:
    /// Names this thread as the one that runs the hook.
    class Running {
    public:
        explicit Running(std::atomic<std::thread::id>& caller) : caller_(caller) {
            caller_.store(std::this_thread::get_id());
        }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;
        ~Running() { caller_.store({}); }

    private:
        std::atomic<std::thread::id>& caller_;
    };
    [[nodiscard]] bool is_in_hook() const { return caller_.load() == std::this_thread::get_id(); }
    /// Calls the hook. The answer describes an exception that came out of it; empty: none did.
    [[nodiscard]] std::string call(const spdlog::details::log_msg& line) {
        const Running running(caller_);
        try {
            hook_(level_of(line.level), {line.payload.data(), line.payload.size()});
            return {};
        } catch (const std::exception& thrown) {
            return std::string("an exception: ") + visible(thrown.what());
        } catch (...) { return "something that is no std::exception"; }
    }

    spdlog::sinks::stderr_sink_mt stderr_;
    std::mutex mutex_;  // guards the next, also while it runs
    LogHook hook_;
    std::atomic<std::thread::id> caller_{};  ///< the thread that runs hook_; none: it does not run
};

std::shared_ptr<spdlog::logger> make(std::string_view component, Level least) {
    auto outlet = std::make_shared<Outlet>();
    auto made = std::make_shared<spdlog::logger>(kLogger, outlet);
    outlet->name(component);
    made->set_level(spdlog_level(least));
    made->flush_on(spdlog::level::debug);
    return made;
}

// spdlog's registry is the one place where the logger lives. A program that uses spdlog too may empty it
// (spdlog::shutdown): the next line makes another logger, which writes to stderr.
std::shared_ptr<spdlog::logger> logger() {
    if (auto started = spdlog::get(kLogger)) { return started; }
    auto made = make("nias", Level::warn);
    try {
        spdlog::register_logger(made);
    } catch (const spdlog::spdlog_ex&) {  // another thread was sooner
        if (auto started = spdlog::get(kLogger)) { return started; }
    }
    return made;
}

Outlet& outlet_of(spdlog::logger& logger) { return static_cast<Outlet&>(*logger.sinks().front()); }

}  // namespace

void start(std::string_view component, Level least) {
    const auto log = logger();
    outlet_of(*log).name(component);
    log->set_level(spdlog_level(least));
}

void redirect(LogHook hook, Level least) {
    const auto log = logger();
    if (!outlet_of(*log).set(std::move(hook))) {
        return warn("set_log() was called from a log hook, which would wait for itself: nothing was changed");
    }
    log->set_level(spdlog_level(least));
}

bool parse_level(std::string_view text, Level& out) {
    constexpr std::string_view names[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; ++i) {
        if (text == names[i]) {
            out = static_cast<Level>(i);
            return true;
        }
    }
    return false;
}

// A message holds names that peers and researchers chose: none of them begins a line of its own here.
void debug(std::string_view message) {
    if (auto log = logger(); log->should_log(spdlog::level::debug)) { log->debug(visible(message)); }
}
void info(std::string_view message) {
    if (auto log = logger(); log->should_log(spdlog::level::info)) { log->info(visible(message)); }
}
void warn(std::string_view message) { logger()->warn(visible(message)); }
void error(std::string_view message) { logger()->error(visible(message)); }

}  // namespace nias::log

namespace nias {
inline namespace v1 {

void set_log(LogHook hook, LogLevel least) { log::redirect(std::move(hook), least); }

}  // namespace v1
}  // namespace nias
