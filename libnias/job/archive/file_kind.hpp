/// Tells by its first bytes what a file is that was sent in place of a zip. Private to job; pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "job/archive/refusal.hpp"

namespace nias::job {

/// So many first bytes tell the kind: a tar names itself at byte 257.
inline constexpr std::size_t kFileKindBytes = 512;

/// The refusal that names the kind of the file and says what to send instead; nullopt for what begins like
/// a zip, and for bytes that nothing is known of.
[[nodiscard]] std::optional<Refusal> refuse_other_kind(std::string_view head);

/// The same, and the refusal of plain text, like a program that was sent under the name of a zip.
[[nodiscard]] std::optional<Refusal> refuse_no_zip(std::string_view head);

}  // namespace nias::job
