#include "api/handlers/arrays.hpp"

#include "api/job_json.hpp"
#include "base/numbers.hpp"
#include "job/array/indices.hpp"

namespace nias::httpfront::handlers {
namespace {

constexpr std::size_t kMembersDefault = 100;
constexpr std::size_t kMembersMax = 1000;

Problem no_array() {
    return {.status = 409, .code = "no_array", .detail = "this job is no array, so that it has no members"};
}

std::variant<store::MemberQuery, Problem> parse_member_query(const Request& request, const TaskId& group) {
    const auto wrong = [](std::string detail) {
        return Problem{.status = 400, .code = "invalid", .detail = std::move(detail)};
    };
    store::MemberQuery query{.group = group, .limit = kMembersDefault};
    if (const auto state = request.parameter("state"); !state.empty()) {
        const auto parsed = parse_task_state(state);
        if (!parsed) { return problem_from(parsed.error()); }
        query.state = *parsed;
    }
    if (const auto limit = request.parameter("limit"); !limit.empty()) {
        const auto count = whole_number<std::size_t>(limit);
        if (!count || *count == 0 || *count > kMembersMax) {
            return wrong("limit must be a number from 1 to 1000");
        }
        query.limit = *count;
    }
    if (const auto after = request.parameter("after"); !after.empty()) {
        const auto index = whole_number<std::uint32_t>(after);
        if (!index || *index > job::kArrayIndexMax) { return wrong("after must be the index of a member"); }
        query.after = group.member(*index);
    }
    return query;
}

}  // namespace

Answer list_members(Front& front, const Call& call) {
    if (!call.job->array) { return problem_answer(no_array()); }
    auto parsed = parse_member_query(call.request, call.job->record.task.group);
    if (const auto* problem = std::get_if<Problem>(&parsed)) { return problem_answer(*problem); }
    const auto& query = std::get<store::MemberQuery>(parsed);
    const auto members = front.stores.members(query);
    if (!members) { return problem_answer(problem_from(members.error())); }
    return json_answer(200, members_json(*members, members->size() == query.limit));
}

Answer get_states(Front& front, const Call& call) {
    if (!call.job->array) { return problem_answer(no_array()); }
    const auto members =
        front.stores.members({.group = call.job->record.task.group, .limit = job::kArrayMembersMax});
    if (!members) { return problem_answer(problem_from(members.error())); }
    return json_answer(200, states_json(*members));
}

}  // namespace nias::httpfront::handlers
