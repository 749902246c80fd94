#include "live/queue_curve.hpp"

#include <algorithm>

#include "base/numbers.hpp"

namespace nias::httpfront {
namespace {

constexpr std::int64_t kPaceOverS = 1800;
constexpr std::int64_t kPaceSeenS = 60;  // less says nothing
constexpr std::uint64_t kPaceEnds = 5;

/// The numbers of a line; nothing where one is none.
template <std::size_t N>
std::optional<std::array<std::uint64_t, N>> numbers_of(std::string_view line) {
    std::array<std::uint64_t, N> numbers{};
    for (std::uint64_t& number : numbers) {
        const std::size_t blank = std::min(line.find(' '), line.size());
        const auto read = whole_number<std::uint64_t>(line.substr(0, blank));
        if (!read) { return std::nullopt; }
        number = *read;
        line.remove_prefix(std::min(blank + 1, line.size()));
    }
    return line.empty() ? std::optional(numbers) : std::nullopt;
}

}  // namespace

void QueueCurve::add(const QueueSample& sample) {
    for (std::size_t ring = 0; ring < rings_.size(); ++ring) { add_to(ring, sample); }
}

void QueueCurve::add_to(std::size_t ring, const QueueSample& sample) {
    const auto [step_s, most] = kRings.at(ring);
    std::deque<QueueSample>& kept = rings_.at(ring);
    QueueSample taken = sample;
    taken.at_s -= taken.at_s % step_s;
    while (!kept.empty() && kept.back().at_s > taken.at_s) { kept.pop_back(); }
    if (kept.empty() || kept.back().at_s < taken.at_s) {
        kept.push_back(taken);
    } else {
        QueueSample& last = kept.back();
        last.ready = std::max(last.ready, taken.ready);
        last.unacknowledged = std::max(last.unacknowledged, taken.unacknowledged);
        last.ended = taken.ended;
    }
    const std::int64_t oldest = taken.at_s - step_s * static_cast<std::int64_t>(most);
    while (kept.front().at_s <= oldest) { kept.pop_front(); }
}

const std::deque<QueueSample>& QueueCurve::of(Span span) const {
    return rings_.at(static_cast<std::size_t>(span));
}

std::optional<double> QueueCurve::pace(std::int64_t now_s) const {
    const std::deque<QueueSample>& fine = of(Span::hour);
    std::int64_t seen_s = 0;
    std::uint64_t ended = 0;
    for (std::size_t at = 1; at < fine.size(); ++at) {
        const QueueSample& before = fine[at - 1];
        const QueueSample& after = fine[at];
        const std::int64_t step_s = after.at_s - before.at_s;
        if (before.at_s < now_s - kPaceOverS || step_s > 2 * kRings[0].step_s) { continue; }
        if (before.ready == 0 || after.ready == 0 || after.ended < before.ended) { continue; }
        seen_s += step_s;
        ended += after.ended - before.ended;
    }
    if (seen_s < kPaceSeenS || ended < kPaceEnds) { return std::nullopt; }
    return static_cast<double>(ended) / static_cast<double>(seen_s);
}

std::string QueueCurve::text() const {
    std::string out;
    for (std::size_t ring = 0; ring < rings_.size(); ++ring) {
        for (const QueueSample& sample : rings_.at(ring)) {
            out += std::to_string(ring) + ' ' + std::to_string(sample.at_s) + ' ' +
                   std::to_string(sample.ready) + ' ' + std::to_string(sample.unacknowledged) + ' ' +
                   std::to_string(sample.ended) + '\n';
        }
    }
    return out;
}

QueueCurve QueueCurve::read(std::string_view text, std::int64_t now_s) {
    QueueCurve curve;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const auto numbers = numbers_of<5>(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!numbers) { continue; }
        const auto& [ring, at_s, ready, unacknowledged, ended] = *numbers;
        if (ring >= kRings.size() || at_s > static_cast<std::uint64_t>(now_s)) { continue; }
        curve.add_to(ring, {static_cast<std::int64_t>(at_s), ready, unacknowledged, ended});
    }
    return curve;
}

}  // namespace nias::httpfront
