/// Believes a reverse proxy, and only the one that was named, by its address. Pure; used by main for every
/// request, and by the directory of accounts.
#pragma once

#include <optional>
#include <string>

#include <nias/result.hpp>

#include "http/message.hpp"

namespace nias::httpfront {

class TrustedProxy {
public:
    TrustedProxy() = default;  ///< none
    /// `address` of the proxy, and the header by which it names users; each may be empty. `invalid`, in
    /// words: a header without an address, or what is no address.
    static Result<TrustedProxy> make(const std::string& address, const std::string& user_header);

    [[nodiscard]] bool is_there() const { return !address_.empty(); }
    /// The proxy's address in the form of Request::peer; empty: there is none.
    [[nodiscard]] const std::string& address() const { return address_; }
    /// Puts what the proxy says of the browser in the place of what the connection tells: `client`
    /// (X-Forwarded-For), `secure` (-Proto), `host` (-Host) and `id` (X-Request-Id). A word that cannot be
    /// read changes nothing, and so does a request that is not from the proxy.
    void believe(Request& request) const;
    /// The user whom the proxy names; nullopt: none, or the request is not from it.
    [[nodiscard]] std::optional<std::string> user_of(const Request& request) const;

private:
    [[nodiscard]] bool sent(const Request& request) const;

    std::string address_;      ///< as Poco writes it
    std::string user_header_;  ///< in lower case
};

}  // namespace nias::httpfront
