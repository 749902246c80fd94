/// The machines of the lab as the API shows them. Pure.
#pragma once

#include <string>
#include <vector>

#include "service/questions.hpp"
#include "store/ledger/ledger.hpp"

namespace nias::httpfront {

/// {machines, now_ms}: `now_ms` is the ventilator's clock, by which `since_ms` is told. `with_faults`: for
/// administrators; others are not told the words with which somebody's job failed on a machine. `own`: the
/// tasks that machines have of whoever asks.
[[nodiscard]] std::string machines_json(const service::Roll& roll, bool with_faults,
                                        const std::vector<store::HeldTask>& own);
/// {max_upload_bytes, defaults: [{text, text_words, machines}]}: what a job has that names no limits of its
/// own, as the machines that are there say it, each text once.
[[nodiscard]] std::string limits_json(const service::Roll& roll, std::uint64_t max_upload_bytes);
/// {name, text, text_words}: what came of an order.
[[nodiscard]] std::string ordered_json(const std::string& name, const std::string& text);

}  // namespace nias::httpfront
