// nias env: the environments of Python that an administrator prepares, and jobs pick by name in nias.toml.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <utility>

#include "base/host/durable_file.hpp"
#include "cli/verbs.hpp"
#include "daemon/program.hpp"
#include "job/manifest/manifest.hpp"
#include "job/requirements/requirements.hpp"
#include "job/text.hpp"

namespace nias::cli {
namespace {

namespace fs = std::filesystem;
constexpr auto kProgram = "nias env";

struct Request {
    std::string verb, name, file;
    std::string data = "./nias-data";

    [[nodiscard]] std::string folder() const { return data + "/environments"; }
    [[nodiscard]] std::string path() const { return folder() + "/" + name + ".txt"; }
};

Result<job::Requirements> read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) { return Error{ErrorCode::not_found, path + " cannot be read"}; }
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    const auto text = job::decode_text(bytes);
    if (!text) { return Error{ErrorCode::invalid, path + ": " + text.error().message}; }
    return job::parse_requirements(text->text);
}

/// A worker that reads meanwhile sees the old file or the whole of the other.
Status write_whole(const Request& request, const std::string& text) {
    const std::string temporary = request.path() + ".tmp";
    if (auto written = write_synced(temporary, text, IfThere::overwrite); !written) { return written; }
    std::error_code error;
    fs::rename(temporary, request.path(), error);
    if (error) { return Error{ErrorCode::unavailable, request.path() + ": " + error.message()}; }
    return sync_folder(request.folder());
}

int add(const Request& request) {
    const auto requirements = read(request.file);
    if (!requirements) { return daemon::report(kProgram, requirements.error()); }
    if (requirements->packages.empty() || !requirements->wheels.empty()) {
        return daemon::report(
            kProgram,
            {ErrorCode::invalid, request.file + " must name packages, and no wheels of a bundle: those go "
                                                "into a wheelhouse"});
    }
    std::string text;
    for (const std::string& line : requirements->packages) { text += line + "\n"; }
    std::error_code error;
    fs::create_directories(request.folder(), error);
    const auto written = write_whole(request, text);
    if (!written) { return daemon::report(kProgram, written.error()); }
    std::cout << "jobs pick it with environment = \"" << request.name
              << "\" in nias.toml; a worker on this data "
              << "directory offers it within some seconds, and builds it for the first of them\n";
    return 0;
}

int remove(const Request& request) {
    std::error_code error;
    if (!fs::remove(request.path(), error)) {
        return daemon::report(kProgram,
                              {ErrorCode::not_found, "there is no environment named " + request.name +
                                                         "; «nias env list» shows those that there are"});
    }
    std::cout << "removed; what was built of it goes when it is the least recently used\n";
    return 0;
}

int list(const Request& request) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(request.folder(), error)) {
        const auto requirements = read(entry.path().string());
        std::cout << entry.path().stem().string();
        if (!requirements) { std::cout << ": " << requirements.error().message; }
        std::string separator = ": ";
        for (const std::string& line : requirements ? requirements->packages : std::vector<std::string>()) {
            std::cout << std::exchange(separator, ", ") << line;
        }
        std::cout << '\n';
    }
    return 0;
}

}  // namespace

int env(int argc, const char* const* argv) {
    Request request;
    daemon::Options options(kProgram,
                            "Names environments of Python that jobs pick by environment = in nias.toml.");
    options.quiet();
    options.positional("verb", request.verb, true, "add NAME FILE, remove NAME, or list");
    options.positional("name", request.name, false, "small letters, digits, . _ -");
    options.positional("file", request.file, false, "requirements.txt: the packages and their versions");
    options.text("data", request.data, "data directory of the server, or of this machine's worker");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    if (request.verb == "list") { return list(request); }
    if ((request.verb != "add" && request.verb != "remove") || !job::is_environment_name(request.name) ||
        (request.verb == "add" && request.file.empty())) {
        return daemon::report(kProgram, {ErrorCode::invalid,
                                         "say: nias env add NAME requirements.txt, nias env remove "
                                         "NAME, or nias env list; a NAME has small letters, "
                                         "digits, . _ -"});
    }
    return request.verb == "add" ? add(request) : remove(request);
}

}  // namespace nias::cli
