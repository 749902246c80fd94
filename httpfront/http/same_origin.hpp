/// Judges whether a request may ask: its Host is one that this server answers to (against DNS rebinding), and
/// a request that changes something comes from a page of our own (against other sites in the same browser).
/// Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"

namespace nias::httpfront {

class HostPolicy {
public:
    /// `allowed`: names besides those of the loopback, «host» or «host:port».
    HostPolicy(const std::string& listen, std::vector<std::string> allowed);

    /// 421 for a Host that is not ours.
    [[nodiscard]] std::optional<Problem> check_host(const Request& request) const;

private:
    std::vector<std::string> names_;
    bool any_address_ = false;  ///< listening everywhere: an address is no name that could be rebound
};

/// 403 where Origin or Sec-Fetch-Site say that another site asks. Programs send neither and may ask.
[[nodiscard]] std::optional<Problem> check_same_origin(const Request& request);

}  // namespace nias::httpfront
