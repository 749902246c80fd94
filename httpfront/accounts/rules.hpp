/// Rules for the names of accounts and for passwords. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/problem.hpp"

namespace nias::httpfront {

inline constexpr std::size_t kNameBytesMax = 64;
inline constexpr std::size_t kFreeTextBytesMax = 200;  ///< full names, notes, labels
inline constexpr std::size_t kPasswordCharactersMin = 10;

/// The name as it is stored: lower case, without spaces around it.
[[nodiscard]] std::string account_name(std::string_view typed);
/// 422 where this can be no account's name: it is the owner of jobs, and stands in addresses and commands.
[[nodiscard]] std::optional<Problem> check_name(std::string_view name);
/// 422 where a password is too short, too long, or says nothing but the name.
[[nodiscard]] std::optional<Problem> check_password(std::string_view password, std::string_view name);
/// Free text without control characters, cut to kFreeTextBytesMax.
[[nodiscard]] std::string free_text(std::string_view text);

}  // namespace nias::httpfront
