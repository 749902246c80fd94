/// One requirement of Python: a package and the versions that will do (PEP 508). Private to requirements;
/// pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

namespace nias::job {

struct VersionRule {
    std::string op;       ///< "==", ">=", …
    std::string version;  ///< "1.26", "2.*"
};

struct Requirement {
    std::string name;
    std::vector<VersionRule> rules;
    std::string marker;  ///< after `;`: on which machines it counts; empty: on all
};

/// `line` is not empty and has no comment and no blanks around it. `invalid`: what is wrong and what to
/// write.
[[nodiscard]] Result<Requirement> parse_requirement(std::string_view line);

/// The name as indexes compare it (PEP 503): `Scikit_Learn` is `scikit-learn`.
[[nodiscard]] std::string normal_name(std::string_view name);

/// Why no package of that name should be asked for, and what to do; empty: nothing is known against it.
[[nodiscard]] std::string wrong_name(const Requirement& requirement);

/// Whether no version can obey both rules. False where that is not certain.
[[nodiscard]] bool exclude_each_other(const VersionRule& one, const VersionRule& other);

}  // namespace nias::job
