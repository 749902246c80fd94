/// A server's folder of keys as the command line finds it. Used by enroll, peers and revoke.
#pragma once

#include <string>

#include <nias/keys.hpp>

namespace nias::cli {

/// `not_found` where no server has run yet: a key of a server that nobody starts would be of no use.
[[nodiscard]] Result<Enrolment> open_enrolment(const std::string& data_dir);

}  // namespace nias::cli
