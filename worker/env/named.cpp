#include "worker/env/named.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "job/manifest/manifest.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kEnding = ".txt";

}  // namespace

std::vector<std::string> named_environments(const std::string& folder) {
    std::vector<std::string> out;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        std::string name = entry.path().filename().string();
        if (!name.ends_with(kEnding)) { continue; }
        name.resize(name.size() - kEnding.size());
        if (job::is_environment_name(name)) { out.push_back(std::move(name)); }
    }
    std::sort(out.begin(), out.end());
    out.resize(std::min(out.size(), kNamedEnvironmentsMax));
    return out;
}

Result<job::Requirements> read_named_environment(const std::string& folder, const std::string& name) {
    std::ifstream file(folder + "/" + name + std::string(kEnding), std::ios::binary);
    if (!job::is_environment_name(name) || !file) {
        return Error{ErrorCode::not_found, "this worker has no environment named " + name};
    }
    const std::string text(std::istreambuf_iterator<char>(file), {});
    auto requirements = job::parse_requirements(text);
    if (requirements) { return requirements; }
    return Error{ErrorCode::invalid, "the environment " + name + ": " + requirements.error().message};
}

Result<std::vector<std::string>> packages_with(const std::string& folder, const std::string& name,
                                               const std::vector<std::string>& added) {
    const auto prepared = read_named_environment(folder, name);
    if (!prepared) { return prepared.error(); }
    std::string both;
    for (const auto* lines : {&prepared->packages, &added}) {
        for (const std::string& line : *lines) { both += line + "\n"; }
    }
    auto together = job::parse_requirements(both);
    if (together) { return std::move(together->packages); }
    return Error{ErrorCode::invalid,
                 "the environment " + name + " and what the job adds to it: " + together.error().message};
}

}  // namespace nias::worker
