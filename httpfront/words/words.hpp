/// Sentences of the lab for people, as codes with parameters: finds the sentence of the catalogue that a text
/// is, and says it in another language. The catalogue (catalogue.json) is the one home of every sentence in
/// English and Portuguese; the pages have the same file (decision 0041). Used by api. Pure; any thread.
///
/// Sentences come from everywhere (the judge of bundles, a worker of another version, the ventilator), in
/// English. A text that the catalogue does not know stays as it is.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nias::httpfront::words {

enum class Language { english, portuguese };

struct Phrase;
/// A text as phrases in their order; rendered, they follow each other without anything between.
using Phrases = std::vector<Phrase>;

/// One sentence or clause of the catalogue with its parameters, or a text that is none.
struct Phrase {
    std::string code{};  ///< "no_program.copy"; empty: `text` is said as it is
    std::string text{};
    std::map<std::string, Phrases> params{};  ///< by name; most are one phrase without a code
};

/// Finds the phrases of a text: all of it, else clause by clause («; », line ends, sentences).
[[nodiscard]] Phrases parse(std::string_view text);
[[nodiscard]] std::string render(const Phrases& phrases, Language language);
/// The text in that language; itself where the catalogue does not know it.
[[nodiscard]] std::string in_language(std::string_view text, Language language);
/// Whether every part of it is in the catalogue.
[[nodiscard]] bool is_known(const Phrases& phrases);

/// By `Accept-Language`: Portuguese where it is preferred to English.
[[nodiscard]] Language language_of(std::string_view accept_language);
[[nodiscard]] std::string_view tag_of(Language language);  ///< "pt-BR"

/// One row of the catalogue, for tests that walk it.
struct Row {
    std::string code;
    std::string english;
    std::string portuguese;
};
[[nodiscard]] const std::vector<Row>& rows();

}  // namespace nias::httpfront::words
