#include "notices/pending.hpp"

#include <algorithm>
#include <array>
#include <boost/filesystem.hpp>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/host/durable_file.hpp"
#include "base/log.hpp"

namespace nias::httpfront {
namespace {

namespace fs = boost::filesystem;

constexpr std::array<std::int64_t, kNoticeTriesMax> kRestsMs{2'000,     15'000,    60'000,     300'000,
                                                             1'800'000, 7'200'000, 21'600'000, 43'200'000};

std::optional<PendingNotice> read(const fs::path& path) {
    const auto id = parse_task_id(path.filename().string());
    std::ifstream file(path.string());
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!id || !json.is_object()) { return std::nullopt; }
    return PendingNotice{.id = *id,
                         .owner = json.value("owner", ""),
                         .webhook = json.value("webhook", false),
                         .mail = json.value("mail", false),
                         .tries = json.value("tries", 0U),
                         .due_unix_ms = json.value("due_ms", std::int64_t{0})};
}

}  // namespace

std::int64_t rest_after_ms(std::uint32_t tries) {
    return kRestsMs.at(std::min<std::size_t>(std::max(tries, 1U) - 1, kRestsMs.size() - 1));
}

Result<PendingNotices> PendingNotices::open(const std::string& data_dir, const NoticeBounds& bounds) {
    PendingNotices made(data_dir + "/notices/pending", bounds);
    boost::system::error_code error;
    fs::create_directories(made.folder_, error);
    if (error) { return Error{ErrorCode::unavailable, made.folder_ + " cannot be made: " + error.message()}; }
    for (fs::directory_iterator it(made.folder_, error), end; !error && it != end; it.increment(error)) {
        if (auto notice = read(it->path())) {
            made.notices_.emplace(notice->id, std::move(*notice));
            continue;
        }
        log::warn(it->path().string() +
                  " is no notice that is owed, as after a loss of power: it is removed");
        boost::system::error_code gone;
        fs::remove(it->path(), gone);
        if (gone) { log::warn(it->path().string() + " cannot be removed: " + gone.message()); }
    }
    return made;
}

Status PendingNotices::write(const PendingNotice& notice) const {
    const std::string path = folder_ + "/" + to_string(notice.id);
    const nlohmann::json json{{"owner", notice.owner},
                              {"webhook", notice.webhook},
                              {"mail", notice.mail},
                              {"tries", notice.tries},
                              {"due_ms", notice.due_unix_ms}};
    const std::string beside = path + ".new";
    if (auto written = write_synced(
            beside, json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), IfThere::overwrite);
        !written) {
        return written;
    }
    boost::system::error_code error;
    fs::rename(beside, path, error);
    if (error) { return Error{ErrorCode::unavailable, path + " cannot be written: " + error.message()}; }
    return sync_folder(folder_);
}

Status PendingNotices::add(const PendingNotice& notice) {
    const auto its = std::count_if(notices_.begin(), notices_.end(),
                                   [&](const auto& one) { return one.second.owner == notice.owner; });
    if (notices_.size() >= bounds_.all || static_cast<std::size_t>(its) >= bounds_.of_owner) {
        return Error{ErrorCode::overloaded, "too many notices are owed already: the end of job " +
                                                to_string(notice.id) + " is not told"};
    }
    if (auto written = write(notice); !written) { return written; }
    notices_.insert_or_assign(notice.id, notice);
    return {};
}

Status PendingNotices::change(const PendingNotice& notice) {
    notices_.insert_or_assign(notice.id, notice);
    return write(notice);
}

void PendingNotices::remove(const TaskId& id) {
    notices_.erase(id);
    boost::system::error_code error;
    fs::remove(folder_ + "/" + to_string(id), error);
    if (error) {
        log::warn("the notice of job " + to_string(id) + " may be given twice: " + error.message());
    }
}

std::optional<PendingNotice> PendingNotices::find(const TaskId& id) const {
    const auto found = notices_.find(id);
    return found == notices_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<TaskId> PendingNotices::waiting() const {
    std::vector<TaskId> ids;
    for (const auto& [id, notice] : notices_) {
        if (notice.due_unix_ms == 0) { ids.push_back(id); }
    }
    return ids;
}

std::optional<PendingNotice> PendingNotices::next_due(std::int64_t now_unix_ms) {
    const PendingNotice* next = nullptr;
    for (const auto& [id, notice] : notices_) {
        if (notice.due_unix_ms == 0 || notice.due_unix_ms > now_unix_ms) { continue; }
        if (next == nullptr || served_[notice.owner] < served_[next->owner]) { next = &notice; }
    }
    if (next == nullptr) {
        served_.clear();
        return std::nullopt;
    }
    served_[next->owner] = ++turn_;
    return *next;
}

std::optional<std::int64_t> PendingNotices::next_due_at() const {
    std::optional<std::int64_t> at;
    for (const auto& [id, notice] : notices_) {
        if (notice.due_unix_ms != 0) { at = std::min(at.value_or(notice.due_unix_ms), notice.due_unix_ms); }
    }
    return at;
}

}  // namespace nias::httpfront
