#include "net/key_text.hpp"

#include <zmq.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>
#include <utility>

#include "net/address.hpp"

namespace nias::net {
namespace {

constexpr std::string_view kFirstLine = "nias-key 1";
constexpr std::string_view kPeersHead =
    "# Who may connect to this server from other machines: NAME ROLE PUBLIC-KEY.\n"
    "# Written by nias enroll and nias revoke; the daemons follow it.\n";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

bool only(std::string_view text, std::string_view letters) {
    return text.find_first_not_of(letters) == std::string_view::npos;
}

bool is_key(std::string_view text) {
    if (text.size() != kKeyLetters || !only(text, kZ85)) { return false; }
    std::array<std::uint8_t, 32> bytes{};
    return zmq_z85_decode(bytes.data(), std::string(text).c_str()) != nullptr;
}

Error wrong(std::size_t line, const std::string& what) {
    return {ErrorCode::invalid, "line " + std::to_string(line) + " " + what};
}

/// Lines of a text, one after the other; the last one may lack its end.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}
    std::optional<std::string_view> next() {
        if (rest_.empty()) { return std::nullopt; }
        ++number_;
        const std::size_t end = std::min(rest_.find('\n'), rest_.size());
        const std::string_view line = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return line;
    }
    [[nodiscard]] std::size_t number() const { return number_; }

private:
    std::string_view rest_;
    std::size_t number_ = 0;
};

/// A word of a key file and where its value goes.
struct Field {
    std::string_view word;
    std::string Keys::*value = nullptr;
    std::string Endpoints::*address = nullptr;
    bool seen = false;
};

std::array<Field, 11> fields_of_a_key() {
    return {Field{"role"},
            Field{"name", &Keys::name},
            Field{"public", &Keys::public_key},
            Field{"secret", &Keys::secret_key},
            Field{"server", &Keys::server_key},
            Field{"intake", nullptr, &Endpoints::intake},
            Field{"control", nullptr, &Endpoints::control},
            Field{"events", nullptr, &Endpoints::events},
            Field{"outcomes", nullptr, &Endpoints::outcomes},
            Field{"bulk", nullptr, &Endpoints::bulk},
            Field{"output", nullptr, &Endpoints::output}};
}

/// Says what is wrong with a value, whoever holds the key. Empty: it is right.
std::string fault_of(const Field& field, std::string_view value) {
    if (field.address != nullptr) { return parse_tcp(value) ? "" : "is not tcp://HOST:PORT"; }
    if (field.word == "role") {
        return value == to_string(Role::server) || parse_peer_role(value)
                   ? ""
                   : "is none of server, worker, submitter, watcher";
    }
    if (field.word == "name") { return is_peer_name(value) ? "" : "is not a name"; }
    return is_key(value) ? "" : "is not a key of 40 letters";
}

/// Whether the words that were there are those that the role has.
Status complete(const std::array<Field, 11>& fields, bool is_server) {
    for (const Field& field : fields) {
        const bool of_peers_only = field.word == "server" || field.address != nullptr;
        if (is_server && of_peers_only && field.seen) {
            return Error{ErrorCode::invalid,
                         "it has \"" + std::string(field.word) + "\", which a server's own key has not"};
        }
        if (!field.seen && !(is_server && of_peers_only)) {
            return Error{ErrorCode::invalid, "it has no line \"" + std::string(field.word) + "\""};
        }
    }
    return {};
}

Result<Role> role_of(std::string_view text) {
    return text == to_string(Role::server) ? Result<Role>(Role::server) : parse_peer_role(text);
}

}  // namespace

bool is_peer_name(std::string_view name) {
    if (name.empty() || name.size() > kPeerNameMax) { return false; }
    const std::string inside = std::string(kLetters) + "._-";
    return only(name, inside) && name.front() != '.' && name.front() != '-';
}

Result<Keys> parse_keys(std::string_view text) {
    if (text.size() > kKeyFileBytesMax) { return Error{ErrorCode::invalid, "it is too long for a key"}; }
    Lines lines(text);
    if (lines.next() != kFirstLine) {
        return wrong(1, "is not \"" + std::string(kFirstLine) + "\": this is not a key of NIAS");
    }
    Keys keys;
    auto fields = fields_of_a_key();
    while (const auto line = lines.next()) {
        const std::size_t blank = std::min(line->find(' '), line->size());
        const std::string_view word = line->substr(0, blank);
        const std::string_view value = line->substr(std::min(blank + 1, line->size()));
        const auto field =
            std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.word == word; });
        if (field == fields.end()) { return wrong(lines.number(), "begins with no word that a key has"); }
        const std::string named = "\"" + std::string(word) + "\"";
        if (field->seen) { return wrong(lines.number(), "says " + named + " a second time"); }
        if (const std::string fault = fault_of(*field, value); !fault.empty()) {
            return wrong(lines.number(),
                         std::string("is wrong: the value of ").append(named).append(" ").append(fault));
        }
        field->seen = true;
        if (word == "role") {
            keys.role = *role_of(value);
        } else if (field->value != nullptr) {
            keys.*field->value = value;
        } else {
            keys.endpoints.*field->address = value;
        }
    }
    const bool is_server = fields[0].seen && keys.role == Role::server;
    if (auto whole = complete(fields, is_server); !whole) { return whole.error(); }
    std::array<char, kKeyLetters + 1> derived{};
    if (zmq_curve_public(derived.data(), keys.secret_key.c_str()) != 0 || keys.public_key != derived.data()) {
        return Error{ErrorCode::invalid, "its public key is not that of its secret key"};
    }
    if (is_server) { keys.server_key = keys.public_key; }
    return keys;
}

std::string text_of(const Keys& keys) {
    std::string out(kFirstLine);
    const auto line = [&](std::string_view word, std::string_view value) {
        out.append("\n").append(word).append(" ").append(value);
    };
    line("role", to_string(keys.role));
    for (const Field& field : fields_of_a_key()) {
        const bool of_peers_only = field.word == "server" || field.address != nullptr;
        if (keys.role == Role::server && of_peers_only) { continue; }
        if (field.value != nullptr) { line(field.word, keys.*field.value); }
        if (field.address != nullptr) { line(field.word, keys.endpoints.*field.address); }
    }
    return out + "\n";
}

Result<std::vector<Peer>> parse_peers(std::string_view text) {
    if (text.size() > kPeersBytesMax) { return Error{ErrorCode::invalid, "the list is longer than 1 MiB"}; }
    Lines lines(text);
    std::vector<Peer> peers;
    std::unordered_set<std::string_view> names;
    std::unordered_set<std::string_view> public_keys;
    while (const auto line = lines.next()) {
        if (line->empty() || line->front() == '#') { continue; }
        const std::size_t first = line->find(' ');
        const std::size_t second = first == std::string_view::npos ? first : line->find(' ', first + 1);
        if (second == std::string_view::npos) { return wrong(lines.number(), "is not NAME ROLE PUBLIC-KEY"); }
        const std::string_view name = line->substr(0, first);
        const auto role = parse_peer_role(line->substr(first + 1, second - first - 1));
        const std::string_view key = line->substr(second + 1);
        if (!is_peer_name(name)) { return wrong(lines.number(), "does not begin with a name"); }
        if (!role) { return wrong(lines.number(), "is wrong: " + role.error().message); }
        if (!is_key(key)) { return wrong(lines.number(), "does not end with a key of 40 letters"); }
        if (!names.insert(name).second) { return wrong(lines.number(), "has the name of a line above"); }
        if (!public_keys.insert(key).second) { return wrong(lines.number(), "has the key of a line above"); }
        if (peers.size() == kPeersMax) {
            return wrong(lines.number(), "is one too many: a list has 4096 peers");
        }
        peers.push_back({.name = std::string(name), .role = *role, .public_key = std::string(key)});
    }
    return peers;
}

std::string text_of(const std::vector<Peer>& peers) {
    std::string out(kPeersHead);
    for (const Peer& peer : peers) {
        out.append(peer.name).append(" ").append(to_string(peer.role)).append(" ").append(peer.public_key);
        out.push_back('\n');
    }
    return out;
}

}  // namespace nias::net

namespace nias {
inline namespace v1 {

std::string_view to_string(Role role) noexcept {
    switch (role) {
        case Role::server: return "server";
        case Role::worker: return "worker";
        case Role::submitter: return "submitter";
        case Role::watcher: return "watcher";
    }
    return "unknown";
}

Result<Role> parse_peer_role(std::string_view text) {
    for (const Role role : {Role::worker, Role::submitter, Role::watcher}) {
        if (text == to_string(role)) { return role; }
    }
    return Error{ErrorCode::invalid, "\"" + std::string(text.substr(0, 40)) +
                                         "\" is no role of a peer: use worker, submitter or watcher"};
}

Result<Keys> Keys::generate(Role role, const std::string& name) {
    if (!net::is_peer_name(name)) {
        return Error{ErrorCode::invalid,
                     "\"" + name.substr(0, 80) +
                         "\" is not a name of a peer: use 1 to 64 letters, digits, _, and . - inside"};
    }
    std::array<char, net::kKeyLetters + 1> public_key{};
    std::array<char, net::kKeyLetters + 1> secret_key{};
    if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
        return Error{ErrorCode::unavailable, "the libzmq of this machine has no CURVE: install one that has"};
    }
    Keys keys;
    keys.role = role;
    keys.name = name;
    keys.public_key = public_key.data();
    keys.secret_key = secret_key.data();
    if (role == Role::server) { keys.server_key = keys.public_key; }
    return keys;
}

}  // namespace v1
}  // namespace nias
