#include "daemon/program.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>
#include <thread>

#include <nias/version.hpp>

#include "base/log.hpp"
#include "base/numbers.hpp"
#include "base/unicode.hpp"
#include "daemon/config_keys.hpp"
#include "net/address.hpp"

namespace nias::daemon {
namespace {

constexpr std::size_t kSocketPathMax = 107;  // sockaddr_un
constexpr auto kLogLevel = "log-level";

std::string environment_name(const std::string& option) {
    std::string out = "NIAS_";
    for (const char c : option.substr(0, option.find(','))) {
        out.push_back(c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
    }
    return out;
}

sigset_t signals_of_a_daemon(bool reloads) {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) { sigaddset(&signals, signal); }
    if (reloads) { sigaddset(&signals, SIGHUP); }
    return signals;
}

void tell_readiness() {
    const char* text = ::getenv("NIAS_READY_FD");
    if (text == nullptr) { return; }
    const int descriptor = whole_number<int>(text).value_or(-1);
    if (descriptor < 3) { return; }
    constexpr std::string_view words = "ready\n";
    if (::write(descriptor, words.data(), words.size()) < 0) { log::warn("the readiness pipe is closed"); }
    ::close(descriptor);
}

Status make_private(const std::string& folder) {
    std::error_code error;
    const bool there = std::filesystem::is_directory(folder, error);
    if (!there) { std::filesystem::create_directories(folder, error); }
    if (error) {
        return Error{ErrorCode::unavailable,
                     folder + " cannot be made: " + error.message() +
                         ": choose another --data directory, or change its permissions"};
    }
    if (!there && ::chmod(folder.c_str(), 0700) != 0) {
        return Error{ErrorCode::unavailable, folder + " cannot be made private: " + std::strerror(errno)};
    }
    if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        return Error{ErrorCode::unavailable,
                     folder + " is not writable: choose another --data directory, or change its permissions"};
    }
    return {};
}

/// Reads a configuration file, and puts each of its keys where its option is declared.
class ConfigFile final : public CLI::ConfigTOML {
public:
    /// Both outlive it. `levels` receives the log levels that tables set for their programs.
    ConfigFile(const ConfigKeys& keys, std::map<std::string, std::string>& levels)
        : keys_(keys), levels_(levels) {}

    std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
        std::vector<CLI::ConfigItem> out;
        std::set<std::string> seen;
        for (CLI::ConfigItem& item : CLI::ConfigTOML::from_config(input)) {
            if (item.name == "++" || item.name == "--") { continue; }  // where a table begins and ends
            const auto place = keys_.place_of(CLI::detail::join(item.parents, "."), item.name);
            if (!place) { refuse(place.error().message); }
            const bool of_table = !place->program.empty() && place->option == kLogLevel;
            const std::string name = of_table ? place->program + " " + kLogLevel : place->option;
            if (!seen.insert(name).second) {
                refuse("the configuration file has \"" + place->option + "\" twice: leave one of them out");
            }
            if (of_table) {
                levels_[place->program] = CLI::detail::join(item.inputs, ",");
                continue;
            }
            out.push_back(std::move(item));
            out.back().parents.clear();
        }
        return out;
    }

private:
    [[noreturn]] static void refuse(const std::string& words) {
        throw CLI::ConfigError(words, CLI::ExitCodes::ConfigError);
    }
    const ConfigKeys& keys_;
    std::map<std::string, std::string>& levels_;
};

}  // namespace

struct Options::State {
    /// An option of a program that this one starts.
    struct Passed {
        std::string of;
        CLI::Option* option = nullptr;
        bool flag = false;
    };
    CLI::App app;
    ConfigKeys keys;
    std::string log_level = "info";
    std::string program;
    std::string other;             ///< the program whose options are being declared; empty: this one
    std::vector<std::string> own;  ///< what is not declared of it
    std::vector<Passed> passed;
    std::map<std::string, std::string> levels;  ///< log level by program, where its table sets one

    /// Declares an option, unless this program decides it itself or it is there already.
    template <typename Add>
    void add(const std::string& name, bool flag, const Add& declare) {
        if (!other.empty() && std::find(own.begin(), own.end(), name) != own.end()) { return; }
        CLI::Option* option = other.empty() ? nullptr : app.get_option_no_throw("--" + name);
        if (option == nullptr) {
            option = declare();
            option->envname(environment_name(name));
            if (!other.empty()) { option->group("Options of " + other); }
        }
        if (other.empty()) {
            keys.add(name);
        } else {
            keys.add_passed(name);
            passed.push_back({other, option, flag});
        }
    }
};

Options::Options(std::string program, std::string description) : state_(std::make_unique<State>()) {
    state_->program = program;
    state_->app.name(std::move(program));
    state_->app.description(std::move(description));
    state_->app.set_version_flag("--version", std::string(NIAS_VERSION));
    state_->app.set_config("--config", "", "TOML file with any of these options as keys")
        ->envname("NIAS_CONFIG");
    state_->app.config_formatter(std::make_shared<ConfigFile>(state_->keys, state_->levels));
    text(kLogLevel, state_->log_level, "least level that is logged: debug, info, warn or error");
}
Options::~Options() = default;

void Options::text(const std::string& name, std::string& target, const std::string& help) {
    state_->add(name, false,
                [&] { return state_->app.add_option("--" + name, target, help)->capture_default_str(); });
}
void Options::number(const std::string& name, std::uint64_t& target, std::uint64_t least, std::uint64_t most,
                     const std::string& help) {
    state_->add(name, false, [&] {
        return state_->app.add_option("--" + name, target, help)
            ->capture_default_str()
            ->check(CLI::Range(least, most));
    });
}
void Options::flag(const std::string& name, bool& target, const std::string& help) {
    state_->add(name, true, [&] { return state_->app.add_flag("--" + name, target, help); });
}
void Options::list(const std::string& name, std::vector<std::string>& target, const std::string& help) {
    state_->add(name, false, [&] { return state_->app.add_option("--" + name, target, help); });
}

void Options::begin_of(const std::string& program, std::vector<std::string> own) {
    state_->keys.add_program(program, own);
    state_->other = program;
    state_->own = std::move(own);
}

std::vector<std::string> Options::given(const std::string& program) const {
    std::vector<std::string> out;
    const auto level = state_->levels.find(program);
    if (level != state_->levels.end()) {
        out.push_back("--log-level=" + level->second);
    } else if (state_->app.get_option("--log-level")->count() > 0) {
        out.push_back("--log-level=" + state_->log_level);
    }
    for (const State::Passed& passed : state_->passed) {
        if (passed.of != program || passed.option->count() == 0) { continue; }
        const std::string name = "--" + passed.option->get_lnames().front();
        if (passed.flag) {
            if (passed.option->as<bool>()) { out.push_back(name); }
            continue;
        }
        for (const std::string& value : passed.option->results()) { out.push_back(name + "=" + value); }
    }
    return out;
}

void Options::positional(const std::string& name, std::string& target, bool required,
                         const std::string& help) {
    state_->app.add_option(name, target, help)->required(required)->configurable(false);
}
void Options::positionals(const std::string& name, std::vector<std::string>& target,
                          const std::string& help) {
    state_->app.add_option(name, target, help)->required()->configurable(false);
}
void Options::quiet() { state_->log_level = "warn"; }

std::optional<int> Options::parse(int argc, const char* const* argv) {
    try {
        state_->app.parse(argc, argv);
    } catch (const CLI::ConfigError& refused) {
        return report(state_->program, {ErrorCode::invalid, refused.what()});
    } catch (const CLI::ParseError& stopped) {
        const int code = state_->app.exit(stopped, std::cout, std::cerr);
        return code == 0 ? 0 : 2;
    }
    std::vector<std::string> levels{state_->log_level};
    for (const auto& [program, word] : state_->levels) { levels.push_back(word); }
    log::Level level = log::Level::info;
    for (auto word = levels.rbegin(); word != levels.rend(); ++word) {
        if (log::parse_level(*word, level)) { continue; }
        return report(state_->program,
                      {ErrorCode::invalid, "--log-level " + *word + ": use debug, info, warn or error"});
    }
    log::start(state_->program, level);
    return std::nullopt;
}

Result<Endpoints> endpoints_in(const std::string& data_dir) {
    const std::string run = std::filesystem::absolute(data_dir).lexically_normal().string() + "/run";
    if (run.size() + std::strlen("/outcomes") > kSocketPathMax) {
        return Error{
            ErrorCode::invalid,
            run +
                " is too long for the path of a local socket (107 bytes): choose a shorter --data directory"};
    }
    if (auto made = make_private(data_dir); !made) { return made.error(); }
    if (auto made = make_private(run); !made) { return made.error(); }
    return Endpoints::in(data_dir);
}

std::string keys_for(const std::string& data_dir, const std::vector<std::string>& addresses) {
    const bool needed = std::any_of(addresses.begin(), addresses.end(),
                                    [](const std::string& address) { return net::leaves_host(address); });
    return needed ? data_dir + "/keys" : std::string();
}

void hold_signals(bool reloads) {
    const sigset_t signals = signals_of_a_daemon(reloads);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

// Signals are blocked in every thread and taken by one that waits for them, so that no handler runs
// between two instructions of anything.
int run_until_signal(const std::function<Status()>& run, const std::function<void()>& stop,
                     const std::function<void()>& reload) {
    const bool reloads = static_cast<bool>(reload);
    hold_signals(reloads);
    const sigset_t signals = signals_of_a_daemon(reloads);
    ::signal(SIGPIPE, SIG_IGN);
    std::atomic<bool> over{false};
    std::thread waiter([&] {
        bool asked = false;
        while (true) {
            int signal = 0;
            if (sigwait(&signals, &signal) != 0) { continue; }
            if (over.load()) { return; }
            if (signal == SIGUSR1) { continue; }
            if (signal == SIGHUP) {
                reload();
                continue;
            }
            if (asked) { ::_exit(130); }
            asked = true;
            log::info("stopping");
            stop();
        }
    });
    tell_readiness();
    const Status status = run();
    over.store(true);
    pthread_kill(waiter.native_handle(), SIGUSR1);
    waiter.join();
    if (status) { return 0; }
    log::error(status.error().message);
    return 1;
}

int report(const std::string& program, const Error& error) {
    std::cerr << program << ": " << visible(error.message) << '\n';
    const bool was_refused = error.code == ErrorCode::invalid || error.code == ErrorCode::denied;
    return was_refused ? 2 : 1;
}

}  // namespace nias::daemon
