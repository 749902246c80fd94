#include "worker/runtime/octave.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "worker/runtime/octave_source.hpp"
#include "worker/runtime/packages/octave_packages.hpp"
#include "worker/runtime/program_path.hpp"
#include "worker/runtime/source_text.hpp"
#include "worker/runtime/trace.hpp"

namespace nias::embedded {
extern const std::string_view octave_start;  ///< octave_start.m
}

namespace nias::worker {
namespace {

namespace fs = std::filesystem;
constexpr auto kPackagesFile = "packages";  // in the folder for files of the runtime's own
constexpr std::uint64_t kSourceBytesMost = 16ULL << 20U;
constexpr auto kAsk = "disp(version); for p = pkg('list'), printf('%s %s\\n', p{1}.name, p{1}.dir); end";
/// Octave's quoting: a quote is written twice.
std::string literal(const std::string& text) {
    std::string out = "'";
    for (const char c : text) { out += c == '\'' ? "''" : std::string(1, c); }
    return out + "'";
}

class Octave final : public Runtime {
public:
    Octave(Interpreter interpreter, std::vector<OctavePackage> packages)
        : interpreter_(std::move(interpreter)), packages_(std::move(packages)) {
        for (const OctaveFunction& one : octave_functions(std::string(embedded::octave_start))) {
            stand_ins_.push_back(one.name);
        }
    }

    [[nodiscard]] std::string_view name() const override { return "octave"; }
    [[nodiscard]] const Interpreter& interpreter() const override { return interpreter_; }
    [[nodiscard]] bool takes_requirements() const override { return false; }
    [[nodiscard]] Result<std::vector<std::string>> prepare(const Unpacked& job) const override;
    void start(const Program& program, Box& box) const override;
    [[nodiscard]] std::string error_in(std::string_view said, const Program& program) const override {
        return octave_error(said, program.job, stand_ins_);
    }

private:
    [[nodiscard]] Status choose_packages(const Unpacked& job, std::vector<std::string>& notes) const;

    Interpreter interpreter_;
    std::vector<OctavePackage> packages_;  ///< installed, and not loaded by Octave itself
    std::vector<std::string> stand_ins_;   ///< names of the functions of octave_start.m
};

/// The functions of a script get files of their own on Octave's path: there they are known before their
/// definition is reached, as in MATLAB, and `clear all` does not lose them. A script that begins with a
/// function gets a statement in front of it: else Octave takes the file for one function.
Result<std::vector<std::string>> Octave::prepare(const Unpacked& job) const {
    auto notes = read_sources_as_utf8(job.job, ".m");
    if (!notes) { return notes.error(); }
    if (auto done = write_functions(std::string(embedded::octave_start), job.support); !done) {
        return done.error();
    }
    const std::string path = job.job + "/" + job.entry;
    std::ifstream file(path, std::ios::binary);
    std::string source(std::istreambuf_iterator<char>(file), {});
    file.close();
    if (auto done = choose_packages(job, *notes); !done) { return done.error(); }
    if (!has_script_code(source)) { return notes; }
    if (auto done = write_functions(source, job.support); !done) { return done.error(); }
    const auto functions = octave_functions(source);
    if (!functions.empty() && functions.front().first) {
        source.insert(functions.front().begin, "1; ");
        std::ofstream out(path, std::ios::binary | std::ios::trunc);
        out << source;
        out.close();
        if (!out) { return Error{ErrorCode::unavailable, path + " cannot be written"}; }
    }
    return notes;
}

/// A package that the program uses without a word, as MATLAB lets it, is loaded before it: its name goes into
/// a file for start().
Status Octave::choose_packages(const Unpacked& job, std::vector<std::string>& notes) const {
    std::vector<std::string> sources;
    std::set<std::string> own;
    std::error_code error;
    std::uint64_t left = kSourceBytesMost;
    for (fs::recursive_directory_iterator at(job.job, error), end; !error && at != end; at.increment(error)) {
        if (at->path().extension() != ".m" || !at->is_regular_file(error)) { continue; }
        own.insert(at->path().stem().string());
        std::ifstream file(at->path(), std::ios::binary);
        std::string source(std::istreambuf_iterator<char>(file), {});
        if (source.size() > left) { break; }
        left -= source.size();
        for (const OctaveFunction& function : octave_functions(source)) { own.insert(function.name); }
        sources.push_back(std::move(source));
    }
    std::ofstream out(job.support + "/" + kPackagesFile);
    for (const UsedPackage& package : used_packages(sources, own, packages_)) {
        out << package.name << '\n';
        notes.push_back("Octave's package " + package.name + " was loaded, since the program uses its " +
                        package.function);
    }
    out.close();
    return out ? Status() : Status(Error{ErrorCode::unavailable, job.support + " cannot be written"});
}

/// The statements that load what choose_packages() chose.
std::string load_packages(const std::string& support) {
    std::string out;
    std::ifstream file(support + "/" + kPackagesFile);
    for (std::string name; std::getline(file, name);) { out += "pkg('load','" + name + "'); "; }
    return out;
}

void Octave::start(const Program& program, Box& box) const {
    const std::string entry = program.entry.starts_with('-') ? "./" + program.entry : program.entry;
    std::string folder = program.job;
    if (const std::size_t slash = program.entry.rfind('/'); slash != std::string::npos) {
        folder += "/" + program.entry.substr(0, slash);
    }
    box.argv = {
        interpreter_.path,
        "--no-init-file",
        "--no-history",
        "--quiet",
        "--eval",
        load_packages(program.support_host) +
            "warning('off','Octave:gnuplot-graphics'); warning('off','Octave:shadowed-function'); addpath(" +
            literal(folder) + "," + literal(program.support) +
            "); if any(strcmp(available_graphics_toolkits(),'gnuplot')) graphics_toolkit('gnuplot'); end; "
            "sigterm_dumps_octave_core(false); sighup_dumps_octave_core(false); "
            "set(0,'defaultfigurevisible','off'); source(" +
            literal(entry) + ");"};
}

}  // namespace

Result<std::shared_ptr<const Runtime>> find_octave(const std::string& path, const InterpreterPlace& place) {
    Interpreter out = place.at(path.empty() ? path_of_program("octave-cli") : path);
    if (out.path.empty()) {
        return Error{ErrorCode::not_found, "no octave-cli on this machine: jobs with a code.m go to others"};
    }
    auto answer = place.answer({out.path, "--no-init-file", "--no-history", "--eval", kAsk});
    if (!answer) {
        return Error{answer.error().code, "no Octave at " + out.path + ": " + answer.error().message};
    }
    std::istringstream lines(*answer);
    std::getline(lines, out.version);
    const std::string listed(std::istreambuf_iterator<char>(lines), {});
    auto packages = read_octave_packages(listed, out.root);
    return std::shared_ptr<const Runtime>(std::make_shared<Octave>(std::move(out), std::move(packages)));
}

}  // namespace nias::worker
