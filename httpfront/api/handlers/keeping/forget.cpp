#include "api/handlers/keeping/forget.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "api/job_json.hpp"
#include "api/json_body.hpp"
#include "job/array/indices.hpp"
#include "service/questions.hpp"

namespace nias::httpfront::handlers {
namespace {

/// Deleting or bringing back, and how the audit log calls it.
struct Act {
    bool undo;
    const char* audited;
};
constexpr Act kDelete{false, "deleted_job"};
constexpr Act kRestore{true, "restored_job"};

/// Writes down that an administrator did this with the job of another.
void note(Front& front, const Call& call, const Act& act, const store::JobView& job) {
    const Task& task = job.record.task;
    if (front.directory == nullptr || task.owner == call.user->name) { return; }
    front.directory->looked(*call.user, call.visitor, act.audited, to_string(task.id) + " of " + task.owner);
}

/// The tasks of a job: itself, or the members of an array that the act is about. A repeat finds none that are
/// left and takes those that stand as they are to.
Result<std::vector<TaskId>> tasks_of(Front& front, const Act& act, const store::JobView& job) {
    const TaskId& id = job.record.task.id;
    std::vector<TaskId> ids;
    if (!job.array) { return std::vector{id}; }
    for (const bool forgotten : {act.undo, !act.undo}) {
        const auto members =
            front.stores.members({.group = id, .limit = job::kArrayMembersMax, .forgotten = forgotten});
        if (!members) { return members.error(); }
        for (const store::MemberRow& member : *members) { ids.push_back(member.id); }
        if (!ids.empty()) { break; }
    }
    return ids;
}

Problem not_ended() {
    return {.status = 409,
            .code = "not_ended",
            .detail = "this job has not ended: cancel it first, then delete it"};
}

/// Why the job is left as it is; nothing: it can be asked for.
std::optional<Problem> check(const store::JobView& job) {
    if (!has_ended(job.record.state)) { return not_ended(); }
    if (!job.array && job.record.task.group != TaskId{}) {
        return Problem{
            .status = 409,
            .code = "array_member",
            .detail = "this job is a member of an array: delete the array, or bring it back, as a whole"};
    }
    return std::nullopt;
}

/// Asks the ventilator. The caller has seen that these jobs are the user's to delete.
std::variant<wire::Forgotten, Problem> ask(Front& front, const Act& act, std::vector<TaskId> ids) {
    wire::Forget forget;
    forget.ids = std::move(ids);
    forget.after_s = static_cast<std::uint32_t>(front.options.undo_s);
    forget.undo = act.undo;
    auto told = service::forget_tasks(front.options.control, forget, kAcceptWithin);
    if (told) {
        front.stores.count_anew();
        return std::move(*told);
    }
    Problem problem = problem_from(told.error());
    if (told.error().code == ErrorCode::unavailable) {
        problem.code = "ventilator_silent";
        problem.detail =
            "the ventilator does not answer, so nothing was deleted or brought back: try again in a minute";
        problem.headers = {{"Retry-After", "10"}};
    }
    return problem;
}

Answer act_on_one(Front& front, const Call& call, const Act& act) {
    const store::JobView& job = *call.job;
    if (const auto problem = check(job)) { return problem_answer(*problem); }
    auto ids = tasks_of(front, act, job);
    if (!ids) { return problem_answer(problem_from(ids.error())); }
    auto told = ask(front, act, std::move(*ids));
    if (const auto* problem = std::get_if<Problem>(&told)) { return problem_answer(*problem); }
    const auto& lists = std::get<wire::Forgotten>(told);
    const TaskId& id = job.record.task.id;
    if (!lists.living.empty()) { return problem_answer(not_ended()); }
    if (lists.done.empty()) {
        return problem_answer(
            {.status = 404, .code = "not_found", .detail = "there is no job " + to_string(id)});
    }
    note(front, call, act, job);
    auto after = front.stores.find_job(id);
    if (!after) { return problem_answer(problem_from(after.error())); }
    return json_answer(200, job_json(*after ? **after : job, std::nullopt));
}

/// The jobs of a request that can be asked for, and those that cannot.
struct Sorted {
    std::vector<store::JobView> jobs{};
    std::unordered_map<TaskId, std::size_t> job_of{};  ///< index in `jobs` of each task
    std::vector<std::string> not_ended{};
    std::vector<std::string> unknown{};
};

std::variant<Sorted, Problem> sort(Front& front, const Call& call, const Act& act,
                                   const std::vector<std::string>& names) {
    Sorted sorted;
    for (const std::string& name : names) {
        const auto id = parse_task_id(name);
        auto job = id ? front.stores.find_job(*id) : Result(std::optional<store::JobView>());
        if (!job) { return problem_from(job.error()); }
        const bool seen = *job && call.user->sees((*job)->record.task.owner);
        const auto problem = seen ? check(**job) : std::nullopt;
        if (!seen || problem) {
            (problem && problem->code == "not_ended" ? sorted.not_ended : sorted.unknown).push_back(name);
            continue;
        }
        const auto tasks = tasks_of(front, act, **job);
        if (!tasks) { return problem_from(tasks.error()); }
        for (const TaskId& task : *tasks) { sorted.job_of.emplace(task, sorted.jobs.size()); }
        sorted.jobs.push_back(std::move(**job));
    }
    return sorted;
}

Answer act_on_many(Front& front, const Call& call, const Act& act) {
    auto body = JsonBody::read(call);
    if (const auto* problem = std::get_if<Problem>(&body)) { return problem_answer(*problem); }
    const std::vector<std::string> names = std::get<JsonBody>(body).texts("ids");
    if (const auto problem = std::get<JsonBody>(body).problem()) { return problem_answer(*problem); }
    if (names.empty() || names.size() > kForgetJobsMax) {
        return problem_answer({.status = 400,
                               .code = "invalid",
                               .detail = "ids must name 1 to " + std::to_string(kForgetJobsMax) + " jobs"});
    }
    auto read = sort(front, call, act, names);
    if (const auto* problem = std::get_if<Problem>(&read)) { return problem_answer(*problem); }
    auto& sorted = std::get<Sorted>(read);
    std::vector<TaskId> ids;
    for (const auto& [task, job] : sorted.job_of) { ids.push_back(task); }
    auto told = ask(front, act, std::move(ids));
    if (const auto* problem = std::get_if<Problem>(&told)) { return problem_answer(*problem); }
    const auto& lists = std::get<wire::Forgotten>(told);
    std::set<std::size_t> living;
    std::set<std::size_t> done;
    for (const TaskId& id : lists.living) { living.insert(sorted.job_of.at(id)); }
    for (const TaskId& id : lists.done) { done.insert(sorted.job_of.at(id)); }
    std::vector<std::string> names_done;
    for (std::size_t i = 0; i < sorted.jobs.size(); ++i) {
        const std::string name = to_string(sorted.jobs[i].record.task.id);
        if (done.contains(i)) { note(front, call, act, sorted.jobs[i]); }
        (living.contains(i) ? sorted.not_ended
         : done.contains(i) ? names_done
                            : sorted.unknown)
            .push_back(name);
    }
    const nlohmann::ordered_json json{
        {"done", names_done}, {"not_ended", sorted.not_ended}, {"unknown", sorted.unknown}};
    return json_answer(200, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

Answer delete_job(Front& front, const Call& call) { return act_on_one(front, call, kDelete); }
Answer restore_job(Front& front, const Call& call) { return act_on_one(front, call, kRestore); }
Answer delete_jobs(Front& front, const Call& call) { return act_on_many(front, call, kDelete); }
Answer restore_jobs(Front& front, const Call& call) { return act_on_many(front, call, kRestore); }

}  // namespace nias::httpfront::handlers
