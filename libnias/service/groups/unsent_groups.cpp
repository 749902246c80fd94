#include "service/groups/unsent_groups.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/host/durable_file.hpp"
#include "wire/codec/codec.hpp"
#include "wire/limits.hpp"

namespace nias::service {
namespace {

namespace fs = std::filesystem;

using Length = std::uint32_t;

Error failed(const std::string& path, const std::string& what) {
    return {ErrorCode::unavailable, path + " cannot be " + what};
}

/// Appends a Submit of these tasks, behind its length.
void append_frame(Bytes& to, const wire::Runs<Task>& tasks) {
    const Bytes frame = wire::encode(wire::Submit{.client = {}, .tasks = tasks});
    const auto length = static_cast<Length>(frame.size());
    const std::size_t at = to.size();
    to.resize(at + sizeof length);
    std::memcpy(to.data() + at, &length, sizeof length);
    to.insert(to.end(), frame.begin(), frame.end());
}

Bytes frames_of(const std::vector<Task>& tasks) {
    Bytes all;
    wire::Runs<Task> some;
    std::size_t bytes = 0;
    for (const Task& task : tasks) {
        some.push_back(task);
        bytes += sizeof(TaskId) + task.payload.size() + wire::text_bytes(task);
        if (some.size() < wire::kBatchItemsMax && bytes < wire::kBatchBytesTarget) { continue; }
        append_frame(all, some);
        some.clear();
        bytes = 0;
    }
    if (!some.empty()) { append_frame(all, some); }
    return all;
}

}  // namespace

Result<UnsentGroups> UnsentGroups::open(const std::string& data_dir) {
    const std::string folder = data_dir + "/unsent-groups";
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) { return failed(folder, "made: " + error.message()); }
    return UnsentGroups(folder);
}

std::string UnsentGroups::path_of(const TaskId& group) const { return folder_ + "/" + to_string(group); }

Status UnsentGroups::keep(const std::vector<Task>& tasks) const {
    const std::string path = path_of(tasks.front().group);
    const std::string temporary = path + ".new";
    if (auto written = write_synced(temporary, frames_of(tasks), IfThere::overwrite); !written) {
        return written;
    }
    std::error_code error;
    fs::rename(temporary, path, error);
    if (error) { return failed(path, "written: " + error.message()); }
    return sync_folder(folder_);
}

bool UnsentGroups::has(const TaskId& group) const {
    std::error_code error;
    return fs::exists(path_of(group), error);
}

Status UnsentGroups::forget(const TaskId& group) const {
    std::error_code error;
    fs::remove(path_of(group), error);
    if (error) { return failed(path_of(group), "removed: " + error.message()); }
    return {};
}

Result<std::vector<TaskId>> UnsentGroups::all() const {
    std::vector<TaskId> groups;
    std::error_code error;
    for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
        if (auto id = parse_task_id(it->path().filename().string())) { groups.push_back(*id); }
    }
    if (error) { return failed(folder_, "read: " + error.message()); }
    std::sort(groups.begin(), groups.end());
    return groups;
}

Result<std::vector<Task>> UnsentGroups::read(const TaskId& group) const {
    const std::string path = path_of(group);
    std::ifstream in(path, std::ios::binary);
    if (!in) { return failed(path, "read"); }
    const Error damaged{ErrorCode::corrupt, path + " does not hold the tasks of a group: remove it"};
    std::vector<Task> tasks;
    for (Length length = 0; in.read(reinterpret_cast<char*>(&length), sizeof length);) {
        if (length > wire::kFrameBytesMax) { return damaged; }
        Bytes frame(length);
        if (!in.read(reinterpret_cast<char*>(frame.data()), static_cast<std::streamsize>(length))) {
            return damaged;
        }
        const auto message = wire::decode(frame);
        const auto* submit = message ? std::get_if<wire::Submit>(&*message) : nullptr;
        if (submit == nullptr) { return damaged; }
        for (const auto& run : submit->tasks.runs()) {
            for (std::size_t i = 0; i < run.size(); ++i) { tasks.push_back(run.item(i)); }
        }
    }
    const bool alike =
        std::all_of(tasks.begin(), tasks.end(), [&](const Task& task) { return task.group == group; });
    if (tasks.empty() || in.gcount() != 0 || !alike) { return damaged; }
    return tasks;
}

}  // namespace nias::service
