#include "words/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "words/catalogue.hpp"

namespace nias::httpfront::words {
namespace {

constexpr std::size_t kTextBytesMax = 16U << 10U;  // a longer text is not looked up
constexpr int kDepthMax = 4;                       // phrases within phrases
constexpr int kClausesMax = 64;

Phrase plain(std::string_view text) { return {.text = std::string(text)}; }

Phrases parse_within(std::string_view text, int depth);

std::optional<Phrase> whole_phrase(std::string_view text, int depth) {
    for (const Sentence& sentence : sentences()) {
        const auto values = sentence.english.match(text);
        if (!values) { continue; }
        Phrase phrase{.code = sentence.code};
        auto value = values->begin();
        for (const auto& piece : sentence.english.pieces()) {
            if (!piece.is_param) { continue; }
            phrase.params[piece.text] =
                piece.is_phrase ? parse_within(*value, depth + 1) : Phrases{plain(*value)};
            ++value;
        }
        return phrase;
    }
    return std::nullopt;
}

/// The first clause of a text: it ends before a separator, which is put out too. A sentence keeps its full
/// stop.
struct Cut {
    std::size_t end = 0;
    std::size_t separator = 0;
};

std::optional<Cut> next_cut(std::string_view text, std::size_t from) {
    std::optional<Cut> first;
    for (const std::string_view mark :
         {std::string_view("\n"), std::string_view("; "), std::string_view(". ")}) {
        const std::size_t at = text.find(mark, from);
        if (at == std::string_view::npos) { continue; }
        const Cut cut = mark == ". " ? Cut{at + 1, 1} : Cut{at, mark.size()};
        if (!first || cut.end < first->end) { first = cut; }
    }
    return first;
}

/// The shortest beginning of the text that is a phrase and ends where a clause ends.
Phrases parse_clauses(std::string_view text, int depth) {
    Phrases out;
    int clauses = 0;
    while (!text.empty()) {
        bool found = false;
        for (auto cut = next_cut(text, 0); cut && ++clauses < kClausesMax;
             cut = next_cut(text, cut->end + 1)) {
            auto phrase = whole_phrase(text.substr(0, cut->end), depth);
            if (!phrase) { continue; }
            out.push_back(std::move(*phrase));
            out.push_back(plain(text.substr(cut->end, cut->separator)));
            text.remove_prefix(cut->end + cut->separator);
            found = true;
            break;
        }
        if (found) { continue; }
        auto last = whole_phrase(text, depth);
        const auto cut = last || clauses >= kClausesMax ? std::nullopt : next_cut(text, 0);
        if (!cut) {
            out.push_back(last ? std::move(*last) : plain(text));
            break;
        }
        out.push_back(
            plain(text.substr(0, cut->end + cut->separator)));  // unknown, and what follows may not be
        text.remove_prefix(cut->end + cut->separator);
    }
    return out;
}

Phrases parse_within(std::string_view text, int depth) {
    if (text.empty()) { return {}; }
    if (text.size() > kTextBytesMax || depth > kDepthMax) { return {plain(text)}; }
    if (auto whole = whole_phrase(text, depth)) {
        // A whole that swallowed a separator may be several clauses, each of which says more.
        Phrases alone{std::move(*whole)};
        if (!next_cut(text, 0)) { return alone; }
        auto clauses = parse_clauses(text, depth);
        return clauses.size() > 1 && is_known(clauses) ? clauses : alone;
    }
    return parse_clauses(text, depth);
}

bool is_separator(const std::string& text) { return text == "; " || text == " " || text == "\n"; }

}  // namespace

Phrases parse(std::string_view text) { return parse_within(text, 0); }

std::string render(const Phrases& phrases, Language language) {
    std::string out;
    for (const Phrase& phrase : phrases) {
        const auto sentence = std::find_if(sentences().begin(), sentences().end(),
                                           [&](const Sentence& one) { return one.code == phrase.code; });
        if (phrase.code.empty() || sentence == sentences().end()) {
            out += phrase.text;
            continue;
        }
        const Template& said = language == Language::english ? sentence->english : sentence->portuguese;
        for (const auto& piece : said.pieces()) {
            const auto value = piece.is_param ? phrase.params.find(piece.text) : phrase.params.end();
            out += value == phrase.params.end() ? piece.text : render(value->second, language);
        }
    }
    return out;
}

std::string in_language(std::string_view text, Language language) {
    return language == Language::english ? std::string(text) : render(parse(text), language);
}

bool is_known(const Phrases& phrases) {
    return !phrases.empty() && std::all_of(phrases.begin(), phrases.end(), [](const Phrase& phrase) {
        return !phrase.code.empty() || is_separator(phrase.text);
    });
}

Language language_of(std::string_view accept_language) {
    std::array<double, 2> weights{};  // of English and Portuguese
    while (!accept_language.empty()) {
        const std::size_t end = std::min(accept_language.find(','), accept_language.size());
        std::string_view one = accept_language.substr(0, end);
        accept_language.remove_prefix(std::min(end + 1, accept_language.size()));
        one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
        double weight = 1;
        if (const std::size_t q = one.find(";q="); q != std::string_view::npos) {
            const std::string_view digits = one.substr(q + 3);
            const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), weight);
            if (error != std::errc{}) { weight = 0; }
        }
        const bool portuguese = one.starts_with("pt") || one.starts_with("PT");
        if (!portuguese && !one.starts_with("en") && !one.starts_with("EN")) { continue; }
        double& known = weights.at(portuguese ? 1 : 0);
        known = std::max(known, weight);
    }
    return weights[1] > weights[0] ? Language::portuguese : Language::english;
}

std::string_view tag_of(Language language) { return language == Language::english ? "en" : "pt-BR"; }

}  // namespace nias::httpfront::words
