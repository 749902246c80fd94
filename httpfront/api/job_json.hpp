/// The Job of the API: what a row of the ledger looks like to pages and scripts. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/log_search.hpp"
#include "job/bundle/bundle.hpp"
#include "job/output/output_zip.hpp"
#include "store/ledger/job_view.hpp"
#include "store/live/live_files.hpp"

namespace nias::httpfront {

/// `place`: queued tasks before this one. `likely_start`: when it will start, in Unix milliseconds, where
/// that can be told. Texts that are not UTF-8 are mended.
[[nodiscard]] std::string job_json(const store::JobView& job, std::optional<std::uint64_t> place,
                                   std::optional<std::int64_t> likely_start = std::nullopt);
/// The same with what was mended in the upload.
[[nodiscard]] std::string created_json(const store::JobView& job, std::optional<std::uint64_t> place,
                                       const std::vector<std::string>& mended);
/// {jobs, next}: `jobs` as job_json() made them.
[[nodiscard]] std::string list_json(const std::vector<std::string>& jobs, const std::optional<TaskId>& next);
/// {members, next}: members of an array, and the index after which the next page begins.
[[nodiscard]] std::string members_json(const std::vector<store::MemberRow>& members, bool more);
/// {indices, states}: all members of an array, a letter each.
[[nodiscard]] std::string states_json(const std::vector<store::MemberRow>& members);
[[nodiscard]] std::string layout_json(const job::Layout& layout);
[[nodiscard]] std::string files_json(const std::vector<job::ZipEntry>& files);
[[nodiscard]] std::string log_json(const AttemptRef& attempt, std::uint64_t offset, std::uint64_t next,
                                   std::string_view text);
[[nodiscard]] std::string live_json(const AttemptRef& attempt, const std::vector<store::LiveFileRow>& files);
/// The event of a file that a running attempt shows.
[[nodiscard]] std::string file_json(const AttemptRef& attempt, std::string_view path,
                                    std::uint64_t size_bytes);
/// {lines, total, hits: [{line, offset, text}]}.
[[nodiscard]] std::string log_hits_json(const LogSearch& search);
[[nodiscard]] std::string progress_json(const AttemptRef& attempt, double fraction, std::string_view text);
/// {status, checks: {name: "ok" or a sentence}}.
[[nodiscard]] std::string checks_json(bool ready,
                                      const std::vector<std::pair<std::string, std::string>>& checks);

}  // namespace nias::httpfront
