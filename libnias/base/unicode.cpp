#include "base/unicode.hpp"

#include <locale.h>
#include <wchar.h>
#include <wctype.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace nias {
namespace {

/// One character of UTF-8, or one byte that is part of none.
struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;
    bool valid = false;
};

/// The character at the front of `text`, which is not empty. Overlong forms, surrogates and numbers past
/// U+10FFFF are not valid.
Character first_of(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) { return {lead, 1, true}; }
    const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0 || length > text.size()) { return {}; }
    char32_t code = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) { return {}; }
        code = code << 6U | (byte(i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) { return {}; }
    return {code, length, true};
}

void append(std::string& out, char32_t code) {
    const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (code < 0x80) { return put(code); }
    if (code < 0x800) {
        put(0xC0U | code >> 6U);
    } else {
        if (code < 0x10000) {
            put(0xE0U | code >> 12U);
        } else {
            put(0xF0U | code >> 18U);
            put(0x80U | (code >> 12U & 0x3FU));
        }
        put(0x80U | (code >> 6U & 0x3FU));
    }
    put(0x80U | (code & 0x3FU));
}

/// The tables of Unicode that the C library brings. They are those of no language: the environment of the
/// process decides nothing. Null where the system lacks them; then only ASCII is known.
locale_t unicode() {
    static const locale_t tables = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return tables;
}

/// Characters that show nothing and change what is around them, or hide in it. Joiners and variation
/// selectors are not among them: Persian and emoji are not written without.
bool is_hidden(char32_t code) {
    struct Range {
        char32_t first, last;
    };
    constexpr std::array<Range, 10> kHidden{{{0xAD, 0xAD},
                                             {0x61C, 0x61C},
                                             {0x180E, 0x180E},
                                             {0x200B, 0x200B},
                                             {0x200E, 0x200F},
                                             {0x2028, 0x202E},
                                             {0x2060, 0x206F},
                                             {0xFEFF, 0xFEFF},
                                             {0xFFF9, 0xFFFB},
                                             {0xE0000, 0xE007F}}};
    return std::any_of(kHidden.begin(), kHidden.end(),
                       [code](const Range& range) { return code >= range.first && code <= range.last; });
}

/// Accents that are stored apart from their letters.
bool is_accent(char32_t code) { return code >= 0x300 && code <= 0x36F; }

/// The letter of the alphabet below a small Latin letter with an accent, as Unicode decomposes it; others
/// stay.
char32_t without_accent(char32_t code) {
    constexpr std::string_view kLetters =
        "aaaaaa.ceeeeiiii.nooooo..uuuuy.y"   // U+00E0
        "aaaaaaccccccccdd..eeeeeeeeeegggg"   // U+0100
        "gggghh..iiiiiiiii...jjkk.llllll."   // U+0120
        "...nnnnnn...oooooo..rrrrrrssssss"   // U+0140
        "sstttt..uuuuuuuuuuuuwwyyyzzzzzz.";  // U+0160
    constexpr char32_t kFirst = 0xE0;
    if (code < kFirst || code >= kFirst + kLetters.size() || kLetters[code - kFirst] == '.') { return code; }
    return static_cast<unsigned char>(kLetters[code - kFirst]);
}

bool is_shown(char32_t code) {
    if (code < 0x80) { return code >= 0x20 && code < 0x7F; }
    if (is_hidden(code) || unicode() == nullptr) { return false; }
    return ::iswprint_l(static_cast<wint_t>(code), unicode()) != 0;
}

void append_escape(std::string& out, const Character& character, unsigned char byte) {
    std::array<char, 16> text{};
    if (character.valid && character.code == '\n') {
        out += "\\n";
    } else if (character.valid && character.code == '\t') {
        out += "\\t";
    } else if (character.valid && character.code == '\r') {
        out += "\\r";
    } else if (!character.valid || character.code < 0x80) {
        std::snprintf(text.data(), text.size(), "\\x%02x", static_cast<unsigned>(byte));
    } else {
        std::snprintf(text.data(), text.size(), character.code < 0x10000 ? "\\u%04x" : "\\U%08x",
                      static_cast<unsigned>(character.code));
    }
    out += text.data();
}

/// The thread's locale is the Unicode one while this lives: wcwidth() has no form that is given one.
class WithUnicode {
public:
    WithUnicode() : before_(unicode() == nullptr ? nullptr : ::uselocale(unicode())) {}
    WithUnicode(const WithUnicode&) = delete;
    WithUnicode& operator=(const WithUnicode&) = delete;
    ~WithUnicode() {
        if (before_ != nullptr) { ::uselocale(before_); }
    }

private:
    locale_t before_;
};

}  // namespace

std::string visible(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character character = first_of(text);
        if (character.valid && is_shown(character.code)) {
            out += text.substr(0, character.bytes);
        } else {
            append_escape(out, character, static_cast<unsigned char>(text.front()));
        }
        text.remove_prefix(character.bytes);
    }
    return out;
}

std::string json_text(std::string_view text) {
    std::string out = "\"";
    const auto escaped = [&out](char32_t unit) {
        std::array<char, 16> digits{};
        std::snprintf(digits.data(), digits.size(), "\\u%04x", static_cast<unsigned>(unit));
        out += digits.data();
    };
    while (!text.empty()) {
        const Character next = first_of(text);
        const std::string_view bytes = text.substr(0, next.bytes);
        text.remove_prefix(next.bytes);
        if (!next.valid) {
            escaped(0xFFFD);
        } else if (next.code == '"' || next.code == '\\') {
            (out += '\\') += bytes;
        } else if (is_shown(next.code)) {
            out += bytes;
        } else if (next.code < 0x10000) {
            escaped(next.code);
        } else {
            escaped(0xD800 + ((next.code - 0x10000) >> 10U));
            escaped(0xDC00 + ((next.code - 0x10000) & 0x3FFU));
        }
    }
    return out + "\"";
}

std::string visible_lines(std::string_view text, std::size_t indent) {
    const std::size_t last = text.find_last_not_of("\r\n");
    text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
    std::string out;
    while (true) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (end < text.size() && line.ends_with('\r')) { line.remove_suffix(1); }
        out += visible(line);
        if (end == text.size()) { return out; }
        out.push_back('\n');
        out.append(indent, ' ');
        text.remove_prefix(end + 1);
    }
}

std::size_t columns_of(std::string_view text) {
    const WithUnicode tables;
    std::size_t columns = 0;
    while (!text.empty()) {
        const Character character = first_of(text);
        const int width = character.valid ? ::wcwidth(static_cast<wchar_t>(character.code)) : 1;
        columns += static_cast<std::size_t>(width < 0 ? 1 : width);
        text.remove_prefix(character.bytes);
    }
    return columns;
}

std::string plain_letters(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character character = first_of(text);
        if (!character.valid || (character.code >= 0x80 && unicode() == nullptr)) {
            out += text.substr(0, character.bytes);
        } else if (character.code < 0x80) {
            const bool capital = character.code >= 'A' && character.code <= 'Z';
            append(out, capital ? character.code + ('a' - 'A') : character.code);
        } else {
            // By way of the capital: Greek writes its small sigma in two ways.
            const wint_t capital = ::towupper_l(static_cast<wint_t>(character.code), unicode());
            const auto small = static_cast<char32_t>(::towlower_l(capital, unicode()));
            if (!is_accent(small)) { append(out, without_accent(small)); }
        }
        text.remove_prefix(character.bytes);
    }
    return out;
}

}  // namespace nias
