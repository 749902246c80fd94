#include "service/data_lock.hpp"

#include "store/sqlite/database.hpp"

namespace nias::service {

Result<ProcessLock> lock_data(const std::string& data_dir, const std::string& part) {
    const std::string run = data_dir + "/run";
    if (auto made = store::make_folder(run); !made) { return made.error(); }
    return ProcessLock::acquire(run + "/" + part + ".lock");
}

}  // namespace nias::service
