// nias submit: judges a bundle as the front does, and hands it to the server.
#include <iostream>

#include "base/words.hpp"
#include "cli/jobs/array.hpp"
#include "cli/jobs/fetch.hpp"
#include "cli/jobs/where.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "job/array/indices.hpp"

namespace nias::cli {
namespace {

constexpr auto kProgram = "nias submit";

void tell_end(const store::TaskRecord& record) {
    const Outcome& outcome = *record.outcome;
    say(kProgram, std::string(to_string(record.state)) + " after " + time_in_words(outcome.usage.wall_ms) +
                      " on " + record.worker);
    if (!outcome.error.empty()) { say(kProgram, outcome.error); }
    for (const std::string& note : outcome.notes) { say(kProgram, note); }
}

/// Follows the job to its end and tells it. 0 only where it succeeded.
int wait_for(Jobs& jobs, const TaskId& id, const std::string& output) {
    Result<store::JobView> job = Error{ErrorCode::unavailable, ""};
    while (!job && job.error().code == ErrorCode::unavailable) {
        job = jobs.wait_for_end(id, std::chrono::seconds(10));
    }
    if (!job) { return daemon::report(kProgram, job.error()); }
    const store::TaskRecord* const record = &job->record;
    if (job->array) {
        say(kProgram, counts_in_words(job->array->counts));
    } else if (record->outcome) {
        tell_end(*record);
    } else {
        return daemon::report(kProgram, {ErrorCode::conflict, "the job ended without an outcome: " +
                                                                  std::string(to_string(record->state)) +
                                                                  ", " + record->reason});
    }
    if (!output.empty()) {
        if (auto fetched = fetch_outputs(jobs, *job, output); !fetched) {
            return daemon::report(kProgram, fetched.error());
        }
        say(kProgram, "outputs are in " + output);
    }
    return record->state == TaskState::succeeded ? 0 : 1;
}

}  // namespace

int submit(int argc, const char* const* argv) {
    std::string what;
    Where where;
    Wishes wishes;
    std::string array;
    std::string output;
    bool wait = false;
    daemon::Options options(kProgram,
                            "Sends a job: a zip, or a folder that holds code.py or code.m. Prints its id.");
    options.quiet();
    options.positional("job", what, true, "folder or zip");
    where.declare(options);
    options.text("owner", wishes.owner, "who it is done for, on a server of this machine (default: lab)");
    options.text("array", array, "run once for each of these indices, like 1-10,20,30-50:5");
    options.flag("trial", wishes.trial,
                 "a run of at most a minute before the long one; of an array, its first member");
    options.text("image", wishes.image, "run it in this image of the lab, whatever its nias.toml says");
    options.flag("wait", wait, "wait for the end; exit code 0 only if the job, or every member, succeeded");
    options.text("output", output, "with --wait: put the outputs into this folder");
    if (const auto code = options.parse(argc, argv)) { return *code; }
    if (!array.empty()) {
        auto indices = nias::job::parse_indices(array);
        if (!indices) {
            return daemon::report(kProgram, {ErrorCode::invalid, "--array: " + indices.error().message});
        }
        wishes.indices = std::move(*indices);
    }
    if (wishes.owner.size() > 128) {
        return daemon::report(kProgram, {ErrorCode::invalid, "--owner must be 1 to 128 bytes long"});
    }
    const auto jobs = where.open();
    if (!jobs) { return daemon::report(kProgram, jobs.error()); }
    auto bundle = prepare_bundle(kProgram, what);
    if (!bundle) { return daemon::report(kProgram, bundle.error()); }
    if (!wishes.image.empty()) {
        const auto refusal = nias::job::use_image(bundle->layout, wishes.image);
        if (refusal) { return daemon::report(kProgram, {ErrorCode::invalid, refusal->detail}); }
    }
    const auto id = (*jobs)->submit(*bundle, wishes);
    if (!id) { return daemon::report(kProgram, id.error()); }
    std::cout << to_string(*id) << std::endl;
    return wait || !output.empty() ? wait_for(**jobs, *id, output) : 0;
}

}  // namespace nias::cli
