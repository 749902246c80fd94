/// The nias_submitter of <nias/c.h>. Private to the C header's implementation.
#pragma once

#include <mutex>
#include <optional>
#include <utility>

#include <nias/c.h>
#include <nias/submitter.hpp>

#include "base/ids.hpp"
#include "service/c_api/ends.hpp"

struct [[gnu::visibility("hidden")]] nias_submitter {
    nias_submitter() = default;
    std::mutex mutex;  ///< guards `ids`
    nias::TaskIdMaker ids;
    nias::service::c_api::Ends ends;
    std::optional<nias::Submitter> submitter;  ///< destroyed first: its last callbacks fill `ends`
};

namespace nias::service::c_api {

[[nodiscard]] inline Error no_submitter() { return {ErrorCode::invalid, "there is no submitter: open one"}; }

}  // namespace nias::service::c_api
