#include "worker/runtime/r.hpp"

#include <fstream>
#include <sstream>

#include "worker/runtime/program_path.hpp"
#include "worker/runtime/source_text.hpp"
#include "worker/runtime/trace.hpp"

namespace nias::embedded {
extern const std::string_view r_start;  ///< r_start.R
}

namespace nias::worker {
namespace {

constexpr auto kStartFile = "start.R";
constexpr auto kConfiguration = "/etc/R";  // Debian's R reads its settings there

class R final : public Runtime {
public:
    explicit R(Interpreter interpreter) : interpreter_(std::move(interpreter)) {}

    [[nodiscard]] std::string_view name() const override { return "r"; }
    [[nodiscard]] const Interpreter& interpreter() const override { return interpreter_; }
    [[nodiscard]] bool takes_requirements() const override { return false; }
    [[nodiscard]] Result<std::vector<std::string>> prepare(const Unpacked& job) const override;
    void start(const Program& program, Box& box) const override;
    [[nodiscard]] std::string error_in(std::string_view said, const Program& program) const override {
        return r_error(said, program.job);
    }

private:
    Interpreter interpreter_;
};

Result<std::vector<std::string>> R::prepare(const Unpacked& job) const {
    const std::string path = job.support + "/" + kStartFile;
    std::ofstream file(path, std::ios::binary);
    file << embedded::r_start;
    file.close();
    if (!file) { return Error{ErrorCode::unavailable, path + " cannot be written"}; }
    auto notes = read_sources_as_utf8(job.job, ".R");
    if (!notes) { return notes.error(); }
    const auto more = read_sources_as_utf8(job.job, ".r");
    if (!more) { return more.error(); }
    notes->insert(notes->end(), more->begin(), more->end());
    return notes;
}

void R::start(const Program& program, Box& box) const {
    if (interpreter_.root.empty()) { box.mounts.push_back({kConfiguration, kConfiguration}); }
    box.env.emplace("MC_CORES", box.env["NIAS_CPUS"]);
    box.argv = {interpreter_.path,
                "--no-save",
                "--no-restore",
                "--no-init-file",
                program.support + "/" + kStartFile,
                program.job + "/" + program.entry};
}

}  // namespace

Result<std::shared_ptr<const Runtime>> find_r(const std::string& path, const InterpreterPlace& place) {
    Interpreter out = place.at(path.empty() ? path_of_program("Rscript") : path);
    if (out.path.empty()) {
        return Error{ErrorCode::not_found, "no Rscript on this machine: jobs with a code.R go to others"};
    }
    auto answer = place.answer({out.path, "--vanilla", "-e", "cat(as.character(getRversion()))"});
    if (!answer) { return Error{answer.error().code, "no R at " + out.path + ": " + answer.error().message}; }
    std::istringstream(*answer) >> out.version;
    return std::shared_ptr<const Runtime>(std::make_shared<R>(std::move(out)));
}

}  // namespace nias::worker
