#include "cli/fetch.hpp"

#include "job/output/output_zip.hpp"

namespace nias::cli {

Status fetch_outputs(Lab& lab, const store::TaskRecord& record, const std::string& folder) {
    const std::string id = to_string(record.task.id);
    if (!has_ended(record.state)) {
        return Error{ErrorCode::conflict, "job " + id + " is " + std::string(to_string(record.state)) +
                                              ": its outputs are there when it has ended"};
    }
    if (!record.outcome || !record.outcome->output_blob) {
        return Error{ErrorCode::not_found,
                     "job " + id + " left no outputs: «nias log " + id + "» tells what it printed"};
    }
    const BlobRef& blob = *record.outcome->output_blob;
    if (auto checked = lab.blobs().check(blob); !checked) { return checked; }
    return job::unpack_output(lab.blobs().path_of(blob.hash), folder);
}

}  // namespace nias::cli
