#include "cli/remote/login.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/remote/surroundings.hpp"

namespace nias::cli {
namespace {

std::string without_slash(std::string url) {
    while (!url.empty() && url.back() == '/') { url.pop_back(); }
    return url;
}

/// Empty where there is no file.
Result<Login> read_login() {
    const std::string path = login_path();
    struct stat known {};
    if (::stat(path.c_str(), &known) != 0) { return Login{}; }
    if ((known.st_mode & 077U) != 0) {
        return Error{ErrorCode::invalid, "others can read " + path +
                                             ", which holds a token: chmod 600 it, and revoke the token if "
                                             "somebody may have"};
    }
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) {
        return Error{ErrorCode::invalid, path + " is damaged: run «nias login URL» again"};
    }
    const auto value = [&](const char* name) {
        const auto found = json.find(name);
        return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    return Login{without_slash(value("server")), value("token"), value("fingerprint"), value("ca_file")};
}

/// Takes over what is still open. Trust comes from one source as a whole.
void fill(Login& login, const Login& from) {
    if (!from.server.empty() && from.server != login.server) { return; }
    if (login.token.empty()) { login.token = from.token; }
    if (login.fingerprint.empty() && login.ca_file.empty()) {
        login.fingerprint = from.fingerprint;
        login.ca_file = from.ca_file;
    }
}

}  // namespace

std::string login_path() {
    if (auto path = variable("NIAS_LOGIN_FILE"); !path.empty()) { return path; }
    return settings_folder() + "/nias/login.json";
}

Result<Login> settle_login(const std::string& server) {
    auto kept = read_login();
    if (!kept) { return kept.error(); }
    Login login;
    login.server = without_slash(server.empty() ? kept->server : server);
    if (login.server.empty()) { return login; }
    const std::string named = without_slash(variable("NIAS_SERVER"));
    fill(login, {named, variable("NIAS_TOKEN"), variable("NIAS_FINGERPRINT"), variable("NIAS_CA_FILE")});
    if (!kept->server.empty()) { fill(login, *kept); }
    return login;
}

Status write_login(const Login& login) {
    const std::string path = login_path();
    const auto failed = [&] {
        return Error{ErrorCode::unavailable, path + " cannot be written: " + std::strerror(errno)};
    };
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    const nlohmann::ordered_json json{{"server", login.server},
                                      {"token", login.token},
                                      {"fingerprint", login.fingerprint},
                                      {"ca_file", login.ca_file}};
    const std::string text = json.dump(2) + "\n";
    const std::string beside = path + ".new";
    ::unlink(beside.c_str());
    const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) { return failed(); }
    const bool whole =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
    ::close(file);
    if (!whole || ::rename(beside.c_str(), path.c_str()) != 0) { return failed(); }
    return {};
}

Result<bool> remove_login() {
    const std::string path = login_path();
    if (::unlink(path.c_str()) == 0) { return true; }
    if (errno == ENOENT) { return false; }
    return Error{ErrorCode::unavailable, path + " cannot be removed: " + std::strerror(errno)};
}

}  // namespace nias::cli
