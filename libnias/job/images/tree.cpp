#include "job/images/tree.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace nias::job {
namespace {

namespace fs = std::filesystem;
constexpr int kLinksMost = 40;  // as the kernel follows
constexpr std::string_view kUser = "job:x:1000:1000:job:/tmp:/bin/sh\n";
constexpr std::string_view kGroup = "job:x:1000:\n";
/// Without it the C library asks the network for `localhost`.
constexpr std::string_view kNames = "passwd: files\ngroup: files\nhosts: files dns\n";
constexpr std::string_view kHosts = "127.0.0.1 localhost nias\n::1 localhost ip6-localhost ip6-loopback\n";

Error failed(const fs::path& path, const std::error_code& error) {
    return {error == std::errc::no_space_on_device ? ErrorCode::overloaded : ErrorCode::unavailable,
            path.string() + ": " + error.message()};
}

/// Whether the account file has a line whose third field is 1000.
bool has_number(const std::string& text) {
    std::size_t from = 0;
    while (from < text.size()) {
        const std::size_t end = std::min(text.find('\n', from), text.size());
        const std::string line = text.substr(from, end - from);
        const std::size_t second = line.find(':', line.find(':') + 1);
        if (second != std::string::npos && line.compare(second, 6, ":1000:") == 0) { return true; }
        from = end + 1;
    }
    return false;
}

/// A regular file in the tree's own `/etc`, whatever was there: a link would lead the writer elsewhere.
Status write_file(const fs::path& path, const std::string& text) {
    std::error_code error;
    fs::remove_all(path, error);
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) { return Error{ErrorCode::unavailable, path.string() + " cannot be written"}; }
    fs::permissions(path, fs::perms(0644), error);
    return error ? Status(failed(path, error)) : Status();
}

/// The text of an account file with a line for the user of jobs.
std::string with_user(const fs::path& path, std::string_view line) {
    std::error_code error;
    std::string text;
    if (fs::symlink_status(path, error).type() == fs::file_type::regular) {
        std::ifstream in(path, std::ios::binary);
        text.assign(std::istreambuf_iterator<char>(in), {});
    }
    if (has_number(text)) { return text; }
    if (!text.empty() && !text.ends_with('\n')) { text += '\n'; }
    return text + std::string(line);
}

Status prepare_etc(const fs::path& root) {
    const fs::path etc = root / "etc";
    std::error_code error;
    if (fs::symlink_status(etc, error).type() != fs::file_type::directory) {
        fs::remove_all(etc, error);
        fs::create_directory(etc, error);
        if (error) { return failed(etc, error); }
    }
    fs::permissions(etc, fs::perms(0755), error);
    const std::array<std::pair<const char*, std::string>, 4> files{
        {{"passwd", with_user(etc / "passwd", kUser)},
         {"group", with_user(etc / "group", kGroup)},
         {"hosts", std::string(kHosts)},
         {"resolv.conf", ""}}};
    for (const auto& [name, text] : files) {
        if (auto written = write_file(etc / name, text); !written) { return written; }
    }
    const fs::path names = etc / "nsswitch.conf";
    const bool is_there = fs::symlink_status(names, error).type() != fs::file_type::not_found;
    return is_there ? Status() : write_file(names, std::string(kNames));
}

/// A folder that its owner cannot enter could be neither walked nor removed.
Status open_to_owner(const fs::path& path) {
    struct stat info {};
    const bool known = ::lstat(path.c_str(), &info) == 0;
    const mode_t mode = (info.st_mode & 07777U & ~(S_ISUID | S_ISGID | S_ISVTX)) | S_IRWXU;
    if (known && ((info.st_mode & 07777U) == mode || ::chmod(path.c_str(), mode) == 0)) { return {}; }
    return failed(path, {errno, std::generic_category()});
}

/// Puts the parts of a path on the stack, so that its first one lies on top.
void push_parts(std::string_view path, std::vector<std::string>& to) {
    while (!path.empty()) {
        const std::size_t slash = path.rfind('/');
        const std::string_view part = slash == std::string_view::npos ? path : path.substr(slash + 1);
        if (!part.empty() && part != ".") { to.emplace_back(part); }
        path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
    }
}

Status prepare_entry(const fs::directory_entry& entry) {
    std::error_code error;
    const fs::path& path = entry.path();
    const fs::file_status status = entry.symlink_status(error);
    if (status.type() == fs::file_type::directory) { return open_to_owner(path); }
    if (status.type() == fs::file_type::symlink) { return {}; }
    if (status.type() != fs::file_type::regular) {
        fs::remove(path, error);
        return error ? Status(failed(path, error)) : Status();
    }
    const fs::perms acting = fs::perms::set_uid | fs::perms::set_gid;
    if ((status.permissions() & acting) == fs::perms::none) { return {}; }
    fs::permissions(path, acting, fs::perm_options::remove, error);
    return error ? Status(failed(path, error)) : Status();
}

}  // namespace

Status prepare_tree(const std::string& root) {
    std::error_code error;
    if (auto opened = open_to_owner(root); !opened) { return opened; }
    for (fs::recursive_directory_iterator at(root, error), end; !error && at != end; at.increment(error)) {
        if (auto prepared = prepare_entry(*at); !prepared) { return prepared; }
    }
    if (error) { return failed(root, error); }
    constexpr std::array kPrograms{"usr/bin", "bin", "usr/local/bin"};
    const bool is_system = std::any_of(kPrograms.begin(), kPrograms.end(), [&](const char* name) {
        return fs::is_directory(fs::path(root) / name, error);
    });
    if (!is_system) {
        return Error{ErrorCode::invalid, "it holds neither /usr/bin nor /bin, so it is no root of a system"};
    }
    return prepare_etc(root);
}

std::string file_in_tree(const std::string& root, std::string_view path) {
    std::vector<std::string> left;  // the parts still to be followed, the next one last
    push_parts(path, left);
    fs::path at;  // below the root, without links
    int links = 0;
    std::error_code error;
    while (!left.empty()) {
        const std::string part = std::move(left.back());
        left.pop_back();
        if (part == "..") {
            at = at.parent_path();
            continue;
        }
        const fs::path whole = fs::path(root) / at / part;
        if (!fs::is_symlink(fs::symlink_status(whole, error))) {
            at /= part;
            continue;
        }
        if (++links > kLinksMost) { return {}; }
        const fs::path to = fs::read_symlink(whole, error);
        if (to.is_absolute()) { at.clear(); }
        push_parts(to.native(), left);
    }
    const auto status = fs::symlink_status(fs::path(root) / at, error);
    return status.type() == fs::file_type::regular ? "/" + at.string() : std::string();
}

std::string program_in_tree(const std::string& root, std::string_view path, std::string_view name) {
    while (!path.empty()) {
        const std::size_t colon = std::min(path.find(':'), path.size());
        const std::string candidate = std::string(path.substr(0, colon)) + "/" + std::string(name);
        if (candidate.front() == '/') {
            const std::string file = file_in_tree(root, candidate);
            struct stat info {};
            const bool runs = !file.empty() && ::stat((root + file).c_str(), &info) == 0;
            if (runs && (info.st_mode & 0111U) != 0) { return candidate; }
        }
        path.remove_prefix(std::min(colon + 1, path.size()));
    }
    return {};
}

}  // namespace nias::job
