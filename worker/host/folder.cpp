#include "worker/host/folder.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/host/descriptor.hpp"

namespace nias::worker {
namespace {

std::vector<std::string> names_in(const Folder& folder) {
    std::vector<std::string> out;
    ::rewinddir(folder.get());
    while (const dirent* entry = ::readdir(folder.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") { out.emplace_back(name); }
    }
    return out;
}

/// Lifts the folders in `inner` to `top` and removes the rest.
bool lift(const Folder& inner, int top, std::uint64_t& number) {
    for (const std::string& name : names_in(inner)) {
        const int parent = ::dirfd(inner.get());
        if (::unlinkat(parent, name.c_str(), 0) == 0) { continue; }
        if (!open_folder(parent, name.c_str())) { return false; }  // opens it to its owner: it is to be moved
        int moved = -1;
        do {  // names that the job chose stay as they are
            moved = ::renameat2(parent, name.c_str(), top, ("nias-" + std::to_string(number++)).c_str(),
                                RENAME_NOREPLACE);
        } while (moved != 0 && errno == EEXIST);
        if (moved != 0) { return false; }
    }
    return true;
}

}  // namespace

Folder open_folder(int parent, const char* name) {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int opened = ::openat(parent, name, kFlags);
    struct stat info {};
    const bool closed =
        opened < 0 ? errno == EACCES : ::fstat(opened, &info) == 0 && (info.st_mode & 0700U) != 0700U;
    if (closed) {
        const Descriptor place(::openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        const std::string path = "/proc/self/fd/" + std::to_string(place.get());
        if (place && ::chmod(path.c_str(), 0700) == 0 && opened < 0) {
            opened = ::openat(parent, name, kFlags);
        }
    }
    Folder folder(opened < 0 ? nullptr : ::fdopendir(opened));
    if (!folder && opened >= 0) { ::close(opened); }
    return folder;
}

bool empty_folder(const Folder& folder) {
    const int top = ::dirfd(folder.get());
    std::uint64_t number = 0;
    for (auto names = names_in(folder); !names.empty(); names = names_in(folder)) {
        for (const std::string& name : names) {
            if (::unlinkat(top, name.c_str(), 0) == 0) { continue; }
            const Folder inner = open_folder(top, name.c_str());
            if (!inner || !lift(inner, top, number)) { return false; }
            if (::unlinkat(top, name.c_str(), AT_REMOVEDIR) != 0) { return false; }
        }
    }
    return true;
}

}  // namespace nias::worker
