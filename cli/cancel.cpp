// nias cancel: asks the ventilator to stop a job and waits until it has ended.
#include <iostream>

#include "cli/jobs/array.hpp"
#include "cli/jobs/one_job.hpp"
#include "cli/verbs.hpp"

namespace nias::cli {

int cancel(int argc, const char* const* argv) {
    OneJob one("nias cancel", "Stops a job, or takes it out of the queue.");
    if (const auto code = one.parse(argc, argv)) { return *code; }
    if (const auto code = one.find()) { return *code; }
    const store::TaskRecord& record = one.view().record;
    if (has_ended(record.state)) {
        return one.report({ErrorCode::conflict, "job " + one.id() + " has ended already: " +
                                                    std::string(to_string(record.state))});
    }
    if (auto asked = one.jobs().cancel(record.task.id); !asked) { return one.report(asked.error()); }
    const auto ended = one.jobs().wait_for_end(record.task.id, std::chrono::seconds(30));
    if (!ended) { return one.report(ended.error()); }
    std::cout << (ended->array ? counts_in_words(ended->array->counts)
                               : std::string(to_string(ended->record.state)))
              << '\n';
    return 0;
}

}  // namespace nias::cli
