/// The images of this machine as jobs use them: held while a job runs in one, and asked once which
/// interpreters they have. Used by the attempts. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/host/descriptor.hpp"
#include "job/images/image.hpp"
#include "worker/host/cgroup.hpp"
#include "worker/runtime/runtime.hpp"
#include "worker/sandbox/sandbox.hpp"

namespace nias::worker {

/// An image whose files stay as long as this lives.
struct HeldImage {
    job::Image image;
    std::string root;  ///< its files, on the host
    Descriptor lock;
};

class Images {
public:
    /// `folder` as in job/images/image.hpp; it may not be there.
    Images(std::string folder, const Sandbox& sandbox, const Cgroups& cgroups)
        : folder_(std::move(folder)), sandbox_(sandbox), cgroups_(cgroups) {}

    /// `not_found`: this machine has no such image, or loses it just now.
    [[nodiscard]] Result<HeldImage> hold(const std::string& name) const;

    /// The image's own interpreter for `language` ("python", "matlab|octave", "r"), which is started in a box
    /// as `user` the first time it is asked for. `invalid` says what the image lacks; anything else is this
    /// machine's trouble.
    [[nodiscard]] Result<std::shared_ptr<const Runtime>> runtime(const HeldImage& held,
                                                                 const std::string& language,
                                                                 const std::optional<JobUser>& user) const;

private:
    using Key = std::pair<std::string, std::string>;  ///< digest and language
    [[nodiscard]] Result<std::string> ask(const InterpreterPlace& place, const std::optional<JobUser>& user,
                                          const std::vector<std::string>& argv) const;

    std::string folder_;
    const Sandbox& sandbox_;
    const Cgroups& cgroups_;
    mutable std::mutex mutex_;
    mutable std::map<Key, std::shared_ptr<const Runtime>> known_;  ///< at most kKnownMost
};

}  // namespace nias::worker
