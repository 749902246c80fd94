// bubblewrap: namespaces of its own, a read-only system, no capabilities, a filter of system calls.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "worker/sandbox/sandbox.hpp"
#include "worker/sandbox/seccomp.hpp"
#include "worker/sandbox/system_files.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::array kPlaces{"/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"};
constexpr std::array kSystem{"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
constexpr std::string_view kUser = "1000";
/// The entries of a box's `/` that are never an image's.
constexpr std::array<std::string_view, 10> kBoxesOwn{"/job", "/env", "/wheels", "/wheelhouse", "/run",
                                                     "/tmp", "/dev", "/proc",   "/sys",        "/newroot"};

/// A file in memory, at its beginning, for bubblewrap to read.
Result<Descriptor> memory_file(std::string_view content) {
    Descriptor file(::memfd_create("nias", MFD_CLOEXEC));
    while (file && !content.empty()) {
        const ssize_t count = ::write(file.get(), content.data(), content.size());
        if (count < 0 && errno != EINTR) { file.reset(); }
        if (count > 0) { content.remove_prefix(static_cast<std::size_t>(count)); }
    }
    if (!file || ::lseek(file.get(), 0, SEEK_SET) != 0) {
        return Error{ErrorCode::unavailable, std::string("no file in memory: ") + std::strerror(errno)};
    }
    return file;
}

class Arguments {
public:
    template <typename... Words>
    void add(const Words&... words) {
        (append(words), ...);
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    void append(std::string_view word) {
        text_.append(word);
        text_.push_back('\0');  // the form of --args
    }
    std::string text_;
};

class Bubblewrap final : public Sandbox {
public:
    Bubblewrap(std::string program, std::string filter, bool no_user_namespaces, const UserRange& users,
               std::optional<Internet> internet, const std::string& folder)
        : program_(std::move(program)),
          filter_(std::move(filter)),
          no_user_namespaces_(no_user_namespaces),
          users_(users),
          internet_(std::move(internet)),
          system_(folder) {}
    [[nodiscard]] std::string_view name() const override { return "bubblewrap"; }
    [[nodiscard]] std::string inside(const std::string&, const std::string& wanted) const override {
        return wanted;
    }
    [[nodiscard]] Result<JobUserLease> user() const override {
        return ::geteuid() == 0 ? users_.take() : JobUserLease();
    }
    [[nodiscard]] Result<Launch> prepare(const Box& box) const override;
    [[nodiscard]] Result<std::optional<Process>> connect(const Box& box, pid_t first) const override;

private:
    void add_namespaces(Arguments& arguments, const Box& box) const;
    [[nodiscard]] Status add_system(Arguments& arguments, const Box& box, Launch& launch) const;
    [[nodiscard]] Status add_machine(Arguments& arguments, const Box& box, Launch& launch) const;
    [[nodiscard]] Status add_image(Arguments& arguments, const Box& box, Launch& launch) const;
    static void close_system(Arguments& arguments);
    static void add_mount(Arguments& arguments, const Mount& mount, const Box& box, Spawn& spawn);

    std::string program_;
    std::string filter_;
    bool no_user_namespaces_;
    JobUsers users_;
    std::optional<Internet> internet_;
    mutable SystemFiles system_;
};

void Bubblewrap::add_namespaces(Arguments& arguments, const Box& box) const {
    arguments.add("--unshare-user", "--unshare-all");
    if (box.limits.network == Network::host) { arguments.add("--share-net"); }
    if (no_user_namespaces_) { arguments.add("--disable-userns"); }
    arguments.add("--die-with-parent", "--new-session", "--hostname", "nias", "--uid", kUser, "--gid", kUser,
                  "--cap-drop", "ALL");
}

/// The programs and settings of this machine.
Status Bubblewrap::add_machine(Arguments& arguments, const Box& box, Launch& launch) const {
    arguments.add("--ro-bind", "/usr", "/usr");
    for (const std::string folder : kSystem) {
        std::error_code error;
        if (fs::is_symlink(folder, error)) {
            arguments.add("--symlink", fs::read_symlink(folder, error).string(), folder);
        } else {
            arguments.add("--ro-bind-try", folder, folder);
        }
    }
    std::vector<MountPoint> points;
    for (const Mount& mount : box.mounts) {
        std::error_code error;
        points.push_back({mount.inside, fs::is_directory(mount.host, error)});
    }
    auto copy = system_.copy(box.limits.network, points);
    if (!copy) { return copy.error(); }
    add_mount(arguments, {(*copy)->etc(), "/etc"}, box, launch.spawn);
    add_mount(arguments, {(*copy)->var(), "/var"}, box, launch.spawn);
    launch.holds = std::move(*copy);
    return {};
}

/// The files of an image, a mount for each entry of its root: so the box can have folders beside them that
/// the image has not. Names and addresses are resolved as in every box with this network.
Status Bubblewrap::add_image(Arguments& arguments, const Box& box, Launch& launch) const {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(box.root, error)) {
        const std::string name = "/" + entry.path().filename().string();
        if (std::find(kBoxesOwn.begin(), kBoxesOwn.end(), name) != kBoxesOwn.end()) { continue; }
        std::error_code unread;
        if (entry.is_symlink(unread)) {
            arguments.add("--symlink", fs::read_symlink(entry.path(), unread).string(), name);
        } else {
            add_mount(arguments, {entry.path().string(), name}, box, launch.spawn);
        }
    }
    if (error) { return Error{ErrorCode::unavailable, box.root + ": " + error.message()}; }
    auto copy = system_.copy(box.limits.network, {});
    if (!copy) { return copy.error(); }
    for (const char* name : {"/hosts", "/resolv.conf"}) {
        const std::string file = (*copy)->etc() + name;
        if (!fs::exists(file, error)) { continue; }
        add_mount(arguments, {file, std::string("/etc") + name}, box, launch.spawn);
    }
    launch.holds = std::move(*copy);
    return {};
}

Status Bubblewrap::add_system(Arguments& arguments, const Box& box, Launch& launch) const {
    const auto added =
        box.root.empty() ? add_machine(arguments, box, launch) : add_image(arguments, box, launch);
    if (!added) { return added; }
    arguments.add("--proc", "/proc", "--dev", "/dev");
    const std::string tmp_bytes = std::to_string(box.limits.tmp_bytes);
    for (const char* folder : {"/dev/shm", "/tmp"}) {
        if (box.limits.tmp_bytes > 0) { arguments.add("--size", tmp_bytes); }
        arguments.add("--tmpfs", folder);
    }
    if (box.limits.cpus == 0) { return {}; }
    const auto processors = system_.processors(box.limits.cpus);
    if (!processors) { return processors.error(); }
    add_mount(arguments, {*processors, "/sys"}, box, launch.spawn);
    return {};
}

/// Makes what bubblewrap leaves writable read-only: its own `/`, `/dev` and `/proc`. They are file systems in
/// memory without a size, and `/proc` holds the host's kernel settings. Comes after every other mount, since
/// a mount point below them can no longer be made.
void Bubblewrap::close_system(Arguments& arguments) {
    for (const char* folder : {"/proc", "/dev", "/"}) { arguments.add("--remount-ro", folder); }
}

/// A job's user is shown its places under other names: folders above them may be root's alone.
void Bubblewrap::add_mount(Arguments& arguments, const Mount& mount, const Box& box, Spawn& spawn) {
    std::string from = mount.host;
    std::error_code error;
    if (box.user && fs::exists(mount.host, error)) {
        from = std::string(kShownRoot) + "/" + std::to_string(spawn.shown.size());
        spawn.shown.push_back({mount.host, from, fs::is_directory(mount.host, error)});
    }
    arguments.add(mount.writable ? "--bind" : "--ro-bind", from, mount.inside);
}

Result<Launch> Bubblewrap::prepare(const Box& box) const {
    if (::geteuid() == 0 && !box.user) {
        return Error{ErrorCode::internal, "a program was to run as root; it needs a user of its own"};
    }
    Launch out;
    out.spawn.user = box.user;
    Arguments arguments;
    std::string trouble;
    const auto give = [&](Result<Descriptor> file) {
        if (!file) {
            trouble = file.error().message;
            return std::string("-1");
        }
        out.keep.push_back(std::move(*file));
        out.spawn.inherit.push_back(out.keep.back().get());
        return std::to_string(out.keep.back().get());
    };
    add_namespaces(arguments, box);
    if (auto added = add_system(arguments, box, out); !added) { return added.error(); }
    for (const Mount& mount : box.mounts) { add_mount(arguments, mount, box, out.spawn); }
    for (const auto& [path, content] : box.files) {
        arguments.add("--file", give(memory_file(content)), path);
    }
    close_system(arguments);
    arguments.add("--chdir", box.cwd, "--clearenv");
    for (const auto& [name, value] : box.env) { arguments.add("--setenv", name, value); }
    arguments.add("--seccomp", give(memory_file(filter_)));
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        return Error{ErrorCode::unavailable, std::string("no pipe: ") + std::strerror(errno)};
    }
    out.report.reset(pipe[0]);
    arguments.add("--json-status-fd", give(Descriptor(pipe[1])));
    std::array<int, 2> gate{};
    // A socket, since what is sent to a box that has ended must not be a signal to the worker.
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate.data()) != 0) {
        return Error{ErrorCode::unavailable, std::string("no socket: ") + std::strerror(errno)};
    }
    out.go.reset(gate[1]);
    arguments.add("--block-fd", give(Descriptor(gate[0])));
    out.spawn.argv = {program_, "--args", give(memory_file(arguments.text())), "--"};
    if (!trouble.empty()) { return Error{ErrorCode::unavailable, trouble}; }
    out.spawn.argv.insert(out.spawn.argv.end(), box.argv.begin(), box.argv.end());
    return out;
}

Result<std::optional<Process>> Bubblewrap::connect(const Box& box, pid_t first) const {
    if (box.limits.network != Network::internet) { return std::optional<Process>(); }
    if (!internet_) {
        return Error{ErrorCode::unavailable, "this worker gives no job a way to the internet"};
    }
    auto way = internet_->connect(first, box.user);
    if (!way) { return way.error(); }
    return std::optional<Process>(std::move(*way));
}

}  // namespace

Result<std::unique_ptr<Sandbox>> make_bwrap(const UserRange& users, std::optional<Internet> internet,
                                            const std::string& folder) {
    const std::string advice =
        ": install bubblewrap and allow unprivileged user namespaces, or start with --sandbox none (then "
        "jobs are not isolated)";
    std::string program;
    for (const char* place : kPlaces) {
        if (program.empty() && ::access(place, X_OK) == 0) { program = place; }
    }
    if (program.empty()) { return Error{ErrorCode::unavailable, "bwrap is not installed" + advice}; }
    auto filter = seccomp_program();
    if (!filter) { return filter.error(); }
    const auto help = capture({program, "--help"}, 64U << 10U, 10'000);
    if (!help) { return Error{ErrorCode::unavailable, help.error().message + advice}; }
    if (help->find("--json-status-fd") == std::string::npos) {
        return Error{ErrorCode::unavailable, program + " is too old (0.4 is needed)" + advice};
    }
    const bool no_user_namespaces = help->find("--disable-userns") != std::string::npos;
    auto sandbox = std::make_unique<Bubblewrap>(program, std::move(*filter), no_user_namespaces, users,
                                                std::move(internet), folder);
    if (::geteuid() == 0) {
        std::ifstream accounts("/etc/passwd");
        const std::string text{std::istreambuf_iterator<char>(accounts), {}};
        if (auto free = no_account_in(users, text); !free) { return free.error(); }
    }
    const auto lease = sandbox->user();
    if (!lease) { return lease.error(); }
    std::vector<std::string> words{program, "--unshare-user", "--unshare-all", "--ro-bind", "/",
                                   "/",     "--proc",         "/proc",         "--dev",     "/dev"};
    if (no_user_namespaces) { words.emplace_back("--disable-userns"); }
    words.insert(words.end(), {"--", "/usr/bin/env", "true"});
    const auto trial = capture(words, 4096, 10'000, lease->user());
    if (!trial) {
        return Error{ErrorCode::unavailable,
                     "bwrap cannot make a namespace here (" + trial.error().message + ")" + advice};
    }
    // bubblewrap ends before the first process of its box: that one falls to us, so that it can be waited
    // for.
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        return Error{ErrorCode::unavailable,
                     std::string("the worker cannot adopt orphans: ") + std::strerror(errno)};
    }
    return std::unique_ptr<Sandbox>(std::move(sandbox));
}

}  // namespace nias::worker
