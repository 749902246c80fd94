/// Uploads that go on after a cut line: tus 1.0.0 with creation, creation-with-upload, expiration, checksum
/// and termination. And the question whether a bundle need travel at all. Called by routes.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

[[nodiscard]] Answer describe_uploads(Front& front, const Call& call);  ///< OPTIONS
[[nodiscard]] Answer create_upload(Front& front, const Call& call);
/// HEAD takes the upload away from a connection that still sends it: its client has come back on another.
[[nodiscard]] Answer get_upload(Front& front, const Call& call);
[[nodiscard]] Answer patch_upload(Front& front, const Call& call);
[[nodiscard]] Answer delete_upload(Front& front, const Call& call);
/// POST with X-HTTP-Method-Override, for clients that can send no PATCH.
[[nodiscard]] Answer override_upload(Front& front, const Call& call);

/// Whether this server has a bundle already.
[[nodiscard]] Answer get_bundle(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
