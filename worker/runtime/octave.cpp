#include "worker/runtime/octave.hpp"

#include <fstream>
#include <iterator>
#include <sstream>

#include "worker/runtime/octave_source.hpp"
#include "worker/runtime/program_path.hpp"
#include "worker/runtime/source_text.hpp"
#include "worker/runtime/trace.hpp"

namespace nias::embedded {
extern const std::string_view octave_start;  ///< octave_start.m
}

namespace nias::worker {
namespace {

/// Octave's quoting: a quote is written twice.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) { out += c == '\'' ? "''" : std::string(1, c); }
    return out + "'";
}

class Octave final : public Runtime {
public:
    explicit Octave(Interpreter interpreter) : interpreter_(std::move(interpreter)) {
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
    Interpreter interpreter_;
    std::vector<std::string> stand_ins_;  ///< names of the functions of octave_start.m
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
        "warning('off','Octave:gnuplot-graphics'); warning('off','Octave:shadowed-function'); addpath(" +
            quoted(folder) + "," + quoted(program.support) +
            "); if any(strcmp(available_graphics_toolkits(),'gnuplot')) graphics_toolkit('gnuplot'); end; "
            "sigterm_dumps_octave_core(false); sighup_dumps_octave_core(false); "
            "set(0,'defaultfigurevisible','off'); source(" +
            quoted(entry) + ");"};
}

}  // namespace

Result<std::shared_ptr<const Runtime>> find_octave(const std::string& path, const InterpreterPlace& place) {
    Interpreter out = place.at(path.empty() ? path_of_program("octave-cli") : path);
    if (out.path.empty()) {
        return Error{ErrorCode::not_found, "no octave-cli on this machine: jobs with a code.m go to others"};
    }
    auto answer = place.answer({out.path, "--no-init-file", "--no-history", "--eval", "disp(version)"});
    if (!answer) {
        return Error{answer.error().code, "no Octave at " + out.path + ": " + answer.error().message};
    }
    std::istringstream(*answer) >> out.version;
    return std::shared_ptr<const Runtime>(std::make_shared<Octave>(std::move(out)));
}

}  // namespace nias::worker
