#include "cli/remote/remote_jobs.hpp"

#include <Poco/URI.h>
#include <unistd.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "base/ids.hpp"
#include "base/numbers.hpp"
#include "cli/progress_bar.hpp"
#include "cli/remote/upload.hpp"
#include "job/array/indices.hpp"
#include "job/output/output_zip.hpp"

namespace nias::cli {
namespace {

constexpr std::string_view kJobs = "/api/v1/jobs";
constexpr std::chrono::seconds kWaitMax(30);  // a single request waits so long; the server allows 60

std::string path_of(const TaskId& id, const std::string& more = "") {
    return std::string(kJobs) + "/" + to_string(id) + more;
}

Asked asked_with(const std::string& path, const nlohmann::json& json, Fields fields = {}) {
    fields["Content-Type"] = "application/json";
    return {.method = "POST", .path = path, .fields = std::move(fields), .body = json.dump()};
}

}  // namespace

Result<std::unique_ptr<Jobs>> RemoteJobs::open(const Login& login) {
    auto link = Link::open(login);
    if (!link) { return link.error(); }
    return std::unique_ptr<Jobs>(std::make_unique<RemoteJobs>(std::move(*link), login.server));
}

Result<RemoteJob> RemoteJobs::job(const std::string& id, const std::string& query) {
    const auto parsed = parse_task_id(id);
    if (!parsed) { return parsed.error(); }
    const auto answered = link_.ask({.path = path_of(*parsed, query)});
    if (!answered) { return answered.error(); }
    return read_job(answered->body);
}

Result<store::JobView> RemoteJobs::find(const std::string& id) {
    auto found = job(id);
    if (!found) { return found.error(); }
    return std::move(*found).view();
}

Result<std::vector<store::MemberRow>> RemoteJobs::members(const TaskId& array,
                                                          std::optional<TaskState> state) {
    std::vector<store::MemberRow> all;
    while (true) {
        Poco::URI uri{path_of(array, "/members")};
        uri.addQueryParameter("limit", "1000");
        if (state) { uri.addQueryParameter("state", std::string(to_string(*state))); }
        if (!all.empty()) { uri.addQueryParameter("after", std::to_string(all.back().id.index())); }
        const auto answered = link_.ask({.path = uri.getPathAndQuery()});
        if (!answered) { return answered.error(); }
        auto page = read_members(answered->body);
        if (!page) { return page.error(); }
        std::move(page->members.begin(), page->members.end(), std::back_inserter(all));
        if (!page->more) { return all; }
    }
}

Result<std::vector<store::JobView>> RemoteJobs::list(const store::ListQuery& query) {
    Poco::URI uri{std::string(kJobs)};
    uri.addQueryParameter("limit", std::to_string(query.limit));
    if (query.state) { uri.addQueryParameter("state", std::string(to_string(*query.state))); }
    if (query.owner) { uri.addQueryParameter("owner", *query.owner); }
    const auto answered = link_.ask({.path = uri.getPathAndQuery()});
    if (!answered) { return answered.error(); }
    auto page = read_page(answered->body);
    if (!page) { return page.error(); }
    std::vector<store::JobView> jobs;
    for (RemoteJob& one : page->jobs) { jobs.push_back(std::move(one).view()); }
    return jobs;
}

std::optional<std::uint64_t> RemoteJobs::place_in_line(const TaskId& id) {
    const auto found = job(to_string(id));
    return found ? found->place_in_line : std::nullopt;
}

Result<std::string> RemoteJobs::explain(const store::TaskRecord& living, std::chrono::milliseconds) {
    const auto answered = link_.ask({.path = path_of(living.task.id)});
    if (!answered) { return answered.error(); }
    const auto json = nlohmann::json::parse(answered->body, nullptr, false);
    const std::string reason = json.is_object() ? json.value("reason", "") : "";
    if (!reason.empty()) { return reason; }
    return std::string(to_string(living.state)) + (living.worker.empty() ? "" : " on " + living.worker) +
           ", attempt " + std::to_string(living.task.attempt);
}

Result<std::uint64_t> RemoteJobs::print_log(const AttemptRef& attempt, std::uint64_t offset,
                                            std::ostream& to) {
    while (true) {
        const auto answered =
            link_.ask({.path = path_of(attempt.id, "/log?attempt=" + std::to_string(attempt.attempt) +
                                                       "&offset=" + std::to_string(offset))});
        if (!answered) { return answered.error(); }
        if (answered->body.empty()) { break; }
        to.write(answered->body.data(), static_cast<std::streamsize>(answered->body.size()));
        offset += answered->body.size();
    }
    to.flush();
    return offset;
}

Status RemoteJobs::watch(const TaskId& id) {
    watched_ = id;
    return {};
}

/// The server answers as soon as the job has ended, else after a second.
void RemoteJobs::await_change() { (void)job(to_string(watched_), "?wait=1"); }

Status RemoteJobs::cancel(const TaskId& id) {
    const auto answered = link_.ask({.method = "POST", .path = path_of(id, "/cancel")});
    return answered ? Status() : Status(answered.error());
}

Result<store::JobView> RemoteJobs::wait_for_end(const TaskId& id, std::chrono::milliseconds patience) {
    const auto wait = std::min(std::chrono::duration_cast<std::chrono::seconds>(patience), kWaitMax);
    auto found = job(to_string(id), "?wait=" + std::to_string(wait.count()));
    if (!found) { return found.error(); }
    if (has_ended(found->record.state)) { return std::move(*found).view(); }
    return Error{ErrorCode::unavailable,
                 "job " + to_string(id) + " is " + std::string(to_string(found->record.state)) + " still"};
}

Status RemoteJobs::unpack(const store::JobView& whose, const std::string& folder) {
    const store::TaskRecord& record = whose.record;
    const TemporaryFile zip;
    {
        ProgressBar bar("fetching the outputs of " + record.task.spec.name);
        const auto show = [&](std::uint64_t done, std::uint64_t total) { bar.show(done, total); };
        if (auto fetched = link_.fetch(path_of(record.task.id, "/output"), zip.path(), show); !fetched) {
            return fetched;
        }
    }
    return job::unpack_output(zip.path(), folder);
}

Result<TaskId> RemoteJobs::submit(const Bundle& bundle, const Wishes& wishes) {
    if (!wishes.owner.empty()) {
        return Error{ErrorCode::invalid, "--owner is for a server of this machine: " + server_ +
                                             " knows by your token who you are"};
    }
    Result<SentUpload> sent = Error{};
    {
        ProgressBar bar("sending " + bundle.name);
        const auto show = [&](std::uint64_t done, std::uint64_t total) { bar.show(done, total); };
        sent = send_file(link_, {bundle.zip, bundle.name, server_}, show);
    }
    if (!sent) { return sent.error(); }
    nlohmann::json json{{"upload", sent->id}};
    if (!wishes.indices.empty()) { json["array"] = job::indices_text(wishes.indices); }
    if (wishes.trial) { json["trial"] = true; }
    if (!wishes.image.empty()) { json["image"] = wishes.image; }
    const auto answered = link_.ask(asked_with(std::string(kJobs), json));
    if (!answered) { return answered.error(); }
    ::unlink(sent->note.c_str());
    const auto made = read_job(answered->body);
    if (!made) { return made.error(); }
    return made->record.task.id;
}

Result<TaskId> RemoteJobs::rerun(const store::JobView& again, const Limits& limits, bool only_failed) {
    nlohmann::json json = nlohmann::json::object();
    if (limits.cpus) { json["cpus"] = *limits.cpus; }
    if (limits.memory_bytes) { json["memory_bytes"] = *limits.memory_bytes; }
    if (limits.disk_bytes) { json["disk_bytes"] = *limits.disk_bytes; }
    if (limits.time_limit_ms) { json["time_limit_ms"] = *limits.time_limit_ms; }
    if (only_failed) { json["only"] = "failed"; }
    // A repeat after a lost answer makes no second job.
    const auto answered = link_.ask(asked_with(path_of(again.record.task.id, "/rerun"), json,
                                               {{"Idempotency-Key", to_string(TaskId::make())}}));
    if (!answered) { return answered.error(); }
    const auto made = read_job(answered->body);
    if (!made) { return made.error(); }
    return made->record.task.id;
}

}  // namespace nias::cli
