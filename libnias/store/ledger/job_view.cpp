#include "store/ledger/job_view.hpp"

namespace nias::store {

JobView::JobView(TaskRecord member, const GroupStanding& standing)
    : record(std::move(member)), array(standing) {
    record.task.id = record.task.group;
    record.task.attempt = 1;
    record.worker.clear();
    record.reason.clear();
    record.outcome.reset();
    record.state = state_of(standing.counts);
    record.started_unix_ms = standing.started_unix_ms;
    record.ended_unix_ms = has_ended(record.state) ? standing.ended_unix_ms : 0;
}

bool may_be_array(const TaskId& id) { return id.index() > kGroupIndexMax; }

}  // namespace nias::store
