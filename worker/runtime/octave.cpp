#include "worker/runtime/octave.hpp"

#include <unistd.h>

#include <array>
#include <sstream>

#include "worker/host/process.hpp"
#include "worker/runtime/trace.hpp"

namespace nias::worker {
namespace {

constexpr int kAnswerMs = 30'000;
constexpr std::size_t kAnswerBytes = 4096;
constexpr std::array kFolders{"/usr/local/bin/", "/usr/bin/", "/bin/"};

std::string find_program(const std::string& name) {
    for (const char* folder : kFolders) {
        std::string path = folder + name;
        if (::access(path.c_str(), X_OK) == 0) { return path; }
    }
    return {};
}

/// Octave's quoting: a quote is written twice.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) { out += c == '\'' ? "''" : std::string(1, c); }
    return out + "'";
}

class Octave final : public Runtime {
public:
    explicit Octave(Interpreter interpreter) : interpreter_(std::move(interpreter)) {}

    [[nodiscard]] std::string_view name() const override { return "octave"; }
    [[nodiscard]] const Interpreter& interpreter() const override { return interpreter_; }
    [[nodiscard]] bool takes_requirements() const override { return false; }
    void start(const Program& program, Box& box) const override;
    [[nodiscard]] std::string error_in(std::string_view said, const Program&) const override {
        return octave_error(said);
    }

private:
    Interpreter interpreter_;
};

void Octave::start(const Program& program, Box& box) const {
    const std::string entry = program.entry.starts_with('-') ? "./" + program.entry : program.entry;
    box.argv = {interpreter_.path,
                "--no-init-file",
                "--no-history",
                "--quiet",
                "--eval",
                "warning('off','Octave:gnuplot-graphics'); if "
                "any(strcmp(available_graphics_toolkits(),'gnuplot')) graphics_toolkit('gnuplot'); end; "
                "set(0,'defaultfigurevisible','off'); source(" +
                    quoted(entry) + ");"};
}

}  // namespace

Result<std::shared_ptr<const Runtime>> find_octave(const std::string& path) {
    Interpreter out;
    out.path = path.empty() ? find_program("octave-cli") : path;
    if (out.path.empty()) {
        return Error{ErrorCode::not_found, "no octave-cli on this machine: jobs with a code.m go to others"};
    }
    auto answer = capture({out.path, "--no-init-file", "--no-history", "--eval", "disp(version)"},
                          kAnswerBytes, kAnswerMs);
    if (!answer) {
        return Error{ErrorCode::unavailable, "no Octave at " + out.path + ": " + answer.error().message};
    }
    std::istringstream(*answer) >> out.version;
    return std::shared_ptr<const Runtime>(std::make_shared<Octave>(std::move(out)));
}

}  // namespace nias::worker
