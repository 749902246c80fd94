/// Where in an archive the job lies, and what to say where it lies nowhere. Private to bundle; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

#include "job/archive/archive.hpp"

namespace nias::job {

/// The folder of the program, which is the top, a folder there, or a folder in that.
struct Place {
    std::string root;                 ///< "" or "name/"
    std::vector<std::string> beside;  ///< files outside of it, which are no part of the job
};

[[nodiscard]] Result<Place, Refusal> find_place(const std::vector<Member>& members);

/// The refusal of an archive without code.py or code.m: it names what is there instead and what to change.
[[nodiscard]] Refusal no_program(const std::vector<Member>& members);

/// The file of this name, else one whose name differs in capitals only; null: there is none. The name is a
/// path below `root`.
[[nodiscard]] const Member* find_file(const std::vector<Member>& members, std::string_view root,
                                      std::string_view name);

}  // namespace nias::job
