// The arrays of a server of this machine: found, sent, waited for and unpacked as one.
#include <filesystem>

#include "cli/jobs/local_jobs.hpp"
#include "job/array/indices.hpp"
#include "job/output/output_zip.hpp"

namespace nias::cli {
namespace {

constexpr auto kAcceptedWithin = std::chrono::seconds(30);

}  // namespace

Result<service::GroupSender*> LocalJobs::groups() {
    if (groups_ == nullptr) {
        auto unsent = service::UnsentGroups::open(data_dir_);
        if (!unsent) { return unsent.error(); }
        const Endpoints& at = lab_.endpoints();
        auto opened = service::GroupSender::open(
            {.intake = at.intake, .control = at.control, .events = at.events}, std::move(*unsent));
        if (!opened) { return opened.error(); }
        groups_ = std::move(*opened);
    }
    return groups_.get();
}

Result<std::optional<store::JobView>> LocalJobs::find_array(const TaskId& id) {
    using Found = std::optional<store::JobView>;
    const auto first = lab_.ledger().members({.group = id, .limit = 1});
    if (!first) { return first.error(); }
    if (first->empty()) { return Found(); }
    auto record = lab_.ledger().find(first->front().id);
    if (!record) { return record.error(); }
    const auto standing = lab_.ledger().standing_of(id);
    if (!standing) { return standing.error(); }
    return *record ? Found(store::JobView(std::move(**record), *standing)) : Found();
}

Result<std::vector<store::MemberRow>> LocalJobs::members(const TaskId& array,
                                                         std::optional<TaskState> state) {
    return lab_.ledger().members({.group = array, .state = state, .limit = job::kArrayMembersMax});
}

Result<TaskId> LocalJobs::send_array(const Task& base, std::span<const std::uint32_t> indices,
                                     const job::ArrayPlace& whole) {
    const auto sender = groups();
    if (!sender) { return sender.error(); }
    const TaskId group = TaskId::make_group();
    const auto sent = (*sender)->send(job::make_members(base, group, indices, whole), kAcceptedWithin);
    if (sent) { return group; }
    if (sent.error().code != ErrorCode::unavailable) { return sent.error(); }
    const auto counts = lab_.ledger().counts_of(group);
    if (counts && counts->all() > 0) {
        return Error{
            ErrorCode::unavailable,
            "only " + std::to_string(counts->all()) + " of " + std::to_string(indices.size()) +
                " members were accepted: the server sends the rest when it starts next, or «nias cancel " +
                to_string(group) + "» gives them up"};
    }
    if (auto given_up = (*sender)->cancel(group); !given_up) { return given_up.error(); }
    return Error{ErrorCode::unavailable,
                 "no server answers in " + data_dir_ + ": start one with «nias up --data " + data_dir_ + "»"};
}

// A member at a time: the ventilator tells the end of one that has ended already at once.
Result<store::JobView> LocalJobs::wait_for_array(const TaskId& id, std::chrono::milliseconds patience) {
    const auto opened = submitter();
    if (!opened) { return opened.error(); }
    const auto all = members(id, std::nullopt);
    if (!all) { return all.error(); }
    for (const store::MemberRow& member : *all) {
        if (has_ended(member.state)) { continue; }
        const auto outcome = (*opened)->wait(member.id, patience);
        if (!outcome) { return outcome.error(); }
    }
    return find(to_string(id));
}

Status LocalJobs::unpack_array(const TaskId& id, const std::string& folder) {
    const auto all = members(id, std::nullopt);
    if (!all) { return all.error(); }
    bool some = false;
    for (const store::MemberRow& member : *all) {
        if (!member.output) { continue; }
        some = true;
        if (auto kept = lab_.blobs().check(*member.output); !kept) { return kept; }
        const auto own = std::filesystem::path(folder) / std::to_string(member.id.index());
        std::error_code error;
        std::filesystem::create_directories(own, error);
        if (error) {
            return Error{ErrorCode::unavailable, own.string() + " cannot be made: " + error.message()};
        }
        const std::string zip = lab_.blobs().path_of(member.output->hash);
        if (auto unpacked = job::unpack_output(zip, own.string()); !unpacked) { return unpacked; }
    }
    if (some) { return {}; }
    return Error{ErrorCode::not_found, "no member of this array has left outputs yet"};
}

Result<std::vector<std::uint32_t>> LocalJobs::indices_again(const TaskId& array, bool only_failed) {
    const auto all = members(array, std::nullopt);
    if (!all) { return all.error(); }
    std::vector<std::uint32_t> indices;
    for (const store::MemberRow& member : *all) {
        const bool failed = member.state == TaskState::failed || member.state == TaskState::timed_out ||
                            member.state == TaskState::lost;
        if (failed || !only_failed) { indices.push_back(member.id.index()); }
    }
    if (!indices.empty()) { return indices; }
    return Error{ErrorCode::conflict, "no member of this array has failed: there is nothing to run again"};
}

}  // namespace nias::cli
