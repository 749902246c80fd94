#include "cli/machines/enrolment.hpp"

#include <filesystem>

namespace nias::cli {

Result<Enrolment> open_enrolment(const std::string& data_dir) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(data_dir + "/run", ignored)) {
        return Error{ErrorCode::not_found,
                     "there is no server's data in " + data_dir +
                         ": start one with «nias up», or name its directory with --data"};
    }
    return Enrolment::open(data_dir + "/keys");
}

}  // namespace nias::cli
