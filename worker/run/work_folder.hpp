/// One attempt's folder on the worker's disk: made before anything, gone at the end. Used by attempt.
/// A resource; one thread at a time.
#pragma once

#include <string>
#include <utility>

#include <nias/result.hpp>

#include "base/host/descriptor.hpp"

namespace nias::worker {

class WorkFolder {
public:
    /// Makes `<parent>/<name>/` with `job/`, `tmp/` and `support/` in it, for the worker's user alone.
    static Result<WorkFolder> make(const std::string& parent, const std::string& name);
    WorkFolder(WorkFolder&& other) noexcept
        : path_(std::exchange(other.path_, {})), job_(std::move(other.job_)) {}
    WorkFolder& operator=(WorkFolder&&) = delete;
    ~WorkFolder();  ///< removes it; what cannot be removed is logged

    [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    [[nodiscard]] int job_descriptor() const { return job_.get(); }  ///< of `job/`, taken when it was made

private:
    explicit WorkFolder(std::string path) : path_(std::move(path)) {}
    std::string path_;
    Descriptor job_;
};

/// Removes a tree that a program may have made: links are never followed, folders closed to us are opened
/// first.
[[nodiscard]] Status remove_tree(const std::string& path);

}  // namespace nias::worker
