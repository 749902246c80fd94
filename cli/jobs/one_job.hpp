/// The verbs about one job, `nias VERB JOB`, share their command line and the search for the job. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/jobs/where.hpp"

namespace nias::cli {

class OneJob {
public:
    /// `program` is named in errors, as in «nias status»; `words` are the help of the verb.
    OneJob(const std::string& program, const std::string& words);
    /// For what the verb takes besides the job and its server.
    [[nodiscard]] daemon::Options& options() { return options_; }
    /// Reads the command line. nullopt: go on; otherwise the exit code, and what was wrong has been printed.
    [[nodiscard]] std::optional<int> parse(int argc, const char* const* argv);
    /// After parse(): asks the server for the job. As parse() answers.
    [[nodiscard]] std::optional<int> find();
    /// After find(): prints an error of this verb, and returns its exit code.
    [[nodiscard]] int report(const Error& error) const { return daemon::report(program_, error); }

    [[nodiscard]] const std::string& id() const { return id_; }          ///< as the command line has it
    [[nodiscard]] Jobs& jobs() { return *jobs_; }                        ///< after find()
    [[nodiscard]] const store::JobView& view() const { return *view_; }  ///< after find()

private:
    std::string program_;
    std::string id_;
    Where where_;
    daemon::Options options_;
    std::unique_ptr<Jobs> jobs_;
    std::optional<store::JobView> view_;
};

}  // namespace nias::cli
