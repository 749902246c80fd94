/// The results of a job: its output zip, one file out of it, its log. Called by routes.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

[[nodiscard]] Answer list_files(Front& front, const Call& call);
[[nodiscard]] Answer get_file(Front& front, const Call& call);
[[nodiscard]] Answer list_live(Front& front, const Call& call);  ///< what the running attempt shows
[[nodiscard]] Answer get_live(Front& front, const Call& call);
[[nodiscard]] Answer get_output(Front& front, const Call& call);
Answer get_outputs(Front& front, const Call& call);                  ///< those of many jobs as one zip
[[nodiscard]] Answer get_bundle_of(Front& front, const Call& call);  ///< the zip that was sent
[[nodiscard]] Answer get_log(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
