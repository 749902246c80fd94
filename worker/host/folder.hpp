/// Reads folders that a job may have made and may still change. Used by disk_use and work_folder. A Folder is
/// a resource of one thread.
#pragma once

#include <dirent.h>

#include <memory>

namespace nias::worker {

struct FolderCloser {
    void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, FolderCloser>;

/// Opens `name` in the folder `parent` (or AT_FDCWD), no link. Null where it is none. A folder that its owner
/// has closed to itself is opened to the owner first.
[[nodiscard]] Folder open_folder(int parent, const char* name);

/// Removes all that a folder holds, however deep: what lies in an inner folder is moved up before that one
/// goes, so that neither a path nor the number of open folders grows. False where something stays.
[[nodiscard]] bool empty_folder(const Folder& folder);

}  // namespace nias::worker
