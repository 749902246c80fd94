/// Finds the lines of a log that hold a text, however long the log is: bytes go in piece by piece, and what
/// is kept is bounded. Pure; used by the handler of logs, one search at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nias::httpfront {

class LogSearch {
public:
    static constexpr std::size_t kHitsMax = 1000;             ///< lines that are told; the others are counted
    static constexpr std::size_t kLineBytesMax = 64U << 10U;  ///< a longer line is looked at in parts
    static constexpr std::size_t kToldBytesMax = 400;         ///< a told line is cut to this

    struct Hit {
        std::uint64_t line = 0;    ///< from 1
        std::uint64_t offset = 0;  ///< where the line begins, in bytes of the log
        std::string text;          ///< its beginning
    };

    /// `text` is sought without regard to capitals and accents; it is not empty.
    explicit LogSearch(std::string_view text);
    void feed(std::string_view piece);
    /// The last line may have no end.
    void finish();

    [[nodiscard]] const std::vector<Hit>& hits() const { return hits_; }
    [[nodiscard]] std::uint64_t total() const { return total_; }  ///< lines that hold the text
    [[nodiscard]] std::uint64_t lines() const { return line_; }   ///< lines that were looked at

private:
    void look(bool line_ends);

    std::string wanted_;
    std::string open_;         // the part of the line that has come
    std::uint64_t line_ = 0;   // lines before the open one
    std::uint64_t begin_ = 0;  // where the open line begins
    std::uint64_t next_ = 0;   // where what is fed next stands
    bool found_ = false;       // the open line has been counted
    std::string head_;         // the beginning of the open line, where parts of it were looked at
    std::uint64_t total_ = 0;
    std::vector<Hit> hits_;
};

}  // namespace nias::httpfront
