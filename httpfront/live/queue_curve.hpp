/// How much waited and ran, over the last hour, day and week: rings of samples, coarser the further back they
/// reach, so that a year of service takes no more room than a week. Pure; the history of the queue keeps it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace nias::httpfront {

/// The lab's numbers at one moment. In the words of a broker: `ready` tasks wait, `unacknowledged` ones are
/// with a machine, and the total is both.
struct QueueSample {
    std::int64_t at_s = 0;  ///< Unix seconds; of a sample that is kept, where its step begins
    std::uint64_t ready = 0;
    std::uint64_t unacknowledged = 0;
    std::uint64_t ended = 0;  ///< tasks that have ended since the ledger began
    bool operator==(const QueueSample&) const = default;
};

enum class Span : std::uint8_t { hour, day, week };

class QueueCurve {
public:
    struct Ring {
        std::int64_t step_s;
        std::size_t samples;  ///< the most that are kept
    };
    /// By Span: an hour of ten seconds, a day of minutes, a week of ten minutes.
    static constexpr std::array<Ring, 3> kRings{{{10, 360}, {60, 1440}, {600, 1008}}};

    /// Takes a sample into every ring. Within a step the most that waited and ran is kept: a queue that
    /// filled and emptied between two steps was there. After a clock was set back, samples of later than this
    /// one are dropped.
    void add(const QueueSample& sample);
    /// Oldest first; steps in which nobody looked are left out.
    [[nodiscard]] const std::deque<QueueSample>& of(Span span) const;
    /// Tasks that ended each second while others waited, within the last half hour: the pace of the line.
    /// Nothing where too little was seen to say so.
    [[nodiscard]] std::optional<double> pace(std::int64_t now_s) const;

    /// Lines for a file; read() takes what it understands of them and leaves out samples later than `now_s`.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] static QueueCurve read(std::string_view text, std::int64_t now_s);

private:
    void add_to(std::size_t ring, const QueueSample& sample);

    std::array<std::deque<QueueSample>, kRings.size()> rings_;
};

}  // namespace nias::httpfront
