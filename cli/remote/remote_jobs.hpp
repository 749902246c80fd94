/// The jobs of a server elsewhere, over its HTTP API. Made by where.hpp. One thread.
#pragma once

#include <memory>
#include <string>

#include "cli/jobs/jobs.hpp"
#include "cli/remote/job_reading.hpp"
#include "cli/remote/link.hpp"

namespace nias::cli {

class RemoteJobs : public Jobs {
public:
    static Result<std::unique_ptr<Jobs>> open(const Login& login);
    RemoteJobs(Link link, std::string server) : link_(std::move(link)), server_(std::move(server)) {}

    [[nodiscard]] Result<store::JobView> find(const std::string& id) override;
    [[nodiscard]] Result<std::vector<store::JobView>> list(const store::ListQuery& query) override;
    [[nodiscard]] Result<std::vector<store::MemberRow>> members(const TaskId& array,
                                                                std::optional<TaskState> state) override;
    [[nodiscard]] std::optional<std::uint64_t> place_in_line(const TaskId& id) override;
    [[nodiscard]] Result<std::string> explain(const store::TaskRecord& living,
                                              std::chrono::milliseconds patience) override;
    [[nodiscard]] Result<std::uint64_t> print_log(const AttemptRef& attempt, std::uint64_t offset,
                                                  std::ostream& to) override;
    [[nodiscard]] Status watch(const TaskId& id) override;
    void await_change() override;
    [[nodiscard]] Status cancel(const TaskId& id) override;
    [[nodiscard]] Result<store::JobView> wait_for_end(const TaskId& id,
                                                      std::chrono::milliseconds patience) override;
    [[nodiscard]] Status unpack(const store::JobView& job, const std::string& folder) override;
    [[nodiscard]] Result<TaskId> submit(const Bundle& bundle, const Wishes& wishes) override;
    [[nodiscard]] Result<TaskId> rerun(const store::JobView& job, const Limits& limits,
                                       bool only_failed) override;

private:
    [[nodiscard]] Result<RemoteJob> job(const std::string& id, const std::string& query = "");

    Link link_;
    std::string server_;
    TaskId watched_;
};

}  // namespace nias::cli
