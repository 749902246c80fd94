/// Names of an archive's entries, read as their writer meant them and then judged. Private to job; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "job/archive/refusal.hpp"
#include "job/limits.hpp"

namespace nias::job {

/// A name as the archive's directory holds it.
struct RawName {
    std::string bytes;
    std::string unicode_path;  ///< Info-ZIP's extra field, where it belongs to these bytes; else empty
    bool claims_utf8 = false;  ///< bit 11 of the flags
};

struct ReadNames {
    std::vector<std::string> names;   ///< in the order of the raw ones; "" for the archive's top itself
    std::vector<std::string> mended;  ///< sentences: what was read in another way than it stands there
};

/// Decodes code pages, composes accents, and turns `\` and `./` into plain paths.
[[nodiscard]] ReadNames read_names(const std::vector<RawName>& raw);

/// The text of Info-ZIP's Unicode Path field (0x7075) whose body this is, where its checksum says that it
/// belongs to `raw`; else empty.
[[nodiscard]] std::string unicode_path_of(const std::string& body, const std::string& raw);

/// Refuses what is no relative path of readable parts within the limits.
[[nodiscard]] std::optional<Refusal> judge_name(const std::string& name, const BundleLimits& limits);

/// Whether systems or tools left it in a folder, and no program reads it: `__MACOSX`, `.DS_Store`, `.git`,
/// `.venv`.
[[nodiscard]] bool is_leaving(std::string_view path);

/// The same for a whole archive, where also a virtual environment of any name is known by its `pyvenv.cfg`.
class Leavings {
public:
    explicit Leavings(const std::vector<std::string>& names);
    [[nodiscard]] bool has(std::string_view path) const;

private:
    std::vector<std::string> environments_;  ///< folders, each with its `/`, sorted
};

}  // namespace nias::job
