#include "uploads/idempotency.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include "base/clock.hpp"
#include "base/host/durable_file.hpp"
#include "base/log.hpp"
#include "base/sha256.hpp"

namespace nias::httpfront {
namespace {

namespace fs = boost::filesystem;

constexpr std::size_t kKeyMax = 255;
constexpr std::time_t kKeptSeconds = 7 * 24 * 3600;

Error failed(const std::string& path) {
    const ErrorCode code =
        errno == ENOSPC || errno == EDQUOT ? ErrorCode::overloaded : ErrorCode::unavailable;
    return {code, path + " cannot be written: " + std::strerror(errno)};
}

constexpr const char* kRefusal = ".refusal";

BlobHash name_of(const std::string& owner, std::string_view key) {
    Sha256 sha;
    const std::string text = std::to_string(owner.size()) + ":" + owner + std::string(key);
    sha.update({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    return sha.finish();
}

}  // namespace

Result<IdempotencyKeys> IdempotencyKeys::open(const std::string& data_dir) {
    const std::string folder = data_dir + "/idempotency";
    boost::system::error_code error;
    fs::create_directories(folder, error);
    if (error) { return Error{ErrorCode::unavailable, folder + " cannot be made: " + error.message()}; }
    const std::time_t oldest = static_cast<std::time_t>(unix_ms_now() / 1000) - kKeptSeconds;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        boost::system::error_code gone;
        if (fs::last_write_time(it->path(), gone) >= oldest || gone) { continue; }
        fs::remove(it->path(), gone);
        if (gone) { log::warn(it->path().string() + " cannot be removed: " + gone.message()); }
    }
    return IdempotencyKeys(folder);
}

Result<IdempotencyKeys::Claim> IdempotencyKeys::read(const std::string& path) const {
    std::ifstream in(path);
    if (!in) { return Error{ErrorCode::unavailable, path + " cannot be read: " + std::strerror(errno)}; }
    std::string id_text;
    std::string hash_text;
    in >> id_text >> hash_text;
    if (in.bad()) { return Error{ErrorCode::unavailable, path + " cannot be read: " + std::strerror(errno)}; }
    auto id = parse_task_id(id_text);
    auto content = parse_blob_hash(hash_text);
    if (!id || !content) {
        return Error{ErrorCode::corrupt, path + " does not hold a task id and a hash: remove it"};
    }
    return Claim{*id, *content, true};
}

Result<IdempotencyKeys::Claim> IdempotencyKeys::claim(const std::string& owner, std::string_view key,
                                                      const BlobHash& content, const TaskId& fresh) const {
    const bool visible = std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
    if (key.empty() || key.size() > kKeyMax || !visible) {
        return Error{ErrorCode::invalid, "Idempotency-Key must be 1 to 255 visible characters"};
    }
    const std::string path = folder_ + "/" + to_string(name_of(owner, key));
    if (::access(path.c_str(), F_OK) == 0) { return read(path); }
    const Claim claim{fresh, content, false};
    const std::string temporary = path + "." + to_string(claim.id);
    auto written =
        write_synced(temporary, to_string(claim.id) + " " + to_string(content) + "\n", IfThere::refuse);
    // link() and not rename(): of two that come at once, the second must see the first.
    const bool first = written && ::link(temporary.c_str(), path.c_str()) == 0;
    if (written && !first && errno != EEXIST) { written = failed(path); }
    ::unlink(temporary.c_str());
    if (!written) { return written.error(); }
    if (!first) { return read(path); }
    if (auto synced = sync_folder(folder_); !synced) { return synced.error(); }
    return claim;
}

Status IdempotencyKeys::keep_refusal(const std::string& owner, std::string_view key,
                                     const Problem& problem) const {
    const std::string path = folder_ + "/" + to_string(name_of(owner, key)) + kRefusal;
    const std::string text =
        std::to_string(problem.status) + "\n" + problem.code + "\n" + problem.detail + "\n";
    if (auto written = write_synced(path, text, IfThere::overwrite); !written) { return written; }
    return sync_folder(folder_);
}

std::optional<Problem> IdempotencyKeys::refusal(const std::string& owner, std::string_view key) const {
    std::ifstream in(folder_ + "/" + to_string(name_of(owner, key)) + kRefusal);
    Problem problem;
    if (!(in >> problem.status >> problem.code) || in.get() != '\n') { return std::nullopt; }
    std::string line;
    while (std::getline(in, line)) { problem.detail += (problem.detail.empty() ? "" : "\n") + line; }
    return problem;
}

}  // namespace nias::httpfront
