#include "bench/running.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>

namespace nias::bench {
namespace {

/// A line of /proc/PID/status in bytes.
std::uint64_t status_bytes(pid_t pid, const std::string& key) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(in, line);) {
        if (line.rfind(key + ":", 0) == 0) { return std::stoull(line.substr(key.size() + 1)) * 1024; }
    }
    return 0;
}

}  // namespace

RunningPipeline::RunningPipeline(const std::string& data, std::size_t workers, std::size_t window)
    : ventilator_({"ventilator", data}), sink_({"sink", data, ventilator_.addresses()[0]}) {
    for (std::size_t i = 0; i < workers; ++i) {
        workers_.push_back(
            Node({"worker", ventilator_.addresses()[1], sink_.addresses()[0], sink_.addresses()[1],
                  "worker" + std::to_string(i + 1), std::to_string(window)}));
    }
}

Submitter RunningPipeline::submitter(SubmitterCallbacks callbacks) const {
    return submitter_of(ventilator_, std::move(callbacks));
}

Submitter submitter_of(const Node& ventilator, SubmitterCallbacks callbacks) {
    const auto& at = ventilator.addresses();
    auto submitter =
        Submitter::open({.intake = at[0], .control = at[1], .events = at[2]}, std::move(callbacks));
    if (!submitter) {
        std::cerr << "benchmark: " << submitter.error().message << '\n';
        std::exit(1);
    }
    return std::move(*submitter);
}

double cpu_seconds(pid_t pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string word;
    std::getline(in, word, ')');
    for (int i = 0; i < 11; ++i) { in >> word; }
    double user = 0;
    double system = 0;
    in >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t resident_bytes(pid_t pid) { return status_bytes(pid, "VmRSS"); }
std::uint64_t most_resident_bytes(pid_t pid) { return status_bytes(pid, "VmHWM"); }

std::string fresh_folder() {
    std::string pattern = (std::filesystem::current_path() / "nias-bench-XXXXXX").string();
    return ::mkdtemp(pattern.data());
}

}  // namespace nias::bench
