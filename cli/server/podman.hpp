/// Images of podman, which reads every form in which they come: as archives, folders, and what it has built
/// or fetched itself. Used by image. Starts podman and tar as programs; one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nias/result.hpp>

namespace nias::cli {

/// An image as podman knows it.
struct PodmanImage {
    std::string id;
    std::string digest;                      ///< "sha256:…"
    std::map<std::string, std::string> env;  ///< as its makers set it
};

class Podman {
public:
    /// `scratch` is a folder of this object's alone, with room for the image twice. `unavailable`: there is
    /// no podman on this machine.
    static Result<Podman> find(std::string scratch);
    Podman(Podman&&) noexcept = default;
    Podman& operator=(Podman&&) = delete;
    ~Podman();  ///< removes from podman what this brought into it

    /// `source` is the folder of a root file system, a tar of one, an archive of «podman save» or «docker
    /// save», or the name of an image that podman has. Nothing is fetched over the network. `not_found`: it
    /// is none of these; `invalid`: it cannot be run on this machine.
    [[nodiscard]] Result<PodmanImage> take(const std::string& source);
    /// Writes the image's files into `folder`, which exists and is empty, without what lies in its `/dev`,
    /// `/proc` and `/sys`.
    [[nodiscard]] Status unpack(const PodmanImage& image, const std::string& folder) const;

private:
    explicit Podman(std::string scratch) : scratch_(std::move(scratch)) {}
    [[nodiscard]] Result<std::string> bring(const std::string& source);
    [[nodiscard]] Result<std::string> import_tar(const std::string& tar) const;

    std::string scratch_;
    std::string brought_;  ///< id of the image that podman did not have before; empty: none
};

}  // namespace nias::cli
