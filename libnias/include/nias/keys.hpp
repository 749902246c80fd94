/// Keys: what the two sides of an encrypted link hold, and the list of who may connect to a server.
/// For `nias enroll` and programs that make or look at keys; pipelines are given the path of the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nias/api.hpp>
#include <nias/endpoints.hpp>
#include <nias/result.hpp>

namespace nias {
inline namespace v1 {

/// The part that the holder of a key may play; each socket of a server admits some of these.
enum class Role {
    server,     ///< binds the sockets; its own key, at the sink, also passes outcomes on to the intake
    worker,     ///< control, outcomes, bulk
    submitter,  ///< intake, control (to ask), events, bulk
    watcher,    ///< events, output, control (to ask)
};

/// The role's own name, as it stands in files and options. Never fails; valid for ever.
[[nodiscard]] NIAS_API std::string_view to_string(Role role) noexcept;
/// `invalid`: not the name of a role of a peer (worker, submitter, watcher).
[[nodiscard]] NIAS_API Result<Role> parse_peer_role(std::string_view text);

/// A key pair with what its holder must know to use it (CURVE; keys as 40 characters of Z85). A value, and a
/// secret one: it is written nowhere but to files that only their owner can read.
struct NIAS_API Keys {
    Role role = Role::worker;  ///< the holder's role
    std::string name{};  ///< the holder's name: 1 to 64 letters, digits, `.`, `_`, `-`; `.` and `-` inside
    std::string public_key{};  ///< what the holder is known by
    std::string secret_key{};  ///< what proves it
    std::string server_key{};  ///< public key of the server; a server's own is its `public_key`
    Endpoints endpoints{};     ///< addresses at which the holder reaches the server

    /// A fresh pair from the system's chance, without a server yet. `invalid`: not a name.
    [[nodiscard]] static Result<Keys> generate(Role role, const std::string& name);
    /// Reads the file of a peer, or of a server. `not_found`: there is none; `invalid`: the sentence says
    /// what is wrong with it: its text, keys that do not fit each other, or that others may read it.
    [[nodiscard]] static Result<Keys> read(const std::string& path);
    /// Makes the file, mode 0600, durable when it returns. `conflict`: there is one already.
    [[nodiscard]] Status write(const std::string& path) const;
    bool operator==(const Keys&) const = default;
};

/// One line of a server's list of who may connect.
struct Peer {
    std::string name{};        ///< one a list
    Role role = Role::worker;  ///< never `server`
    std::string public_key{};  ///< one a list
    bool operator==(const Peer&) const = default;
};

/// A server's folder of keys: its own pair in `server.key`, and the list `peers`. Several processes may use
/// one folder at once; the daemons follow the list as it changes. A resource; one thread.
class NIAS_API Enrolment {
public:
    /// Makes what is missing: the folder (0700) and the server's pair. `unavailable`: it cannot be written;
    /// `invalid`: what is there cannot be used.
    [[nodiscard]] static Result<Enrolment> open(const std::string& folder);
    /// The server's own pair.
    [[nodiscard]] const Keys& server() const noexcept { return server_; }
    /// The path of the list. It has one line a peer, `NAME ROLE PUBLIC-KEY`.
    [[nodiscard]] std::string peers_path() const { return folder_ + "/peers"; }
    /// The peers that may connect, by name; at most 4,096. `invalid`: names the line that cannot be read.
    [[nodiscard]] Result<std::vector<Peer>> peers() const;
    /// Makes keys for a machine or program that reaches this server at `endpoints`, and puts it on the list:
    /// it may connect when this returns. The keys are nowhere but in what is returned. `conflict`: the name
    /// is taken, or another process changes the list; `invalid`: not a name, or not the role of a peer.
    [[nodiscard]] Result<Keys> enroll(Role role, const std::string& name, const Endpoints& endpoints);
    /// Takes a peer off the list: no connection of its begins any more, and those that are there end within
    /// seconds. `not_found`: there is none of that name.
    [[nodiscard]] Status revoke(const std::string& name);

private:
    Enrolment(std::string folder, Keys server) : folder_(std::move(folder)), server_(std::move(server)) {}
    [[nodiscard]] Status replace(const std::vector<Peer>& peers) const;
    std::string folder_;
    Keys server_;
};

}  // namespace v1
}  // namespace nias
