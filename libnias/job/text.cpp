#include "job/text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "base/words.hpp"

namespace nias::job {
namespace {

/// The upper half of code page 850 as Unicode.
constexpr std::array<char16_t, 128> kPage850{
    0xC7,   0xFC,   0xE9,   0xE2,   0xE4,   0xE0,   0xE5,   0xE7,   0xEA,   0xEB,   0xE8,   0xEF,   0xEE,
    0xEC,   0xC4,   0xC5,   0xC9,   0xE6,   0xC6,   0xF4,   0xF6,   0xF2,   0xFB,   0xF9,   0xFF,   0xD6,
    0xDC,   0xF8,   0xA3,   0xD8,   0xD7,   0x192,  0xE1,   0xED,   0xF3,   0xFA,   0xF1,   0xD1,   0xAA,
    0xBA,   0xBF,   0xAE,   0xAC,   0xBD,   0xBC,   0xA1,   0xAB,   0xBB,   0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0xC1,   0xC2,   0xC0,   0xA9,   0x2563, 0x2551, 0x2557, 0x255D, 0xA2,   0xA5,   0x2510, 0x2514,
    0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0xE3,   0xC3,   0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256C, 0xA4,   0xF0,   0xD0,   0xCA,   0xCB,   0xC8,   0x131,  0xCD,   0xCE,   0xCF,   0x2518, 0x250C,
    0x2588, 0x2584, 0xA6,   0xCC,   0x2580, 0xD3,   0xDF,   0xD4,   0xD2,   0xF5,   0xD5,   0xB5,   0xFE,
    0xDE,   0xDA,   0xDB,   0xD9,   0xFD,   0xDD,   0xAF,   0xB4,   0xAD,   0xB1,   0x2017, 0xBE,   0xB6,
    0xA7,   0xF7,   0xB8,   0xB0,   0xA8,   0xB7,   0xB9,   0xB3,   0xB2,   0x25A0, 0xA0};

constexpr char16_t kUndefined = 0xFFFD;

/// 0x80 to 0x9F of code page 1252 as Unicode; from 0xA0 on it is Latin-1.
constexpr std::array<char16_t, 32> kPage1252{
    0x20AC,     kUndefined, 0x201A, 0x0192, 0x201E, 0x2026,     0x2020, 0x2021,
    0x02C6,     0x2030,     0x0160, 0x2039, 0x0152, kUndefined, 0x017D, kUndefined,
    kUndefined, 0x2018,     0x2019, 0x201C, 0x201D, 0x2022,     0x2013, 0x2014,
    0x02DC,     0x2122,     0x0161, 0x203A, 0x0153, kUndefined, 0x017E, 0x0178};

char16_t letter_of(char byte, CodePage page) {
    const auto value = static_cast<unsigned char>(byte);
    if (value < 0x80) { return value; }
    if (page == CodePage::page850) { return kPage850[value - 0x80U]; }
    return value < 0xA0 ? kPage1252[value - 0x80U] : char16_t{value};
}

void append_utf8(std::string& to, utf8proc_int32_t code) {
    std::array<utf8proc_uint8_t, 4> bytes{};
    const auto count = utf8proc_encode_char(code, bytes.data());
    to.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(count));
}

bool is_in(std::u16string_view set, char16_t letter) { return set.find(letter) != set.npos; }

bool is_lower(char16_t letter) {
    return (letter >= u'a' && letter <= u'z') || (letter >= 0xDF && letter <= 0xFF && letter != 0xF7);
}
bool is_upper(char16_t letter) {
    return (letter >= u'A' && letter <= u'Z') || (letter >= 0xC0 && letter <= 0xDE && letter != 0xD7);
}

/// How much a character outside ASCII looks as if somebody had typed it there. The weights only have to put
/// Portuguese before other languages, words before signs, and signs before box drawing.
int plausibility(char16_t before, char16_t letter, char16_t after) {
    constexpr std::u16string_view kPortuguese = u"áàâãçéêíóôõúüÁÀÂÃÇÉÊÍÓÔÕÚÜ";
    constexpr std::u16string_view kNordic = u"þðýÞÐÝ";
    constexpr std::u16string_view kSigns = u"ªº°²³µ±–—’€";
    if (letter == kUndefined) { return -8; }
    if (is_in(kSigns, letter)) { return 1; }
    if (!is_lower(letter) && !is_upper(letter)) { return -4; }
    // A capital inside a word of small letters was a small one in the other page.
    if (is_upper(letter) && (is_lower(before) || (is_upper(before) && is_lower(after)))) { return -2; }
    if (is_in(kNordic, letter)) { return -1; }
    return is_in(kPortuguese, letter) ? 3 : 2;
}

int plausibility(std::string_view name, CodePage page) {
    int sum = 0;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (static_cast<unsigned char>(name[i]) < 0x80) { continue; }
        const char16_t before = i == 0 ? u' ' : letter_of(name[i - 1], page);
        const char16_t after = i + 1 == name.size() ? u' ' : letter_of(name[i + 1], page);
        sum += plausibility(before, letter_of(name[i], page), after);
    }
    return sum;
}

/// UTF-16 without its mark. Half of a pair becomes U+FFFD, and an odd last byte is left out.
std::string from_utf16(std::string_view bytes, bool big_end_first) {
    const auto unit = [&](std::size_t at) {
        const auto first = static_cast<unsigned char>(bytes[at]);
        const auto second = static_cast<unsigned char>(bytes[at + 1]);
        return static_cast<std::uint32_t>(big_end_first ? first << 8U | second : second << 8U | first);
    };
    std::string out;
    for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
        std::uint32_t code = unit(at);
        const bool first_half = code >= 0xD800 && code < 0xDC00;
        const std::uint32_t next = first_half && at + 3 < bytes.size() ? unit(at + 2) : 0;
        if (next >= 0xDC00 && next < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10U) + (next - 0xDC00);
            at += 2;
        } else if (code >= 0xD800 && code < 0xE000) {
            code = kUndefined;
        }
        append_utf8(out, static_cast<utf8proc_int32_t>(code));
    }
    return out;
}

/// Text of Western letters in UTF-16 has a zero in every second byte, and on the same side.
bool has_zeros_at(std::string_view bytes, std::size_t first) {
    if (bytes.size() < 4 || bytes.size() % 2 != 0) { return false; }
    std::size_t zeros = 0;
    for (std::size_t at = first; at < bytes.size(); at += 2) {
        if (bytes[at] == '\0') { ++zeros; }
        if (bytes[at ^ 1U] == '\0') { return false; }
    }
    return zeros * 4 >= bytes.size() / 2 * 3;
}

}  // namespace

bool is_utf8(std::string_view text) {
    const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    auto left = static_cast<utf8proc_ssize_t>(text.size());
    while (left > 0) {
        utf8proc_int32_t code = 0;
        const auto taken = utf8proc_iterate(at, left, &code);
        if (taken <= 0) { return false; }
        at += taken;
        left -= taken;
    }
    return true;
}

std::string composed(std::string_view text) {
    utf8proc_uint8_t* made = nullptr;
    const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                   static_cast<utf8proc_ssize_t>(text.size()), &made,
                                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(made, &std::free);
    if (size < 0) { return std::string(text); }
    return {reinterpret_cast<const char*>(made), static_cast<std::size_t>(size)};
}

std::string from_code_page(std::string_view bytes, CodePage page) {
    std::string out;
    for (const char byte : bytes) { append_utf8(out, letter_of(byte, page)); }
    return out;
}

CodePage likely_code_page(const std::vector<std::string_view>& names) {
    int sum850 = 0;
    int sum1252 = 0;
    for (const std::string_view name : names) {
        sum850 += plausibility(name, CodePage::page850);
        sum1252 += plausibility(name, CodePage::page1252);
    }
    return sum1252 > sum850 ? CodePage::page1252 : CodePage::page850;
}

Result<DecodedText> decode_text(std::string_view bytes) {
    DecodedText out;
    if (bytes.starts_with("\xEF\xBB\xBF")) { bytes.remove_prefix(3); }
    const bool little = bytes.starts_with("\xFF\xFE");
    const bool big = bytes.starts_with("\xFE\xFF");
    if (little || big) {
        out = {from_utf16(bytes.substr(2), big), "UTF-16"};
    } else if (has_zeros_at(bytes, 1) || has_zeros_at(bytes, 0)) {
        out = {from_utf16(bytes, has_zeros_at(bytes, 0)), "UTF-16"};
    } else if (is_utf8(bytes)) {
        out.text = bytes;
    } else {
        out = {from_code_page(bytes, CodePage::page1252), "Windows-1252"};
    }
    if (out.text.find('\0') != std::string::npos) {
        return Error{ErrorCode::invalid, "it is not a text: save it as plain text in UTF-8"};
    }
    return out;
}

std::string shown(std::string_view text, std::size_t most) {
    if (text.size() <= most) { return std::string(text); }
    return std::string(cut_utf8(text, most)) + "…";
}

std::string lower_case(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

std::string counted(std::size_t count, const std::string& one) {
    return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

}  // namespace nias::job
