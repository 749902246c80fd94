#include "job/array/terms.hpp"

#include <algorithm>
#include <sstream>

#include "job/array/indices.hpp"

namespace nias::job {
namespace {

constexpr std::string_view kFirstLine = "nias job terms 1";
constexpr std::size_t kIndicesBytesMax = kInlineMax / 2;  // the payload of a task holds them

}  // namespace

Bytes to_payload(const Terms& terms) {
    if (terms == Terms{}) { return {}; }
    std::ostringstream text;
    text << kFirstLine << '\n';
    if (terms.trial) { text << "trial\n"; }
    if (terms.full_limit_ms > 0) { text << "limit " << terms.full_limit_ms << '\n'; }
    if (terms.disk_bytes > 0) { text << "disk " << terms.disk_bytes << '\n'; }
    if (!terms.indices.empty()) { text << "indices " << terms.indices << '\n'; }
    if (terms.place) {
        text << "array " << terms.place->index << ' ' << terms.place->count << ' ' << terms.place->min << ' '
             << terms.place->max << ' ' << terms.place->size << '\n';
    }
    const std::string bytes = text.str();
    return {bytes.begin(), bytes.end()};
}

Terms terms_of(std::span<const std::uint8_t> payload) {
    std::istringstream text{std::string(payload.begin(), payload.end())};
    std::string line;
    Terms terms;
    if (!std::getline(text, line) || line != kFirstLine) { return terms; }
    while (std::getline(text, line)) {
        std::istringstream words(line);
        std::string key;
        words >> key;
        if (key == "trial") { terms.trial = true; }
        if (key == "limit") { words >> terms.full_limit_ms; }
        if (key == "disk") { words >> terms.disk_bytes; }
        if (key == "indices") { words >> terms.indices; }
        if (key != "array") { continue; }
        ArrayPlace place;
        if (words >> place.index >> place.count >> place.min >> place.max >> place.size) {
            terms.place = place;
        }
    }
    return terms;
}

void ask_for_disk(Task& task, std::uint64_t bytes) {
    Terms terms = terms_of(task.payload);
    terms.disk_bytes = bytes;
    task.payload = to_payload(terms);
}

std::map<std::string, std::string> variables_of(const Terms& terms) {
    std::map<std::string, std::string> variables;
    if (terms.trial) { variables["NIAS_TRIAL"] = "1"; }
    if (!terms.place) { return variables; }
    variables["NIAS_ARRAY_INDEX"] = std::to_string(terms.place->index);
    variables["NIAS_ARRAY_COUNT"] = std::to_string(terms.place->count);
    variables["NIAS_ARRAY_MIN"] = std::to_string(terms.place->min);
    variables["NIAS_ARRAY_MAX"] = std::to_string(terms.place->max);
    return variables;
}

ArrayPlace place_in(std::span<const std::uint32_t> indices) {
    return {
        .count = static_cast<std::uint32_t>(indices.size()), .min = indices.front(), .max = indices.back()};
}

std::vector<Task> make_members(const Task& base, const TaskId& group, std::span<const std::uint32_t> indices,
                               ArrayPlace whole) {
    std::vector<Task> members;
    members.reserve(indices.size());
    whole.size = static_cast<std::uint32_t>(indices.size());
    const std::uint64_t disk_bytes = terms_of(base.payload).disk_bytes;
    for (const std::uint32_t index : indices) {
        Task& member = members.emplace_back(base);
        whole.index = index;
        member.payload = to_payload({.place = whole, .disk_bytes = disk_bytes});
        member.id = group.member(index);
        member.group = group;
    }
    return members;
}

Task make_trial(Task base, std::span<const std::uint32_t> indices) {
    Terms terms{.trial = true,
                .full_limit_ms = base.spec.time_limit_ms,
                .disk_bytes = terms_of(base.payload).disk_bytes};
    if (!indices.empty()) {
        terms.place = place_in(indices);
        terms.place->index = indices.front();
        terms.indices = indices_text(indices);
        if (terms.indices.size() > kIndicesBytesMax) { terms.indices.clear(); }
    }
    base.payload = to_payload(terms);
    const std::uint64_t limit = base.spec.time_limit_ms;
    base.spec.time_limit_ms = limit == 0 ? kTrialMs : std::min(limit, kTrialMs);
    return base;
}

std::uint32_t members_beside(const Task& task) {
    const auto place = terms_of(task.payload).place;
    return place ? place->size : task.group_size;
}

Result<FullRun> full_run_of(const Task& trial) {
    const Terms terms = terms_of(trial.payload);
    FullRun full;
    full.base.owner = trial.owner;
    full.base.spec = trial.spec;
    full.base.spec.time_limit_ms = terms.full_limit_ms;
    full.base.bundle = trial.bundle;
    ask_for_disk(full.base, terms.disk_bytes);
    if (!terms.place) { return full; }
    auto indices = parse_indices(terms.indices);
    if (!indices) {
        return Error{ErrorCode::conflict,
                     "this trial does not say all indices of its array: send the array again"};
    }
    full.indices = std::move(*indices);
    return full;
}

}  // namespace nias::job
