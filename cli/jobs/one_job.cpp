#include "cli/jobs/one_job.hpp"

#include <utility>

namespace nias::cli {

OneJob::OneJob(const std::string& program, const std::string& words)
    : program_(program), options_(program, words) {
    options_.quiet();
    options_.positional("id", id_, true, "the job");
    where_.declare(options_);
}

std::optional<int> OneJob::parse(int argc, const char* const* argv) { return options_.parse(argc, argv); }

std::optional<int> OneJob::find() {
    auto jobs = where_.open();
    if (!jobs) { return report(jobs.error()); }
    jobs_ = *std::move(jobs);
    auto view = jobs_->find(id_);
    if (!view) { return report(view.error()); }
    view_ = *std::move(view);
    return std::nullopt;
}

}  // namespace nias::cli
