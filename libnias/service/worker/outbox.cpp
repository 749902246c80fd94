#include "service/worker/outbox.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/host/durable_file.hpp"
#include "base/log.hpp"
#include "wire/codec/codec.hpp"

namespace nias::service {
namespace fs = std::filesystem;
namespace {

Error failed(const std::string& what, const std::string& path) {
    return {ErrorCode::unavailable, "outbox: " + what + " " + path + ": " + std::strerror(errno)};
}

}  // namespace

Result<Outbox> Outbox::open(std::string folder) {
    if (folder.empty()) { return Outbox({}, {}); }
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        return Error{ErrorCode::unavailable, "outbox: cannot make " + folder + ": " + error.message()};
    }
    const fs::path place = fs::canonical(folder, error);  // one lock, however the folder is spelt
    if (error) {
        return Error{ErrorCode::unavailable, "outbox: cannot read " + folder + ": " + error.message()};
    }
    auto lock = ProcessLock::acquire(place.string() + ".lock");
    if (!lock) { return lock.error(); }
    return Outbox(std::move(folder), std::move(*lock));
}

std::string Outbox::path_of(const AttemptRef& attempt) const {
    return folder_ + "/" + to_string(attempt.id) + "-" + std::to_string(attempt.attempt);
}

Status Outbox::keep(const Outcome& outcome) const {
    if (folder_.empty()) { return {}; }
    const std::string path = path_of({outcome.id, outcome.attempt});
    const std::string temporary = path + ".tmp";
    if (auto written = write_synced(temporary, wire::encode(wire::OutcomeReport{outcome.worker, {outcome}}),
                                    IfThere::overwrite);
        !written) {
        return written;
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) { return failed("cannot name", path); }
    return sync_folder(folder_);
}

void Outbox::forget(const AttemptRef& attempt) const {
    if (folder_.empty()) { return; }
    std::error_code error;
    fs::remove(path_of(attempt), error);
    if (error) { log::warn("outbox: cannot remove " + path_of(attempt) + ": " + error.message()); }
}

std::vector<Outcome> Outbox::load() const {
    std::vector<Outcome> found;
    if (folder_.empty()) { return found; }
    for (const auto& entry : fs::directory_iterator(folder_)) {
        const std::string path = entry.path().string();
        if (entry.path().extension() == ".tmp") {
            std::error_code ignored;  // an unfinished write of a process that died: nothing was promised
            fs::remove(entry.path(), ignored);
            continue;
        }
        if (entry.path().extension() == ".damaged") { continue; }
        std::ifstream in(path, std::ios::binary);
        const Bytes data((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        auto message = wire::decode(data);
        auto* report = message ? std::get_if<wire::OutcomeReport>(&*message) : nullptr;
        if (report == nullptr || report->outcomes.size() != 1) {
            log::error("outbox: " + path + " is damaged; it is set aside as .damaged");
            std::error_code ignored;
            fs::rename(entry.path(), path + ".damaged", ignored);
            continue;
        }
        found.push_back(report->outcomes.front());
    }
    return found;
}

}  // namespace nias::service
