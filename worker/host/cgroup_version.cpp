#include "worker/host/cgroup_version.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/host/descriptor.hpp"
#include "base/numbers.hpp"

namespace nias::worker {
namespace {

namespace fs = std::filesystem;

void remove_stale(const std::string& group, const std::string& prefix) {
    std::error_code error;
    std::vector<fs::path> stale;
    for (const auto& entry : fs::directory_iterator(group, error)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(prefix)) { continue; }
        const auto pid = whole_number<pid_t>(std::string_view(name).substr(prefix.size()));
        if (pid && ::kill(*pid, 0) != 0 && errno == ESRCH) { stale.push_back(entry.path()); }
    }
    for (const fs::path& parent : stale) {
        for (const auto& entry : fs::directory_iterator(parent, error)) {
            if (entry.is_directory(error)) { ::rmdir(entry.path().c_str()); }
        }
        ::rmdir(parent.c_str());
    }
}

}  // namespace

bool write_cgroup_file(const std::string& file, const std::string& text) {
    const Descriptor out(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    return out && ::write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string read_cgroup_file(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::uint64_t number_in(const std::string& file) {
    const std::string text = read_cgroup_file(file);
    std::uint64_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

std::uint64_t value_in(const std::string& file, const std::string& key) {
    std::istringstream lines(read_cgroup_file(file));
    std::string name;
    std::uint64_t value = 0;
    while (lines >> name >> value) {
        if (name == key) { return value; }
    }
    return 0;
}

CgroupPlaces cgroup_places(const std::string& mounts, const std::string& groups) {
    CgroupPlaces out;
    std::istringstream mount_lines(mounts);
    for (std::string line; std::getline(mount_lines, line);) {
        std::istringstream words(line);
        std::string device, place, kind, options;
        words >> device >> place >> kind >> options;
        if (kind == "cgroup2") { out.unified = place; }
        if (kind != "cgroup") { continue; }
        std::istringstream names(options);
        for (std::string name; std::getline(names, name, ',');) { out.version1[name] = place; }
    }
    std::istringstream group_lines(groups);
    for (std::string line; std::getline(group_lines, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (second == std::string::npos) { continue; }
        std::string path = line.substr(second + 1);
        if (path == "/") { path.clear(); }
        const std::string controllers = line.substr(first + 1, second - first - 1);
        if (controllers.empty()) { out.own[""] = path; }
        std::istringstream names(controllers);
        for (std::string name; std::getline(names, name, ',');) { out.own[name] = path; }
    }
    return out;
}

std::string cgroup_parent_in(const std::string& group, const std::string& worker) {
    const std::string prefix = "nias-" + worker + "-";
    remove_stale(group, prefix);
    std::string parent = group + "/" + prefix + std::to_string(::getpid());
    if (::mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST) { return {}; }
    const std::string probe = parent + "/probe";
    if (::mkdir(probe.c_str(), 0755) != 0) { return {}; }
    ::rmdir(probe.c_str());
    return parent;
}

}  // namespace nias::worker
