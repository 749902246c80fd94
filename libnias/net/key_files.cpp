// Key files and a server's folder of keys: who may read them, and how they change whole or not at all.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <nias/keys.hpp>

#include "base/host/descriptor.hpp"
#include "base/host/durable_file.hpp"
#include "base/host/process_lock.hpp"
#include "base/ids.hpp"
#include "net/key_text.hpp"

namespace nias {
inline namespace v1 {
namespace {

Descriptor opened(const std::string& path, int flags) {
    return Descriptor(::open(path.c_str(), flags | O_CLOEXEC));
}

Error failed(const std::string& path, const std::string& doing) {
    return {ErrorCode::unavailable, path + " cannot be " + doing + ": " + std::strerror(errno)};
}

/// At most `most` bytes; one more shows that there are more.
Result<std::string> text_in(int file, const std::string& path, std::size_t most) {
    std::string text(most + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(file, text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return failed(path, "read"); }
        if (got == 0) { break; }
        size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return text;
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

std::string temporary_beside(const std::string& path) {
    return path + ".tmp" + std::to_string(make_incarnation());
}

Error named(const std::string& path, const Error& error) { return {error.code, path + ": " + error.message}; }

/// Made by one of several that start at once; the others read that one's.
Status make_server_key(const std::string& path) {
    auto keys = Keys::generate(Role::server, "server");
    if (!keys) { return keys.error(); }
    const std::string temporary = temporary_beside(path);
    if (auto written = write_synced(temporary, net::text_of(*keys), IfThere::refuse); !written) {
        return written;
    }
    const bool linked = ::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST;
    const Error error = failed(path, "made");
    ::unlink(temporary.c_str());
    if (!linked) { return error; }
    return sync_folder(folder_of(path));
}

Result<ProcessLock> lock_list(const std::string& folder) {
    auto lock = ProcessLock::acquire(folder + "/peers.lock");
    if (!lock && lock.error().code == ErrorCode::conflict) {
        return Error{ErrorCode::conflict,
                     "another process changes the list of peers in " + folder + ": try again"};
    }
    return lock;
}

}  // namespace

Result<Keys> Keys::read(const std::string& path) {
    const Descriptor file = opened(path, O_RDONLY | O_NOCTTY);
    if (file.get() < 0 && errno == ENOENT) {
        return Error{ErrorCode::not_found,
                     path + " is not there: copy the file that «nias enroll» made on the server"};
    }
    struct stat info {};
    if (file.get() < 0 || ::fstat(file.get(), &info) != 0) { return failed(path, "read"); }
    if (!S_ISREG(info.st_mode)) { return Error{ErrorCode::invalid, path + " is not a file"}; }
    if ((info.st_mode & 0077U) != 0) {
        return Error{ErrorCode::invalid,
                     path + " holds a secret key and others than its owner may open it: chmod 600 " + path};
    }
    auto text = text_in(file.get(), path, net::kKeyFileBytesMax);
    if (!text) { return text.error(); }
    auto keys = net::parse_keys(*text);
    if (!keys) { return named(path, keys.error()); }
    return keys;
}

Status Keys::write(const std::string& path) const {
    if (auto written = write_synced(path, net::text_of(*this), IfThere::refuse); !written) { return written; }
    return sync_folder(folder_of(path));
}

Result<Enrolment> Enrolment::open(const std::string& folder) {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) { return failed(folder, "made"); }
    const std::string path = folder + "/server.key";
    if (::access(path.c_str(), F_OK) != 0) {
        if (auto made = make_server_key(path); !made) { return made.error(); }
    }
    auto server = Keys::read(path);
    if (!server) { return server.error(); }
    if (server->role != Role::server) {
        return Error{ErrorCode::invalid, path + " is not a server's own key: it is that of a " +
                                             std::string(to_string(server->role))};
    }
    return Enrolment(folder, std::move(*server));
}

Result<std::vector<Peer>> Enrolment::peers() const {
    const Descriptor file = opened(peers_path(), O_RDONLY);
    if (file.get() < 0 && errno == ENOENT) { return std::vector<Peer>{}; }
    if (file.get() < 0) { return failed(peers_path(), "read"); }
    auto text = text_in(file.get(), peers_path(), net::kPeersBytesMax);
    if (!text) { return text.error(); }
    auto peers = net::parse_peers(*text);
    if (!peers) { return named(peers_path(), peers.error()); }
    std::sort(peers->begin(), peers->end(), [](const Peer& a, const Peer& b) { return a.name < b.name; });
    return peers;
}

// Readers see the list before or after, never half of it.
Status Enrolment::replace(const std::vector<Peer>& peers) const {
    const std::string temporary = temporary_beside(peers_path());
    if (auto written = write_synced(temporary, net::text_of(peers), IfThere::refuse); !written) {
        return written;
    }
    if (::rename(temporary.c_str(), peers_path().c_str()) != 0) {
        const Error error = failed(peers_path(), "replaced");
        ::unlink(temporary.c_str());
        return error;
    }
    return sync_folder(folder_);
}

Result<Keys> Enrolment::enroll(Role role, const std::string& name, const Endpoints& endpoints) {
    if (role == Role::server) {
        return Error{ErrorCode::invalid, "a server is not enrolled: its own key is in " + folder_};
    }
    auto keys = Keys::generate(role, name);
    if (!keys) { return keys; }
    const auto lock = lock_list(folder_);
    if (!lock) { return lock.error(); }
    auto peers = this->peers();
    if (!peers) { return peers.error(); }
    if (std::any_of(peers->begin(), peers->end(), [&](const Peer& peer) { return peer.name == name; })) {
        return Error{ErrorCode::conflict,
                     name + " is enrolled already: choose another name, or «nias revoke " + name + "» first"};
    }
    if (peers->size() >= net::kPeersMax) {
        return Error{ErrorCode::overloaded, peers_path() + " has 4096 peers: revoke some first"};
    }
    peers->push_back({.name = name, .role = role, .public_key = keys->public_key});
    if (auto replaced = replace(*peers); !replaced) { return replaced.error(); }
    keys->server_key = server_.public_key;
    keys->endpoints = endpoints;
    return keys;
}

Status Enrolment::revoke(const std::string& name) {
    const auto lock = lock_list(folder_);
    if (!lock) { return lock.error(); }
    auto peers = this->peers();
    if (!peers) { return peers.error(); }
    if (std::erase_if(*peers, [&](const Peer& peer) { return peer.name == name; }) == 0) {
        return Error{ErrorCode::not_found,
                     "no peer is called " + name + ": «nias peers» shows those there are"};
    }
    return replace(*peers);
}

}  // namespace v1
}  // namespace nias
