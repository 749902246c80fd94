/// The sentences of catalogue.json, cut into what is fixed and what varies. Used by words.cpp only;
/// immutable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nias::httpfront::words {

/// A sentence with places for parameters: «"{entry}" is too deep». `{=name}` is a place for a phrase.
class Template {
public:
    explicit Template(std::string_view text);

    struct Piece {
        std::string text;  ///< fixed words, or the name of the parameter
        bool is_param = false;
        bool is_phrase = false;  ///< its value is looked up in the catalogue too
    };
    [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
    [[nodiscard]] std::size_t fixed_bytes() const { return fixed_; }

    /// The values of the parameters, in their order, if all of `text` is this sentence. Gives up after a
    /// bounded number of tries.
    [[nodiscard]] std::optional<std::vector<std::string_view>> match(std::string_view text) const;

private:
    struct Search;
    std::vector<Piece> pieces_;
    std::size_t fixed_ = 0;
};

struct Sentence {
    std::string code;
    Template english;
    Template portuguese;
};

/// All of them, the longest fixed words first, so that the most precise is found first.
[[nodiscard]] const std::vector<Sentence>& sentences();

}  // namespace nias::httpfront::words
