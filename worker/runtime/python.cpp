#include "worker/runtime/python.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "worker/host/process.hpp"
#include "worker/runtime/source_text.hpp"
#include "worker/runtime/trace.hpp"

namespace nias::embedded {
extern const std::string_view python_start;  ///< python_start.py
}

namespace nias::worker {
namespace {

constexpr auto kStartFile = "sitecustomize.py";
constexpr auto kAsk =
    "import sys, importlib.util as u, platform\n"
    "print(platform.python_version()); print(sys.base_prefix); print(int(u.find_spec('pip') is not None))";
constexpr int kCompiledMs = 30'000;
constexpr std::size_t kCompiledBytes = 256 * 1024;
/// Where a job's program mostly is: for it the start file is compiled beforehand.
constexpr auto kUsualProgram = "/job/code.py";
/// Writes the name of the compiled start file in a line, and its bytes. A job's Python takes it without a
/// look at the time of the source.
constexpr auto kCompile =
    "import os, py_compile, sys, tempfile\n"
    "import importlib.util as u\n"
    "with tempfile.TemporaryDirectory() as folder:\n"
    "    source, made = os.path.join(folder, sys.argv[1]), os.path.join(folder, 'made')\n"
    "    with open(source, 'w', encoding='utf-8') as file: file.write(sys.argv[2])\n"
    "    py_compile.compile(source, made, '/run/nias/support/' + sys.argv[1], True,\n"
    "                       invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)\n"
    "    print(os.path.basename(u.cache_from_source(sys.argv[1])), flush=True)\n"
    "    with open(made, 'rb') as file: sys.stdout.buffer.write(file.read())\n";

/// The start file as its interpreter has compiled it.
struct Compiled {
    std::string name;  ///< name of its file in __pycache__; empty: it could not be compiled
    std::string bytes;
};

class Python final : public Runtime {
public:
    Python(Interpreter interpreter, Compiled start)
        : interpreter_(std::move(interpreter)), start_(std::move(start)) {}

    [[nodiscard]] std::string_view name() const override { return "python"; }
    [[nodiscard]] const Interpreter& interpreter() const override { return interpreter_; }
    [[nodiscard]] bool takes_requirements() const override { return true; }
    [[nodiscard]] Result<std::vector<std::string>> prepare(const Unpacked& job) const override;
    void start(const Program& program, Box& box) const override;
    [[nodiscard]] std::string error_in(std::string_view said, const Program& program) const override {
        return python_error(said, program.job);
    }

private:
    /// "3.11" of "3.11.2".
    [[nodiscard]] std::string minor_version() const {
        return interpreter_.version.substr(
            0, interpreter_.version.find('.', interpreter_.version.find('.') + 1));
    }
    Interpreter interpreter_;
    Compiled start_;
};

/// A literal of Python's.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') { out.push_back('\\'); }
        out += c == '\n' ? "\\n" : std::string(1, c);
    }
    return out + "'";
}

/// Whether one of the first two lines names the encoding, like `# -*- coding: latin-1 -*-`: Python reads such
/// a file by itself.
bool declares_encoding(std::string_view source) {
    const std::size_t second = std::min(source.find('\n'), source.size() - 1) + 1;
    const std::string_view lines = source.substr(0, source.find('\n', second));
    const std::size_t comment = lines.find('#');
    if (comment == std::string_view::npos) { return false; }
    return lines.find("coding:", comment) != std::string_view::npos ||
           lines.find("coding=", comment) != std::string_view::npos;
}

std::string start_file_of(const std::string& program) {
    return "PROGRAM = " + quoted(program) + "\n" + std::string(embedded::python_start);
}

/// The start file for kUsualProgram. Each Python of a job would compile its source anew: it cannot keep what
/// it compiled in a folder that is read-only. Where this fails they do.
Compiled compiled_start_file(const std::string& python) {
    const auto answer = capture({python, "-I", "-c", kCompile, kStartFile, start_file_of(kUsualProgram)},
                                kCompiledBytes, kCompiledMs);
    const std::size_t line = answer ? answer->find('\n') : std::string::npos;
    if (line == std::string::npos) { return {}; }
    return {answer->substr(0, line), answer->substr(line + 1)};
}

Status write_file(const std::string& path, std::string_view content) {
    std::ofstream file(path, std::ios::binary);
    file << content;
    file.close();
    if (!file) { return Error{ErrorCode::unavailable, path + " cannot be written"}; }
    return {};
}

Result<std::vector<std::string>> Python::prepare(const Unpacked& job) const {
    const std::string program = job.inside + "/" + job.entry;
    auto written = write_file(job.support + "/" + kStartFile, start_file_of(program));
    if (!written) { return written.error(); }
    if (program == kUsualProgram && !start_.name.empty()) {
        const std::string folder = job.support + "/__pycache__";
        std::error_code error;
        std::filesystem::create_directory(folder, error);
        if (written = write_file(folder + "/" + start_.name, start_.bytes); !written) {
            return written.error();
        }
    }
    return read_sources_as_utf8(job.job, ".py", declares_encoding);
}

/// Python reads sitecustomize.py from the first folder of its path that has one. A program that starts
/// another Python with variables of its own choice does not pass PYTHONPATH on; Debian's file in /etc is read
/// all the same, so that ours lies there too.
void Python::start(const Program& program, Box& box) const {
    std::string python = interpreter_.path;
    if (program.environment) {
        box.mounts.push_back({program.environment->host, program.environment->inside});
        python = program.environment->inside + "/bin/python";
        box.env["PATH"] = program.environment->inside + "/bin:" + box.env["PATH"];
        box.env["VIRTUAL_ENV"] = program.environment->inside;
    }
    if (interpreter_.root.empty() && !interpreter_.prefix.starts_with("/usr")) {
        box.mounts.push_back({interpreter_.prefix, interpreter_.prefix});
    }
    const std::string debians = "/etc/python" + minor_version() + "/" + kStartFile;
    if (interpreter_.prefix == "/usr" && ::access((interpreter_.root + debians).c_str(), F_OK) == 0) {
        box.mounts.push_back({program.support_host + "/" + kStartFile, debians});
    }
    std::string& path = box.env["PYTHONPATH"];
    path = program.support + (path.empty() ? "" : ":" + path);
    box.env.insert({{"MPLBACKEND", "Agg"},
                    {"MPLCONFIGDIR", program.tmp},
                    {"PYTHONUNBUFFERED", "1"},
                    {"PYTHONDONTWRITEBYTECODE", "1"}});
    box.argv = {python, program.entry.starts_with('-') ? "./" + program.entry : program.entry};
}

}  // namespace

Result<std::shared_ptr<const Runtime>> find_python(const std::string& path, const InterpreterPlace& place) {
    if (path.empty() || path.front() != '/') {
        return Error{ErrorCode::invalid, "--python " + path + ": give an absolute path"};
    }
    auto answer = place.answer({path, "-I", "-c", kAsk});
    if (!answer) { return answer.error(); }
    std::istringstream lines(*answer);
    Interpreter out = place.at(path);
    std::string pip;
    if (!std::getline(lines, out.version) || !std::getline(lines, out.prefix) || !std::getline(lines, pip)) {
        return Error{ErrorCode::invalid, path + " does not answer as a Python 3 does"};
    }
    out.has_pip = pip == "1";
    // The Python of an image is started in a box alone: it compiles the file for each job.
    Compiled start = place.root.empty() ? compiled_start_file(path) : Compiled{};
    return std::shared_ptr<const Runtime>(std::make_shared<Python>(std::move(out), std::move(start)));
}

}  // namespace nias::worker
