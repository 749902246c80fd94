#include "worker/runtime/matlab.hpp"

#include <unistd.h>

#include <algorithm>

#include "worker/runtime/matlab_install.hpp"
#include "worker/runtime/octave_source.hpp"
#include "worker/runtime/program_path.hpp"
#include "worker/runtime/source_text.hpp"
#include "worker/runtime/trace.hpp"

namespace nias::embedded {
extern const std::string_view matlab_start;  ///< matlab_start.m
}

namespace nias::worker {
namespace {

constexpr std::size_t kNoticeBytes = 64;  // a label of a worker holds no more
constexpr auto kLicence = "MLM_LICENSE_FILE";

/// MATLAB's quoting: a quote is written twice.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) { out += c == '\'' ? "''" : std::string(1, c); }
    return out + "'";
}

bool is_identifier(const std::string& name) {
    const auto good = [](unsigned char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    constexpr std::size_t kLongest = 63;
    return !name.empty() && name.size() <= kLongest && std::all_of(name.begin(), name.end(), good) &&
           (name.front() < '0' || name.front() > '9') && name.front() != '_';
}

class Matlab final : public Runtime {
public:
    Matlab(Interpreter interpreter, MatlabInstall install, std::string licence)
        : interpreter_(std::move(interpreter)), install_(std::move(install)), licence_(std::move(licence)) {}

    [[nodiscard]] std::string_view name() const override { return "matlab"; }
    [[nodiscard]] const Interpreter& interpreter() const override { return interpreter_; }
    [[nodiscard]] bool takes_requirements() const override { return false; }
    [[nodiscard]] std::vector<std::string> notices() const override;
    [[nodiscard]] Result<std::vector<std::string>> prepare(const Unpacked& job) const override;
    void start(const Program& program, Box& box) const override;
    [[nodiscard]] std::string error_in(std::string_view said, const Program& program) const override {
        return matlab_error(said, program.job);
    }
    [[nodiscard]] std::string lab_fault_in(std::string_view said) const override {
        const std::string words = licence_failure(said);
        return words.empty() ? words : "MATLAB got no licence: " + words;
    }

private:
    Interpreter interpreter_;
    MatlabInstall install_;
    std::string licence_;
};

/// The release, and as many toolboxes as fit into the labels of a worker.
std::vector<std::string> Matlab::notices() const {
    const std::string release = install_.release.empty() ? interpreter_.version : install_.release;
    std::vector<std::string> out{"MATLAB " + release};
    std::string line;
    const auto add = [&] {
        if (!line.empty()) { out.push_back("toolboxes: " + line); }
        line.clear();
    };
    constexpr std::size_t kNames = kNoticeBytes - std::string_view("toolboxes: ").size();
    for (const std::string& name : install_.toolboxes) {
        if (line.size() + name.size() + 1 > kNames) { add(); }
        if (name.size() <= kNames) { line += (line.empty() ? "" : " ") + name; }
    }
    add();
    constexpr std::size_t kLines = 8;
    out.resize(std::min(out.size(), kLines));
    return out;
}

Result<std::vector<std::string>> Matlab::prepare(const Unpacked& job) const {
    if (auto done = write_functions(std::string(embedded::matlab_start), job.support); !done) {
        return done.error();
    }
    return read_sources_as_utf8(job.job, ".m");
}

/// A program is called by its name, so that its relative paths begin in the job's folder: `run` would go to
/// the folder of the program. A name that MATLAB cannot call is left to `run` all the same.
void Matlab::start(const Program& program, Box& box) const {
    if (!install_.root.starts_with("/usr/bin")) { box.mounts.push_back({install_.root, install_.root}); }
    if (!licence_.empty()) { box.env.emplace(kLicence, licence_); }
    if (licence_.starts_with('/')) { box.mounts.push_back({licence_, licence_}); }
    box.env.emplace("MATLAB_PREFDIR", program.tmp + "/matlab");
    const std::size_t slash = program.entry.rfind('/');
    const std::string folder =
        program.job + (slash == std::string::npos ? "" : "/" + program.entry.substr(0, slash));
    const std::string file = slash == std::string::npos ? program.entry : program.entry.substr(slash + 1);
    const std::string name = file.substr(0, file.size() - 2);  // without .m
    const std::string call =
        is_identifier(name) ? name : "run(" + quoted(program.job + "/" + program.entry) + ")";
    box.argv = {interpreter_.path, "-batch",
                "addpath(" + quoted(program.support) + "); addpath(" + quoted(folder) + "); nias_start; " +
                    call + ";"};
}

}  // namespace

Result<std::shared_ptr<const Runtime>> find_matlab(const std::string& path, const std::string& licence) {
    Interpreter out;
    out.path = path;
    if (out.path.empty()) { out.path = newest_matlab({"/usr/local/MATLAB", "/opt/MATLAB", "/opt/matlab"}); }
    if (out.path.empty()) { out.path = path_of_program("matlab"); }
    if (out.path.empty()) {
        return Error{ErrorCode::not_found, "no MATLAB on this machine: jobs that insist on it go to others"};
    }
    if (::access(out.path.c_str(), X_OK) != 0) {
        return Error{ErrorCode::unavailable,
                     "no MATLAB at " + out.path + ": it is not there, or is no program"};
    }
    MatlabInstall install = read_matlab_install(out.path);
    out.version = install.version.empty() ? "of unknown version" : install.version;
    return std::shared_ptr<const Runtime>(
        std::make_shared<Matlab>(std::move(out), std::move(install), licence));
}

}  // namespace nias::worker
