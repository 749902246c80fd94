#include "cli/jobs/array.hpp"

#include <algorithm>
#include <iostream>

#include "cli/lab.hpp"
#include "cli/table.hpp"
#include "job/array/terms.hpp"

namespace nias::cli {
namespace {

constexpr std::size_t kFailedShown = 20;

void line(std::string_view key, const std::string& value) { print_field(std::cout, key, value); }

}  // namespace

std::string counts_in_words(const store::GroupCounts& counts) {
    std::string words;
    for (const TaskState state : kTaskStates) {
        if (counts.in(state) == 0) { continue; }
        words += (words.empty() ? "" : ", ") + std::to_string(counts.in(state)) + " " +
                 std::string(to_string(state));
    }
    return words;
}

Status tell_array(Jobs& jobs, const store::JobView& array) {
    const store::TaskRecord& whole = array.record;
    line("id", to_string(whole.task.id));
    line("name", whole.task.spec.name);
    line("owner", whole.task.owner);
    line("state", std::string(to_string(whole.state)));
    line("members",
         std::to_string(job::members_beside(whole.task)) + ": " + counts_in_words(array.array->counts));
    line("submitted", time_text(whole.submitted_unix_ms));
    line("started", time_text(whole.started_unix_ms));
    line("ended", time_text(whole.ended_unix_ms));
    for (const TaskState state : {TaskState::failed, TaskState::timed_out, TaskState::lost}) {
        if (array.array->counts.in(state) == 0) { continue; }
        const auto members = jobs.members(whole.task.id, state);
        if (!members) { return members.error(); }
        const std::string key(to_string(state));
        for (std::size_t i = 0; i < std::min(members->size(), kFailedShown); ++i) {
            const store::MemberRow& member = (*members)[i];
            line(key, std::to_string(member.id.index()) + "  " + to_string(member.id) + "  " + member.reason);
        }
        if (members->size() > kFailedShown) {
            line(key, "and " + std::to_string(members->size() - kFailedShown) + " more");
        }
    }
    return {};
}

}  // namespace nias::cli
