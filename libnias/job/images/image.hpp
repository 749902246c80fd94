/// Images: systems of their own that an administrator has prepared («nias image add»), in which jobs can run.
/// A folder of images holds a note `NAME.image` for each, and `trees/DIGEST/` with its files: a tree never
/// changes, so that a running job keeps what it sees when its image is replaced. Used by bundle, cli and
/// worker. Functions without state; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

namespace nias::job {

/// Begins the runtime of a task that is to run in an image: "image:eeg".
inline constexpr std::string_view kImageRuntime = "image:";

struct Image {
    std::string name;                        ///< `eeg` or `eeg:2.1`
    std::string digest;                      ///< "sha256:" and 64 hexadecimal digits
    std::map<std::string, std::string> env;  ///< variables that the image's programs need, such as PATH
};

/// Reads `name` or `name:tag`: each part has 1 to 40 small letters, digits, `.`, `_` and `-`, the first of
/// them a letter or a digit; a tag may have capitals, and those of the name become
/// small. `eeg:latest` is `eeg`. `invalid` says what is wrong, as
/// the end of a sentence that begins with what was to be named.
[[nodiscard]] Result<std::string> parse_image_name(std::string_view text);

/// Whether it is "sha256:" and 64 hexadecimal digits, in small letters.
[[nodiscard]] bool is_image_digest(std::string_view text);

/// The note of an image, which read_image() reads: its digest, then a line `NAME=value` for each variable. A
/// variable whose value has a line break is left out.
[[nodiscard]] std::string note_of(const Image& image);
[[nodiscard]] std::string note_path(const std::string& folder, const std::string& name);

/// `not_found`: there is none of this name. `invalid`: its note cannot be read.
[[nodiscard]] Result<Image> read_image(const std::string& folder, const std::string& name);

/// The names of the images in the folder, sorted; none where there is no such folder.
[[nodiscard]] std::vector<std::string> images_in(const std::string& folder);

/// The folder with the files of the image of this digest, and beside it the lock that is held shared while a
/// job runs in it, and alone by who removes it.
[[nodiscard]] std::string tree_path(const std::string& folder, const std::string& digest);
[[nodiscard]] std::string tree_lock(const std::string& folder, const std::string& digest);

}  // namespace nias::job
