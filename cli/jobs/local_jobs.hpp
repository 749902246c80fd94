/// The jobs of a server of this machine: its stores are read in place, and its daemons asked over local
/// sockets. Made by where.hpp. One thread.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "cli/jobs/jobs.hpp"
#include "cli/lab.hpp"
#include "job/array/terms.hpp"
#include "service/groups/group_sender.hpp"

namespace nias::cli {

class LocalJobs : public Jobs {
public:
    static Result<std::unique_ptr<Jobs>> open(const std::string& data_dir);
    LocalJobs(Lab lab, std::string data_dir);
    ~LocalJobs() override;

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
    struct Follower;
    [[nodiscard]] Result<TaskId> send(const Task& task);
    // local_arrays.cpp
    [[nodiscard]] Result<std::optional<store::JobView>> find_array(const TaskId& id);
    [[nodiscard]] Result<TaskId> send_array(const Task& base, std::span<const std::uint32_t> indices,
                                            const job::ArrayPlace& whole);
    [[nodiscard]] Result<store::JobView> wait_for_array(const TaskId& id, std::chrono::milliseconds patience);
    [[nodiscard]] Status unpack_array(const TaskId& id, const std::string& folder);
    [[nodiscard]] Result<std::vector<std::uint32_t>> indices_again(const TaskId& array, bool only_failed);
    [[nodiscard]] Result<service::GroupSender*> groups();
    [[nodiscard]] Result<Submitter*> submitter();

    Lab lab_;
    std::string data_dir_;
    std::optional<Submitter> submitter_;            ///< opened once it is needed
    std::unique_ptr<service::GroupSender> groups_;  ///< opened once it is needed
    std::unique_ptr<Follower> follower_;            ///< from watch() on
};

}  // namespace nias::cli
