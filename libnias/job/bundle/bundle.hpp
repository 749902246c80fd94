/// A bundle: the zip a researcher sends, judged and then unpacked. Used by httpfront, cli and worker.
/// Functions without state; any thread. libzip inflates, archive/archive.hpp judges before it does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nias/task.hpp>

#include "job/archive/archive.hpp"
#include "job/limits.hpp"
#include "job/manifest/manifest.hpp"
#include "job/requirements/requirements.hpp"

namespace nias::job {

/// The content of a good bundle.
struct Layout {
    std::string root;   ///< folder of the program inside the zip, "" or "name/" (ends in `/`)
    std::string entry;  ///< the program below `root`: "code.py"
    /// Its language, as the manifest says, else by the ending: "python", "matlab|octave", "r".
    std::string language;
    /// The word that a machine must offer to run it: the language; "python:eeg" for the environment eeg;
    /// "image:eeg" for the image eeg.
    std::string runtime;
    std::string name;  ///< for people: manifest, else top folder, else file name
    Manifest manifest;
    bool has_requirements = false;    ///< requirements.txt lies beside the program, whatever it holds
    Requirements requirements;        ///< what it asks for, of a Python program
    std::vector<std::string> mended;  ///< what was odd and is taken as meant, or is not read; sentences
    std::uint64_t unpacked_bytes = 0;
    std::vector<Member> contents;  ///< what unpack() writes: all below `root`, by the zip's full paths
};

/// Reads the directory, the manifest, the requirements and no more. `file_name` is what the researcher called
/// the zip.
[[nodiscard]] Result<Layout, Refusal> judge(const std::string& zip_path, const std::string& file_name,
                                            const BundleLimits& limits = {});

/// Lets the job run in this image, whatever its nias.toml says. Nothing where it can; refusals are those of
/// judge() for an image that nias.toml names.
[[nodiscard]] std::optional<Refusal> use_image(Layout& layout, const std::string& image);

/// Writes every member below `layout.root` into `folder` (which exists and is empty), regular files 0644 and
/// folders 0755, each of exactly the size the directory claims and with its CRC. `invalid` names the entry.
/// `layout` is what judge() said of these very bytes. `folder` must not be writable by anybody else while
/// this runs.
[[nodiscard]] Status unpack(const std::string& zip_path, const Layout& layout, const std::string& folder);

/// «matlab or octave» for `matlab|octave`, «image eeg» for `image:eeg`.
[[nodiscard]] std::string runtime_in_words(std::string runtime);

/// The task that runs the bundle: name, runtime, resources, time limit and attempts as the manifest asks.
[[nodiscard]] Task make_task(const Layout& layout, const std::string& owner, const BlobRef& bundle);

}  // namespace nias::job
