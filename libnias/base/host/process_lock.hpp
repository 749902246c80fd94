/// One owner of a folder: an flock'ed file that holds the owner's pid and program. Used by service and by
/// the programs. It holds between processes, and between two objects of one process.
#pragma once

#include <string>

#include <nias/result.hpp>

namespace nias {

/// Held as long as the object lives; the kernel lets go of it when the process dies.
class ProcessLock {
public:
    /// `conflict` names the process that holds it; `unavailable` says why the file cannot be written.
    static Result<ProcessLock> acquire(const std::string& path);
    ProcessLock(ProcessLock&& other) noexcept;
    ProcessLock& operator=(ProcessLock&& other) noexcept;
    ~ProcessLock();

private:
    explicit ProcessLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

}  // namespace nias
