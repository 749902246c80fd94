#include "cli/lab.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <filesystem>

namespace nias::cli {

Result<Lab> Lab::open(const std::string& data_dir) {
    std::error_code error;
    if (!std::filesystem::is_directory(data_dir, error)) {
        return Error{ErrorCode::not_found,
                     "there is no server's data in " + data_dir +
                         ": start one with «nias up», or name its directory with --data"};
    }
    auto ledger = store::LedgerReader::open(data_dir);
    if (!ledger) { return ledger.error(); }
    auto logs = store::Logs::open(data_dir);
    if (!logs) { return logs.error(); }
    auto blobs = store::Blobs::open(data_dir);
    if (!blobs) { return blobs.error(); }
    auto endpoints = daemon::endpoints_in(data_dir);
    if (!endpoints) { return endpoints.error(); }
    return Lab(std::move(*ledger), std::move(*logs), std::move(*blobs), std::move(*endpoints));
}

Result<store::TaskRecord> Lab::find(const std::string& id_text) {
    const auto id = parse_task_id(id_text);
    if (!id) { return id.error(); }
    auto record = ledger_.find(*id);
    if (!record) { return record.error(); }
    if (!*record) {
        return Error{ErrorCode::not_found,
                     "there is no job " + id_text + ": «nias list» shows those there are"};
    }
    return std::move(**record);
}

Result<Submitter> Lab::submitter() const {
    return Submitter::open(
        {.intake = endpoints_.intake, .control = endpoints_.control, .events = endpoints_.events});
}

std::string time_text(std::int64_t unix_ms) {
    if (unix_ms == 0) { return "-"; }
    const std::time_t seconds = unix_ms / 1000;
    std::tm local{};
    ::localtime_r(&seconds, &local);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &local);
    return text.data();
}

}  // namespace nias::cli
