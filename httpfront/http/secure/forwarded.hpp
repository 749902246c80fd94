/// The client behind a web server that passes requests on: only from addresses that the administrator named,
/// since anybody else may claim anything. Used by server. Pure.
#pragma once

#include <string>
#include <vector>

#include <nias/result.hpp>

#include "http/message.hpp"

namespace nias::httpfront {

class Proxies {
public:
    Proxies() = default;  ///< trusts nobody
    /// `invalid`: one is no address.
    static Result<Proxies> parse(const std::vector<std::string>& addresses);

    [[nodiscard]] bool trusts(const std::string& peer) const;
    /// Where the peer is trusted: `peer` becomes the last address of X-Forwarded-For that is not of a trusted
    /// proxy, and `secure` what X-Forwarded-Proto says. What stands to the left of that address was said by
    /// the client, and is not believed.
    void apply(Request& request) const;

private:
    std::vector<std::string> addresses_;
};

}  // namespace nias::httpfront
