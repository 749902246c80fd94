#include "api/log_search.hpp"

#include "base/unicode.hpp"
#include "base/words.hpp"

namespace nias::httpfront {

LogSearch::LogSearch(std::string_view text) : wanted_(plain_letters(text)) {}

void LogSearch::feed(std::string_view piece) {
    while (!piece.empty()) {
        const std::size_t room = kLineBytesMax - open_.size();
        const std::size_t end = piece.substr(0, room).find('\n');
        const bool line_ends = end != std::string_view::npos;
        const std::size_t taken = line_ends ? end : std::min(room, piece.size());
        open_.append(piece.substr(0, taken));
        piece.remove_prefix(taken + (line_ends ? 1 : 0));
        next_ += taken + (line_ends ? 1 : 0);
        if (line_ends || open_.size() == kLineBytesMax) { look(line_ends); }
    }
}

void LogSearch::finish() {
    if (next_ > begin_) { look(true); }
}

void LogSearch::look(bool line_ends) {
    if (head_.empty()) { head_ = cut_utf8(open_, kToldBytesMax); }
    if (!found_ && plain_letters(open_).find(wanted_) != std::string::npos) {
        found_ = true;
        ++total_;
        if (hits_.size() < kHitsMax) { hits_.push_back({line_ + 1, begin_, head_}); }
    }
    // A text over the border of two parts of a long line is found too.
    const std::size_t kept = line_ends ? 0 : std::min(open_.size(), 4 * wanted_.size());
    open_.erase(0, open_.size() - kept);
    if (!line_ends) { return; }
    ++line_;
    begin_ = next_;
    found_ = false;
    head_.clear();
}

}  // namespace nias::httpfront
