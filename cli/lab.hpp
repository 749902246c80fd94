/// The lab as the command line sees it: the stores of a data directory, read in place. Used by every verb but
/// up. A resource; one thread.
#pragma once

#include <optional>
#include <string>

#include <nias/submitter.hpp>

#include "daemon/program.hpp"
#include "store/blobs/blobs.hpp"
#include "store/ledger/ledger.hpp"
#include "store/logs/logs.hpp"

namespace nias::cli {

class Lab {
public:
    /// `not_found` where no server has yet run on the data directory.
    static Result<Lab> open(const std::string& data_dir);

    [[nodiscard]] Result<store::TaskRecord> find(const std::string& id_text);
    [[nodiscard]] store::LedgerReader& ledger() { return ledger_; }
    [[nodiscard]] const store::Logs& logs() const { return logs_; }
    [[nodiscard]] const store::Blobs& blobs() const { return blobs_; }
    [[nodiscard]] const Endpoints& endpoints() const { return endpoints_; }
    [[nodiscard]] Result<Submitter> submitter() const;

private:
    Lab(store::LedgerReader ledger, store::Logs logs, store::Blobs blobs, Endpoints endpoints)
        : ledger_(std::move(ledger)),
          logs_(std::move(logs)),
          blobs_(std::move(blobs)),
          endpoints_(std::move(endpoints)) {}
    store::LedgerReader ledger_;
    store::Logs logs_;
    store::Blobs blobs_;
    Endpoints endpoints_;
};

/// "2026-11-23 14:05:11" in local time; "-" for 0.
[[nodiscard]] std::string time_text(std::int64_t unix_ms);

}  // namespace nias::cli
