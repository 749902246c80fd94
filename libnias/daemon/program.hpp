/// The part that the five mains share: options from one definition (flags, NIAS_… environment, TOML file),
/// endpoints of a data directory, signals and readiness. Not installed. The only user of CLI11 besides cli.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nias/endpoints.hpp>
#include <nias/result.hpp>

namespace nias::daemon {

/// One definition an option: `--name`, environment `NIAS_NAME` (upper case, `_` for `-`), TOML key `name`
/// in the file given by --config. Unknown options and keys are refused by name, exit code 2; of a key the
/// nearest one is named with it.
/// --config, --log-level, --version and --help are there by themselves.
class Options {
public:
    Options(std::string program, std::string description);
    ~Options();
    Options(const Options&) = delete;
    Options& operator=(const Options&) = delete;
    void text(const std::string& name, std::string& target, const std::string& help);
    void number(const std::string& name, std::uint64_t& target, std::uint64_t least, std::uint64_t most,
                const std::string& help);
    void flag(const std::string& name, bool& target, const std::string& help);
    void list(const std::string& name, std::vector<std::string>& target, const std::string& help);
    /// An argument without a name; `required` ones must be given.
    void positional(const std::string& name, std::string& target, bool required, const std::string& help);
    /// All further arguments without a name, of which there must be at least one.
    void positionals(const std::string& name, std::vector<std::string>& target, const std::string& help);
    /// From here to the next call, what is declared is of `program`, another one that this one starts:
    /// given() passes it on. Those named in `own` are not declared: this program decides them. One that is
    /// there already, of another program, is of both. In the file they may stand in a table of that program,
    /// `[worker]` for nias-worker, which may also have a log level of its own.
    void begin_of(const std::string& program, std::vector<std::string> own);
    /// After parse(): the options of `program` that were given in some way, as arguments for it, and
    /// --log-level.
    [[nodiscard]] std::vector<std::string> given(const std::string& program) const;
    void quiet();  ///< for commands: only warnings are logged unless told otherwise
    /// nullopt: go on (log is started). Otherwise the exit code; what was wrong has been printed.
    [[nodiscard]] std::optional<int> parse(int argc, const char* const* argv);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Makes `<data>` and `<data>/run` (0700) and gives the addresses in it. `unavailable`: not writable;
/// `invalid`: the path is too long for a socket (107 bytes): says to choose a shorter --data.
[[nodiscard]] Result<Endpoints> endpoints_in(const std::string& data_dir);

/// The folder of a server's keys, `<data>/keys`, where it has an address that leaves the host; else empty.
[[nodiscard]] std::string keys_for(const std::string& data_dir, const std::vector<std::string>& addresses);
/// The help of `--matlab-only`, an option of nias up and of the ventilator.
inline constexpr auto kMatlabOnlyHelp =
    "programs in .m that name no runtime wait for MATLAB, where Octave would run them as long as no machine "
    "has it";
/// The help of `--machines`, an option of both servers.
inline constexpr auto kMachinesHelp =
    "HOST[:PORT]: where it listens for other machines too, encrypted; 0.0.0.0: at every address of this one";

/// The first thing in the main() of a daemon: SIGTERM and SIGINT wait for run_until_signal(). A thread that
/// is started before it would take one otherwise, and the process would end there and then. `reloads`: SIGHUP
/// waits too.
void hold_signals(bool reloads = false);

/// The exit code of a worker that the server refuses until a person acts (EX_NOPERM): its unit does not start
/// it again for that.
inline constexpr int kRefusedExit = 77;

/// Runs `run` on this thread; SIGTERM and SIGINT call `stop` (again: ends at once with 130), and SIGHUP calls
/// `reload`, if any, each time on a thread of its own. Prints `ready` to the descriptor named in
/// NIAS_READY_FD, if any, before `run`. Returns the exit code: 0, or 1 with the error logged.
[[nodiscard]] int run_until_signal(const std::function<Status()>& run, const std::function<void()>& stop,
                                   const std::function<void()>& reload = nullptr);

/// For main(): prints «program: message», a line, on stderr. Exit code 2 for `invalid` and `denied`, else 1.
[[nodiscard]] int report(const std::string& program, const Error& error);

}  // namespace nias::daemon
