/// Calls a webhook once: POST of a signed JSON text to an address that was checked. Used by the notifier, on
/// its thread. Blocks for kWebhookWithin at most, and while the system looks up a name.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "notices/networks.hpp"

namespace nias::httpfront {

inline constexpr std::chrono::seconds kWebhookWithin{10};

struct WebhookCall {
    std::string url;
    std::string secret;
    std::string delivery;  ///< the job's id: the same in each try, so that a receiver knows a repeat
    std::int64_t unix_seconds = 0;
    std::string body;
};

/// «sha256=» and HMAC-SHA256 of "<unix_seconds>.<body>" in hexadecimal.
[[nodiscard]] std::string signature_of(std::string_view secret, std::int64_t unix_seconds,
                                       std::string_view body);

/// Any answer of 2xx is one. Redirects are not followed. The sentence of an Error is for the account's page.
[[nodiscard]] Status call_webhook(const WebhookCall& call, const std::vector<Network>& allowed);

}  // namespace nias::httpfront
