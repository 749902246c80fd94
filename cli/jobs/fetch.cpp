#include "cli/jobs/fetch.hpp"

namespace nias::cli {

Status fetch_outputs(Jobs& jobs, const store::JobView& job, const std::string& folder) {
    if (job.array) { return jobs.unpack(job, folder); }
    const store::TaskRecord& record = job.record;
    const std::string id = to_string(record.task.id);
    if (!has_ended(record.state)) {
        return Error{ErrorCode::conflict, "job " + id + " is " + std::string(to_string(record.state)) +
                                              ": its outputs are there when it has ended"};
    }
    if (!record.outcome || !record.outcome->output_blob) {
        return Error{ErrorCode::not_found,
                     "job " + id + " left no outputs: «nias log " + id + "» tells what it printed"};
    }
    return jobs.unpack(job, folder);
}

}  // namespace nias::cli
