/// The interface of a language that jobs can be written in: how its programs are started, and which words of
/// a failed one are the error. Used by run and env; each language is a file: python, octave, matlab, r.
/// Immutable once made; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nias/result.hpp>

#include "worker/sandbox/sandbox.hpp"

namespace nias::worker {

struct Interpreter {
    std::string path;
    std::string version;
    std::string prefix;  ///< root of a Python outside /usr; mounted too
    bool has_pip = false;
    std::string
        root{};  ///< folder of the host with the files of the image that it is in; empty: this machine
    std::map<std::string, std::string> env{};  ///< variables that it needs, where it is in an image
};

/// Where an interpreter is sought: on this machine, or in an image.
struct InterpreterPlace {
    /// Runs a program there that answers a question, and gives what it printed; its errors are sentences.
    using Ask = std::function<Result<std::string>(const std::vector<std::string>& argv)>;
    Ask ask{};  ///< empty: runs it on this machine, as this user
    std::string root{};
    std::map<std::string, std::string> env{};

    [[nodiscard]] Result<std::string> answer(const std::vector<std::string>& argv) const;
    /// An interpreter of this place.
    [[nodiscard]] Interpreter at(const std::string& path) const {
        return {.path = path, .version = {}, .prefix = {}, .root = root, .env = env};
    }
};

/// Packages that were built for the job: a folder of the host, and the place where the program sees it.
struct Environment {
    std::string host;
    std::string inside;
};

/// A job's files before its program starts. Paths are the host's, except that of the program.
struct Unpacked {
    std::string job;      ///< the job's folder
    std::string entry;    ///< below `job`
    std::string support;  ///< an empty folder for files of the runtime's own; the program can only read it
    std::string inside;   ///< the job's folder as the program sees it
};

/// One job's program as its runtime needs to know it. Paths are those inside the box.
struct Program {
    std::string entry;  ///< below `job`
    std::string job;
    std::string tmp;
    std::string support;       ///< what prepare() wrote
    std::string support_host;  ///< the same folder as the host sees it
    std::optional<Environment> environment;
};

class Runtime {
public:
    virtual ~Runtime() = default;
    /// The word for it in manifests, tasks and announcements: "python".
    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual const Interpreter& interpreter() const = 0;
    /// Words for people beside its name, as labels of the worker: release, toolboxes.
    [[nodiscard]] virtual std::vector<std::string> notices() const { return {}; }
    /// Whether the job's requirements.txt is for it.
    [[nodiscard]] virtual bool takes_requirements() const = 0;
    /// Makes the job's sources readable for the language, and writes the runtime's own files. Gives sentences
    /// on what was changed.
    [[nodiscard]] virtual Result<std::vector<std::string>> prepare(const Unpacked& job) const = 0;
    /// Puts the command line and what belongs to it into the box: environment, mounts, files.
    virtual void start(const Program& program, Box& box) const = 0;
    /// The error in the last words of a program that failed; empty where it said nothing.
    [[nodiscard]] virtual std::string error_in(std::string_view said, const Program& program) const = 0;
    /// Names the lack, like that of a licence, for want of which a program failed that is not to blame.
    /// Empty: there is none.
    [[nodiscard]] virtual std::string lab_fault_in(std::string_view) const { return {}; }
};

}  // namespace nias::worker
