// The text of key files and of lists of peers with any bytes: it is refused in words, or it is written so
// that it reads the same again.
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "net/address.hpp"
#include "net/key_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nias;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto keys = net::parse_keys(text)) {
        NIAS_CHECK(net::is_peer_name(keys->name), "a key has a name");
        NIAS_CHECK(keys->public_key.size() == net::kKeyLetters &&
                       keys->secret_key.size() == net::kKeyLetters &&
                       keys->server_key.size() == net::kKeyLetters,
                   "keys have 40 letters");
        NIAS_CHECK(net::judge(keys->endpoints.control, true).ok(), "addresses are addresses");
        const auto again = net::parse_keys(net::text_of(*keys));
        NIAS_CHECK(again.ok() && *again == *keys, "a key is the same after another round");
    } else {
        NIAS_CHECK(!keys.error().message.empty(), "a refusal has words");
    }
    if (const auto peers = net::parse_peers(text)) {
        NIAS_CHECK(peers->size() <= net::kPeersMax, "a list has its bound");
        for (const Peer& peer : *peers) { NIAS_CHECK(peer.role != Role::server, "no peer is a server"); }
        const auto again = net::parse_peers(net::text_of(*peers));
        NIAS_CHECK(again.ok() && *again == *peers, "a list is the same after another round");
    } else {
        NIAS_CHECK(!peers.error().message.empty(), "a refusal has words");
    }
    return 0;
}
