#include "worker/runtime/python.hpp"

#include <sstream>

#include "worker/host/process.hpp"
#include "worker/runtime/trace.hpp"

namespace nias::worker {
namespace {

constexpr int kAnswerMs = 30'000;
constexpr std::size_t kAnswerBytes = 4096;
constexpr auto kAsk =
    "import sys, importlib.util as u, platform\n"
    "print(platform.python_version()); print(sys.base_prefix); print(int(u.find_spec('pip') is not None))";

class Python final : public Runtime {
public:
    explicit Python(Interpreter interpreter) : interpreter_(std::move(interpreter)) {}

    [[nodiscard]] std::string_view name() const override { return "python"; }
    [[nodiscard]] const Interpreter& interpreter() const override { return interpreter_; }
    [[nodiscard]] bool takes_requirements() const override { return true; }
    void start(const Program& program, Box& box) const override;
    [[nodiscard]] std::string error_in(std::string_view said, const Program&) const override {
        return last_line(said);
    }

private:
    Interpreter interpreter_;
};

void Python::start(const Program& program, Box& box) const {
    std::string python = interpreter_.path;
    if (program.environment) {
        box.mounts.push_back({program.environment->host, program.environment->inside});
        python = program.environment->inside + "/bin/python";
        box.env["PATH"] = program.environment->inside + "/bin:" + box.env["PATH"];
        box.env["VIRTUAL_ENV"] = program.environment->inside;
    }
    if (!interpreter_.prefix.starts_with("/usr")) {
        box.mounts.push_back({interpreter_.prefix, interpreter_.prefix});
    }
    box.env.insert({{"MPLBACKEND", "Agg"},
                    {"MPLCONFIGDIR", program.tmp},
                    {"PYTHONUNBUFFERED", "1"},
                    {"PYTHONDONTWRITEBYTECODE", "1"}});
    box.argv = {python, program.entry.starts_with('-') ? "./" + program.entry : program.entry};
}

}  // namespace

Result<std::shared_ptr<const Runtime>> find_python(const std::string& path) {
    if (path.empty() || path.front() != '/') {
        return Error{ErrorCode::invalid, "--python " + path + ": give an absolute path"};
    }
    auto answer = capture({path, "-I", "-c", kAsk}, kAnswerBytes, kAnswerMs);
    if (!answer) { return answer.error(); }
    std::istringstream lines(*answer);
    Interpreter out;
    out.path = path;
    std::string pip;
    if (!std::getline(lines, out.version) || !std::getline(lines, out.prefix) || !std::getline(lines, pip)) {
        return Error{ErrorCode::unavailable, path + " does not answer as a Python 3 does"};
    }
    out.has_pip = pip == "1";
    return std::shared_ptr<const Runtime>(std::make_shared<Python>(std::move(out)));
}

}  // namespace nias::worker
