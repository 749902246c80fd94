#include "words/catalogue.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "words/words.hpp"

namespace nias::embedded {
extern const std::string_view words_catalogue;
}

namespace nias::httpfront::words {
namespace {

constexpr int kTriesMax = 2000;

}  // namespace

Template::Template(std::string_view text) {
    while (!text.empty()) {
        const std::size_t open = std::min(text.find('{'), text.size());
        if (open > 0) {
            pieces_.push_back({std::string(text.substr(0, open))});
            fixed_ += open;
            text.remove_prefix(open);
            continue;
        }
        const std::size_t close = text.find('}');
        NIAS_CHECK(close != std::string_view::npos, "a place of the catalogue is closed");
        const bool is_phrase = text[1] == '=';
        const std::size_t begin = is_phrase ? 2 : 1;
        pieces_.push_back({std::string(text.substr(begin, close - begin)), true, is_phrase});
        text.remove_prefix(close + 1);
    }
}

/// Tries each place where the next fixed words stand, the first one first.
struct Template::Search {
    const std::vector<Piece>& pieces;
    std::vector<std::string_view> values{};
    int tries = 0;

    bool from(std::size_t piece, std::string_view text) {
        if (++tries > kTriesMax) { return false; }
        if (piece == pieces.size()) { return text.empty(); }
        if (!pieces[piece].is_param) {
            const std::string& fixed = pieces[piece].text;
            return text.starts_with(fixed) && from(piece + 1, text.substr(fixed.size()));
        }
        if (piece + 1 == pieces.size()) {
            if (text.empty()) { return false; }
            values.push_back(text);
            return true;
        }
        const std::string& next = pieces[piece + 1].text;
        for (std::size_t at = text.find(next, 1); at != std::string_view::npos;
             at = text.find(next, at + 1)) {
            values.push_back(text.substr(0, at));
            if (from(piece + 1, text.substr(at))) { return true; }
            values.pop_back();
        }
        return false;
    }
};

std::optional<std::vector<std::string_view>> Template::match(std::string_view text) const {
    if (text.size() < fixed_) { return std::nullopt; }
    if (!pieces_.back().is_param && !text.ends_with(pieces_.back().text)) { return std::nullopt; }
    Search search{pieces_};
    if (!search.from(0, text)) { return std::nullopt; }
    return std::move(search.values);
}

const std::vector<Row>& rows() {
    static const std::vector<Row> all = [] {
        std::vector<Row> out;
        for (const auto& row : nlohmann::json::parse(embedded::words_catalogue)) {
            out.push_back(
                {row.at(0).get<std::string>(), row.at(1).get<std::string>(), row.at(2).get<std::string>()});
        }
        return out;
    }();
    return all;
}

const std::vector<Sentence>& sentences() {
    static const std::vector<Sentence> all = [] {
        std::vector<Sentence> out;
        for (const Row& row : rows()) {
            out.push_back({row.code, Template(row.english), Template(row.portuguese)});
        }
        std::stable_sort(out.begin(), out.end(), [](const Sentence& a, const Sentence& b) {
            return a.english.fixed_bytes() > b.english.fixed_bytes();
        });
        return out;
    }();
    return all;
}

}  // namespace nias::httpfront::words
