#include "worker/host/user_switch.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace nias::worker {
namespace {

constexpr std::size_t kPlaces = 512;  // descriptors of a process are commonly bounded by 1,024

/// The path by which this process reaches what a descriptor of it has open.
class PathOfDescriptor {
public:
    explicit PathOfDescriptor(int number) {
        char* end = text_.data() + kBegin.size();
        std::memcpy(text_.data(), kBegin.data(), kBegin.size());
        end = std::to_chars(end, text_.data() + text_.size() - 1, number).ptr;
        *end = 0;
    }
    [[nodiscard]] const char* text() const { return text_.data(); }

private:
    static constexpr std::string_view kBegin = "/proc/self/fd/";
    std::array<char, 32> text_{};
};

bool show_one(const ShownPlace& place, int opened) {
    if (place.folder) {
        if (::mkdir(place.shown.c_str(), 0711) != 0) { return false; }
    } else {
        const int file = ::open(place.shown.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file < 0) { return false; }
        ::close(file);
    }
    const bool shown =
        ::mount(PathOfDescriptor(opened).text(), place.shown.c_str(), nullptr, MS_BIND, nullptr) == 0;
    ::close(opened);
    return shown;
}

/// Within leave_mounts(). The places are opened first: they may lie in the folder that is about to be hidden.
bool show(const std::vector<ShownPlace>& places) {
    std::array<int, kPlaces> opened{};
    if (places.size() > opened.size()) {
        errno = E2BIG;
        return false;
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
        opened[i] = ::open(places[i].host.c_str(), O_PATH | O_CLOEXEC);
        if (opened[i] < 0) { return false; }
    }
    if (::mount("nias", kShownRoot, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0711,size=1m") != 0) {
        return false;
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (!show_one(places[i], opened[i])) { return false; }
    }
    return true;
}

dev_t tun() { return ::makedev(10, 200); }  // the kernel's devices.txt

/// Lays a device of its own over the host's, in the mount namespace of this process alone. The file system
/// that it is made in holds nothing else and has no name afterwards.
bool open_tun() {
    if (::mount("nias", kShownRoot, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0711,size=64k") != 0) {
        return false;
    }
    constexpr auto kMade = "/tmp/tun";
    return ::mknod(kMade, S_IFCHR, tun()) == 0 && ::chmod(kMade, 0666) == 0 &&
           ::mount(kMade, kTunDevice, nullptr, MS_BIND, nullptr) == 0 &&
           ::umount2(kShownRoot, MNT_DETACH) == 0;
}

/// Enters a mount namespace of its own, which goes with the last process in it.
bool leave_mounts() {
    return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

}  // namespace

Status can_make_tun() {
    std::string folder = std::string(kShownRoot) + "/nias-tun-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) {
        return Error{ErrorCode::unavailable, folder + " cannot be made: " + std::strerror(errno)};
    }
    const std::string made = folder + "/tun";
    const int error = ::mknod(made.c_str(), S_IFCHR, tun()) == 0 ? 0 : errno;
    ::unlink(made.c_str());
    ::rmdir(folder.c_str());
    if (error == 0) { return {}; }
    return Error{ErrorCode::unavailable, std::string("devices cannot be made here: ") + std::strerror(error)};
}

char become_user(const JobUser& user, const std::vector<ShownPlace>& places, bool tun, bool beside_others) {
    if ((tun || !places.empty()) && !leave_mounts()) { return 's'; }
    if (tun && !open_tun()) { return 't'; }
    if (!places.empty() && !show(places)) { return 's'; }
    // The calls of the C library would speak to the threads of the parent, which are not in this process.
    if (::syscall(SYS_setgroups, 0, nullptr) != 0 ||
        ::syscall(SYS_setresgid, user.gid, user.gid, user.gid) != 0 ||
        ::syscall(SYS_setresuid, user.uid, user.uid, user.uid) != 0) {
        return 'u';
    }
    // All that this user may signal are its own processes, and the sender is not among them.
    if (!beside_others && ::kill(-1, SIGKILL) != 0 && errno != ESRCH) { return 'u'; }
    ::umask(022);  // an environment that one job's user builds is read by others
    return 0;
}

}  // namespace nias::worker
