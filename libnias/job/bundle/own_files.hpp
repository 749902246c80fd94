/// The files of a bundle that NIAS itself reads: nias.toml and requirements.txt. Private to bundle.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "job/archive/archive.hpp"
#include "job/manifest/manifest.hpp"
#include "job/requirements/requirements.hpp"

namespace nias::job {

/// Reads them out of one archive; what it took as meant goes to `mended`.
class OwnFiles {
public:
    /// The arguments outlive it. `root` is the folder of the program.
    OwnFiles(const std::string& zip_path, const std::vector<Member>& members, const std::string& root,
             std::vector<std::string>& mended)
        : zip_path_(zip_path), members_(members), root_(root), mended_(mended) {}

    /// Fills `to` where the bundle has the file, in any capitals.
    [[nodiscard]] std::optional<Refusal> read_manifest(Manifest& to);
    [[nodiscard]] std::optional<Refusal> read_requirements(Requirements& to);

    [[nodiscard]] bool has_requirements() const { return find("requirements.txt") != nullptr; }

    /// Names files that look like those two, or do their work for other tools, and are not read.
    void tell_unread();

private:
    void tell_too_deep();
    [[nodiscard]] const Member* find(std::string_view name) const;
    std::optional<Refusal> read_text(const Member& member, std::string_view name, std::string_view code,
                                     std::size_t most, std::string& to);

    const std::string& zip_path_;
    const std::vector<Member>& members_;
    const std::string& root_;
    std::vector<std::string>& mended_;
};

}  // namespace nias::job
