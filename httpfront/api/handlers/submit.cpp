#include "api/handlers/submit.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/handlers/keeping/usage.hpp"
#include "api/job_json.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/sha256.hpp"
#include "job/array/indices.hpp"
#include "job/array/terms.hpp"
#include "uploads/upload.hpp"

namespace nias::httpfront::handlers {
namespace {

/// A job, a trial, or an array that is to be made.
struct Order {
    Task base{};                           ///< owner, spec and bundle
    std::vector<std::uint32_t> indices{};  ///< empty: it is one job
    job::ArrayPlace whole{};               ///< the array that was written, where there are indices
    bool trial = false;
    std::string image{};               ///< wished beside the bundle; empty: what nias.toml says
    bool is_rerun = false;             ///< its bundle is that of a job that is there
    std::optional<std::string> key{};  ///< the key by which a repeat is known
    std::vector<std::string> mended{};
    [[nodiscard]] bool is_array() const { return !trial && !indices.empty(); }
};

Sources sources_of(Front& front, const Call& call) {
    return {front.stores, front.uploads, call.user->name, call.user->sender(), front.options.max_upload};
}

Problem submit_problem(const Error& error) {
    Problem problem = problem_from(error);
    if (error.code == ErrorCode::unavailable) {
        problem.code = "ventilator_silent";
        problem.detail =
            "the ventilator does not answer, so the job was not accepted: send it again in a minute (" +
            error.message + ")";
        problem.headers = {{"Retry-After", "10"}};
    }
    return problem;
}

/// The key of an upload: the client's, else the upload that it sent before.
std::optional<std::string> key_of(const Request& request, const Upload& upload) {
    if (const auto key = request.field("idempotency-key")) { return std::string(*key); }
    // A trial and the run after it are of one upload.
    if (upload.sent) { return "upload:" + upload.sent->info().id + (upload.wishes.trial ? ":trial" : ""); }
    return std::nullopt;
}

/// The hash of all that tells one order from another. It is the bundle's own where nothing else is asked.
BlobHash content_of(const Order& order) {
    if (order.indices.empty() && !order.trial && order.image.empty()) { return order.base.bundle->hash; }
    Sha256 sha;
    const std::string text = to_string(order.base.bundle->hash) + (order.trial ? " trial " : " array ") +
                             job::indices_text(order.indices) +
                             (order.image.empty() ? "" : " image " + order.image);
    sha.update({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    return sha.finish();
}

/// Gives the order the id that its key has, else a fresh one. True: the key was claimed before.
std::variant<bool, Problem> claim_key(Front& front, Order& order) {
    const std::int64_t at = unix_ms_now();
    order.base.id = order.is_array() ? make_group_id(at) : make_task_id(at);
    if (!order.key) { return false; }
    const BlobHash content = content_of(order);
    const auto claim = front.keys.claim(order.base.owner, *order.key, content, order.base.id);
    if (!claim) { return disk_problem(claim.error()); }
    if (claim->content != content) {
        return Problem{
            .status = 422,
            .code = "key_reused",
            .detail =
                "this Idempotency-Key was sent before with another upload: use a fresh key for each upload"};
    }
    order.base.id = claim->id;
    return claim->repeated;
}

/// The job as it stands a moment after it was accepted.
store::JobView view_of(Front& front, const Task& first, const TaskId& id) {
    auto job = front.stores.find_job(id);
    if (job && *job) { return std::move(**job); }
    store::TaskRecord made;
    made.task = first;
    made.submitted_unix_ms = unix_ms_now();
    return first.group == TaskId{} ? store::JobView(std::move(made))
                                   : store::JobView(std::move(made), store::GroupStanding{});
}

Answer created(Front& front, int status, const Order& order, const Task& first) {
    const store::JobView job = view_of(front, first, order.base.id);
    Answer answer = json_answer(
        status,
        created_json(job, job.array ? std::nullopt : front.stores.place_of(job.record), order.mended));
    answer.headers.emplace_back("Location", "/api/v1/jobs/" + to_string(order.base.id));
    if (status == 200) { answer.headers.emplace_back("Idempotency-Repeated", "true"); }
    return answer;
}

Answer submit_one(Front& front, const Order& order, bool repeated) {
    Task task = order.base;
    if (order.trial) { task = job::make_trial(std::move(task), order.indices); }
    if (repeated) {
        const auto record = front.stores.find(task.id);
        if (record && *record) { return created(front, 200, order, task); }
    }
    const auto accepted = front.submitter.submit(task, kAcceptWithin);
    if (!accepted) { return problem_answer(submit_problem(accepted.error())); }
    front.notifier.expect(task.id, task.owner);
    front.stores.count_sent(task.owner, 1, task.bundle->size_bytes);
    return created(front, 201, order, task);
}

Answer submit_array(Front& front, const Order& order, bool repeated) {
    const TaskId& group = order.base.id;
    const auto members = job::make_members(order.base, group, order.indices, order.whole);
    if (repeated) {
        const auto known = front.stores.find_job(group);
        if (!known) { return problem_answer(problem_from(known.error())); }
        const std::uint64_t accepted = *known ? (*known)->array->counts.all() : 0;
        if (accepted >= members.size()) { return created(front, 200, order, members.front()); }
        // It was stopped before all of its members were accepted: refused, or cancelled by somebody.
        if (accepted > 0 && !front.groups.first_unsent(group)) {
            auto refused = front.keys.refusal(order.base.owner, *order.key);
            if (!refused) { return created(front, 200, order, members.front()); }
            refused->headers.emplace_back("Idempotency-Repeated", "true");
            return problem_answer(*refused);
        }
    }
    const auto sent = front.groups.send(members, kAcceptWithin);
    front.stores.count_sent(order.base.owner, members.size(), order.base.bundle->size_bytes);
    if (sent) {
        front.notifier.expect(group, order.base.owner);
        return created(front, 201, order, members.front());
    }
    // It is kept, and what is missing is sent as soon as the ventilator answers.
    if (sent.error().code == ErrorCode::unavailable) { return created(front, 202, order, members.front()); }
    const Problem problem = submit_problem(sent.error());
    if (order.key) {
        const auto kept = front.keys.keep_refusal(order.base.owner, *order.key, problem);
        if (!kept) { log::warn("a repeat of a refused array will not be told why: " + kept.error().message); }
    }
    return problem_answer(problem);
}

/// Why the user may not keep what the order makes. A repeat of a job that is there makes nothing.
std::optional<Problem> check_order(Front& front, const Call& call, const Order& order, bool repeated) {
    if (repeated) {
        const auto known = front.stores.find_job(order.base.id);
        if (known && *known) { return std::nullopt; }
    }
    return check_quota_of(front, call,
                          {.jobs = order.is_array() ? order.indices.size() : 1,
                           .bytes = order.is_rerun ? 0 : order.base.bundle->size_bytes});
}

Answer submitted(Front& front, const Call& call, Order order) {
    order.base.request = call.request.id;
    const auto repeated = claim_key(front, order);
    if (const auto* problem = std::get_if<Problem>(&repeated)) { return problem_answer(*problem); }
    if (const auto problem = check_order(front, call, order, std::get<bool>(repeated))) {
        return problem_answer(*problem);
    }
    return order.is_array() ? submit_array(front, order, std::get<bool>(repeated))
                            : submit_one(front, order, std::get<bool>(repeated));
}

/// A number of the body that stands for a limit, within its bounds.
std::optional<Problem> read_limit(const nlohmann::json& json, const char* name, std::uint64_t least,
                                  std::uint64_t most, std::uint64_t& to) {
    if (!json.contains(name)) { return std::nullopt; }
    const auto& value = json[name];
    if (value.is_number_unsigned() && value.get<std::uint64_t>() >= least &&
        value.get<std::uint64_t>() <= most) {
        to = value.get<std::uint64_t>();
        return std::nullopt;
    }
    return Problem{.status = 400,
                   .code = "invalid",
                   .detail = std::string(name) + " must be a number from " + std::to_string(least) + " to " +
                             std::to_string(most)};
}

/// The wishes of a rerun: other limits, and of an array the members.
struct Changes {
    TaskSpec& spec;
    std::uint64_t disk_bytes = 0;  ///< 0: as before
    bool only_failed = false;
};

/// Other limits than the job had: `cpus`, `memory_bytes`, `disk_bytes`, `time_limit_ms`. The same bounds as
/// nias.toml has.
std::optional<Problem> read_changes(Body& body, Changes& changes) {
    TaskSpec& spec = changes.spec;
    auto text = read_text(body);
    if (auto* problem = std::get_if<Problem>(&text)) { return std::move(*problem); }
    if (std::get<std::string>(text).empty()) { return std::nullopt; }
    const auto json = nlohmann::json::parse(std::get<std::string>(text), nullptr, false);
    if (!json.is_object()) {
        return Problem{
            .status = 400,
            .code = "invalid",
            .detail =
                "the body must be empty, or name cpus, memory_bytes, disk_bytes, time_limit_ms or only"};
    }
    std::uint64_t cpus = spec.resources.cpus;
    if (auto problem = read_limit(json, "cpus", 1, 4096, cpus)) { return problem; }
    spec.resources.cpus = static_cast<std::uint32_t>(cpus);
    if (auto problem =
            read_limit(json, "memory_bytes", 16U << 20U, 1ULL << 50U, spec.resources.memory_bytes)) {
        return problem;
    }
    if (auto problem = read_limit(json, "disk_bytes", 16U << 20U, 1ULL << 50U, changes.disk_bytes)) {
        return problem;
    }
    if (json.contains("only")) {
        changes.only_failed = json["only"] == "failed";
        if (!changes.only_failed) {
            return Problem{
                .status = 400, .code = "invalid", .detail = "only may be \"failed\", and nothing else"};
        }
    }
    return read_limit(json, "time_limit_ms", 1000, 366ULL * 24 * 3600 * 1000, spec.time_limit_ms);
}

/// The indices of the members that failed, were too slow or were lost.
Result<std::vector<std::uint32_t>> failed_members(Front& front, const TaskId& group) {
    std::vector<std::uint32_t> indices;
    for (const TaskState state : {TaskState::failed, TaskState::timed_out, TaskState::lost}) {
        const auto members =
            front.stores.members({.group = group, .state = state, .limit = job::kArrayMembersMax});
        if (!members) { return members.error(); }
        for (const store::MemberRow& member : *members) { indices.push_back(member.id.index()); }
    }
    std::sort(indices.begin(), indices.end());
    return indices;
}

Result<std::vector<std::uint32_t>> all_members(Front& front, const TaskId& group) {
    std::vector<std::uint32_t> indices;
    const auto members = front.stores.members({.group = group, .limit = job::kArrayMembersMax});
    if (!members) { return members.error(); }
    for (const store::MemberRow& member : *members) { indices.push_back(member.id.index()); }
    return indices;
}

/// Fills in which members of the array run again.
std::optional<Problem> choose_members(Front& front, const Task& before, bool only_failed, Order& order) {
    auto indices = only_failed ? failed_members(front, before.group) : all_members(front, before.group);
    if (!indices) { return problem_from(indices.error()); }
    if (indices->empty()) {
        return Problem{.status = 409,
                       .code = "nothing_failed",
                       .detail = "no member of this array has failed: there is nothing to run again"};
    }
    const auto place = job::terms_of(before.payload).place;
    order.whole = place ? *place : job::place_in(*indices);
    order.indices = std::move(*indices);
    return std::nullopt;
}

/// The order that runs a job again, with the spec that it had.
std::variant<Order, Problem> order_again(const store::JobView& job) {
    const Task& before = job.record.task;
    Order order;
    if (!job.array && job::terms_of(before.payload).trial) {
        auto full = job::full_run_of(before);
        if (!full) { return problem_from(full.error()); }
        order.base = std::move(full->base);
        order.indices = std::move(full->indices);
        if (!order.indices.empty()) { order.whole = job::place_in(order.indices); }
        return order;
    }
    order.base.spec = before.spec;
    order.base.bundle = before.bundle;
    // A member runs again alone, and is told its place all the same.
    if (!job.array) { order.base.payload = before.payload; }
    job::ask_for_disk(order.base, job::terms_of(before.payload).disk_bytes);
    return order;
}

}  // namespace

Answer create_job(Front& front, const Call& call) {
    // With a key it may be a repeat, which makes nothing: that is known only from the bundle.
    if (!call.request.field("idempotency-key")) {
        const auto problem =
            check_quota_of(front, call, {.jobs = 1, .bytes = call.request.content_length.value_or(0)});
        if (problem) { return problem_answer(*problem); }
    }
    auto received = receive_upload(call.request, call.body, sources_of(front, call));
    if (const auto* problem = std::get_if<Problem>(&received)) { return problem_answer(*problem); }
    auto& upload = std::get<Upload>(received);
    const auto committed = commit_upload(upload);
    if (const auto* problem = std::get_if<Problem>(&committed)) { return problem_answer(*problem); }
    Order order{.base = job::make_task(upload.layout, call.user->name, std::get<BlobRef>(committed)),
                .indices = upload.indices,
                .trial = upload.wishes.trial,
                .image = upload.wishes.image,
                .key = key_of(call.request, upload),
                .mended = upload.layout.mended};
    if (!order.indices.empty()) { order.whole = job::place_in(order.indices); }
    return submitted(front, call, std::move(order));
}

Answer rerun_job(Front& front, const Call& call) {
    const Task& before = call.job->record.task;
    const auto kept = before.bundle ? front.stores.blobs().hold(before.bundle->hash)
                                    : Result<BlobRef>(Error{ErrorCode::not_found, ""});
    if (!kept || *kept != *before.bundle) {
        return problem_answer({.status = 404,
                               .code = "no_bundle",
                               .detail = "this server does not have that bundle: send the zip"});
    }
    auto again = order_again(*call.job);
    if (const auto* problem = std::get_if<Problem>(&again)) { return problem_answer(*problem); }
    auto& order = std::get<Order>(again);
    order.base.owner = call.user->name;
    order.is_rerun = true;
    Changes changes{order.base.spec};
    if (const auto problem = read_changes(call.body, changes)) { return problem_answer(*problem); }
    if (changes.disk_bytes > 0) { job::ask_for_disk(order.base, changes.disk_bytes); }
    if (call.job->array) {
        if (const auto problem = choose_members(front, before, changes.only_failed, order)) {
            return problem_answer(*problem);
        }
    }
    if (const auto key = call.request.field("idempotency-key")) { order.key = std::string(*key); }
    return submitted(front, call, std::move(order));
}

Answer validate_job(Front& front, const Call& call) {
    const auto received = receive_upload(call.request, call.body, sources_of(front, call));
    if (const auto* problem = std::get_if<Problem>(&received)) { return problem_answer(*problem); }
    return json_answer(200, layout_json(std::get<Upload>(received).layout));
}

}  // namespace nias::httpfront::handlers
