/// The jobs of a server of this machine: its stores are read in place, and its daemons asked over local
/// sockets. Made by where.hpp. One thread.
#pragma once

#include <memory>
#include <string>

#include "cli/jobs/jobs.hpp"
#include "cli/lab.hpp"

namespace nias::cli {

class LocalJobs : public Jobs {
public:
    static Result<std::unique_ptr<Jobs>> open(const std::string& data_dir);
    LocalJobs(Lab lab, std::string data_dir);
    ~LocalJobs() override;

    [[nodiscard]] Result<store::TaskRecord> find(const std::string& id) override { return lab_.find(id); }
    [[nodiscard]] Result<std::vector<store::TaskRecord>> list(const store::ListQuery& query) override;
    [[nodiscard]] std::optional<std::uint64_t> place_in_line(const TaskId& id) override;
    [[nodiscard]] Result<std::string> explain(const store::TaskRecord& living,
                                              std::chrono::milliseconds patience) override;
    [[nodiscard]] Result<std::uint64_t> print_log(const AttemptRef& attempt, std::uint64_t offset,
                                                  std::ostream& to) override;
    [[nodiscard]] Status watch(const TaskId& id) override;
    void await_change() override;
    [[nodiscard]] Status cancel(const TaskId& id) override;
    [[nodiscard]] Result<store::TaskRecord> wait_for_end(const TaskId& id,
                                                         std::chrono::milliseconds patience) override;
    [[nodiscard]] Status unpack(const store::TaskRecord& record, const std::string& folder) override;
    [[nodiscard]] Result<TaskId> submit(const Bundle& bundle, const std::string& owner) override;
    [[nodiscard]] Result<TaskId> rerun(const store::TaskRecord& record, const Limits& limits) override;

private:
    struct Follower;
    [[nodiscard]] Result<TaskId> send(const Task& task);
    [[nodiscard]] Result<Submitter*> submitter();

    Lab lab_;
    std::string data_dir_;
    std::optional<Submitter> submitter_;  ///< opened once it is needed
    std::unique_ptr<Follower> follower_;  ///< from watch() on
};

}  // namespace nias::cli
