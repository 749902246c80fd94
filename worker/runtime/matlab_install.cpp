#include "worker/runtime/matlab_install.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kVersionBytes = 4096;

/// The text between `<name>` and `</name>`; empty where it is not there.
std::string element_of(const std::string& xml, const std::string& name) {
    const std::string open = "<" + name + ">";
    const std::size_t begin = xml.find(open);
    const std::size_t end = begin == std::string::npos ? begin : xml.find("</" + name + ">", begin);
    if (end == std::string::npos) { return {}; }
    return xml.substr(begin + open.size(), end - begin - open.size());
}

/// Folders that come with MATLAB itself, whatever was bought with it.
bool is_part_of_matlab(const std::string& name) {
    return name == "matlab" || name == "shared" || name == "local" || name == "simulink_base" ||
           name == "eml" || name == "coder_base" || name == "slvnv_base";
}

}  // namespace

std::string newest_matlab(const std::vector<std::string>& folders) {
    std::string best;
    std::string best_release;
    std::error_code error;
    for (const std::string& folder : folders) {
        for (const auto& entry : fs::directory_iterator(folder, error)) {
            const std::string release = entry.path().filename().string();
            std::string program = entry.path().string() + "/bin/matlab";
            if (::access(program.c_str(), X_OK) != 0 || release <= best_release) { continue; }
            best = std::move(program);
            best_release = release;
        }
    }
    return best;
}

MatlabInstall read_matlab_install(const std::string& matlab) {
    MatlabInstall out;
    std::error_code error;
    const fs::path real = fs::canonical(matlab, error);
    out.root = real.parent_path().parent_path().string();
    std::ifstream file(out.root + "/VersionInfo.xml", std::ios::binary);
    std::string xml(kVersionBytes, '\0');
    file.read(xml.data(), static_cast<std::streamsize>(xml.size()));
    xml.resize(static_cast<std::size_t>(file.gcount()));
    out.version = element_of(xml, "version");
    out.release = element_of(xml, "release");
    for (const auto& entry : fs::directory_iterator(out.root + "/toolbox", error)) {
        const std::string name = entry.path().filename().string();
        if (entry.is_directory(error) && !is_part_of_matlab(name)) { out.toolboxes.push_back(name); }
    }
    std::sort(out.toolboxes.begin(), out.toolboxes.end());
    return out;
}

}  // namespace nias::worker
