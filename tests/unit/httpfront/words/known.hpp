/// Whether the catalogue knows a text through and through: used by the tests of its words.
#pragma once

#include <algorithm>

#include "words/words.hpp"

namespace nias::httpfront::words {

/// Whether all of a text is known, the phrases within its phrases too.
inline bool is_known_to_the_end(const Phrases& phrases) {
    if (!is_known(phrases)) { return false; }
    for (const Phrase& phrase : phrases) {
        const auto row = std::find_if(rows().begin(), rows().end(),
                                      [&](const Row& one) { return one.code == phrase.code; });
        if (row == rows().end()) { continue; }
        for (const auto& [name, value] : phrase.params) {
            const bool is_phrase = row->english.find("{=" + name + "}") != std::string::npos;
            if (is_phrase && !is_known_to_the_end(value)) { return false; }
        }
    }
    return true;
}

}  // namespace nias::httpfront::words
