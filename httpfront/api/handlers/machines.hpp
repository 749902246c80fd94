/// The machines of the lab: how they stand, and an administrator's orders to them. Called by routes.
#pragma once

#include "api/routes.hpp"

namespace nias::httpfront::handlers {

[[nodiscard]] Answer list_machines(Front& front, const Call& call);
[[nodiscard]] Answer get_limits(Front& front, const Call& call);
[[nodiscard]] Answer pause_machine(Front& front, const Call& call);
[[nodiscard]] Answer drain_machine(Front& front, const Call& call);
[[nodiscard]] Answer resume_machine(Front& front, const Call& call);

}  // namespace nias::httpfront::handlers
