#include "accounts/rules.hpp"

#include <algorithm>
#include <set>

#include "accounts/passwords.hpp"
#include "base/words.hpp"
#include "http/message.hpp"

namespace nias::httpfront {
namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::size_t characters_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// The text without the parts that say `part`.
std::string without(std::string text, std::string_view part) {
    if (part.empty()) { return text; }
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at)) {
        text.erase(at, part.size());
    }
    return text;
}

}  // namespace

std::string account_name(std::string_view typed) { return lower(trim(typed)); }

std::optional<Problem> check_name(std::string_view name) {
    const bool fits = !name.empty() && name.size() <= kNameBytesMax && is_letter_or_digit(name.front()) &&
                      is_letter_or_digit(name.back()) && std::all_of(name.begin(), name.end(), [](char c) {
                          return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_' || c == '@';
                      });
    if (fits) { return std::nullopt; }
    return Problem{
        .status = 422,
        .code = "bad_name",
        .detail = "a name has 1 to 64 letters a to z, digits, and . - _ @ between them: choose one"};
}

std::optional<Problem> check_password(std::string_view password, std::string_view name) {
    const auto refused = [](std::string detail) {
        return Problem{.status = 422, .code = "weak_password", .detail = std::move(detail)};
    };
    if (characters_of(password) < kPasswordCharactersMin) {
        return refused("the password is shorter than 10 characters: choose a longer one");
    }
    if (password.size() > Passwords::kPasswordBytesMax) {
        return refused("the password is longer than 1024 bytes: choose a shorter one");
    }
    const std::string folded = lower(password);
    const std::set<char> letters(folded.begin(), folded.end());
    constexpr std::size_t kUnlike = 5;
    if (letters.size() < kUnlike || characters_of(without(folded, name)) < kUnlike) {
        return refused("the password is too easy to guess: choose another");
    }
    return std::nullopt;
}

std::string free_text(std::string_view text) {
    std::string out;
    for (const char c : cut_utf8(trim(text), kFreeTextBytesMax)) {
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) { out.push_back(c); }
    }
    return out;
}

}  // namespace nias::httpfront
