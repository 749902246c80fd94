/// The lock of a part on its data directory: a ledger and a results store have one writer each, whichever
/// program carries it. Used by ventilator and sink before they touch anything else there.
#pragma once

#include <string>

#include "base/host/process_lock.hpp"

namespace nias::service {

/// Makes the directory where it is missing, and takes `run/PART.lock` in it. `conflict` names the pid and the
/// program that holds it; `unavailable` says why the directory cannot be written.
[[nodiscard]] Result<ProcessLock> lock_data(const std::string& data_dir, const std::string& part);

}  // namespace nias::service
