/// Judges what a peer may say once it is connected: its key speaks for one name and one role. A plain
/// connection is not judged, because only the server's own user can open a local socket. Used by ventilator
/// and sink; pure.
#pragma once

#include <optional>
#include <string>

#include <nias/keys.hpp>

#include "wire/messages.hpp"

namespace nias::service {

/// `invalid`: why this worker is not taken from that peer, for the peer to read.
[[nodiscard]] Status may_say(const std::optional<Peer>& sender, const wire::Hello& hello);
/// `invalid`: the administration is for the server's machine.
[[nodiscard]] Status may_say(const std::optional<Peer>& sender, const wire::Order& order);
/// `invalid`: tasks of any owner are forgotten on the server's machine; those of one, by submitters.
[[nodiscard]] Status may_say(const std::optional<Peer>& sender, const wire::Forget& forget);
/// `invalid`: only sinks say what is erased.
[[nodiscard]] Status may_say(const std::optional<Peer>& sender, const wire::Erased& erased);
/// `invalid`: only sinks pass outcomes on.
[[nodiscard]] Status may_say(const std::optional<Peer>& sender, const wire::Outcomes& outcomes);
/// `invalid`: a worker reports for itself.
[[nodiscard]] Status may_say(const std::optional<Peer>& sender, const wire::OutcomeReport& report);

}  // namespace nias::service
