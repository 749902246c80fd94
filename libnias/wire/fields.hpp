/// The fields of each message in wire order, once for both directions, with their bounds. Included by
/// the codec, and by what writes a record out for programs. A field is appended at the end of its list and
/// never moved; what is seldom used stands last, because a list ends on the wire with its last field that has
/// not its default.
#pragma once

#include <type_traits>

#include "wire/limits.hpp"
#include "wire/messages.hpp"

namespace nias::wire {

template <typename T>
concept Enumeration = std::is_enum_v<T>;
template <typename T>
concept Structure = std::is_class_v<T>;

/// Written as a map with keys, so that unknown keys can be ignored; all else is an array.
template <typename T>
inline constexpr bool kAsMap =
    std::is_same_v<T, TaskSpec> || std::is_same_v<T, Hello> || std::is_same_v<T, Welcome>;

template <typename A>
void fields(A& a, BlobRef& m) {
    a("hash", m.hash);
    a("size_bytes", m.size_bytes, kBlobBytesMax);
}
template <typename A>
void fields(A& a, AttemptRef& m) {
    a("id", m.id);
    a("attempt", m.attempt);
}
template <typename A>
void fields(A& a, CountedResource& m) {
    a("name", m.name, kNameBytesMax);
    a("amount", m.amount);
}
template <typename A>
void fields(A& a, TaskSpec& m) {
    a("name", m.name, kNameBytesMax);
    a("runtime", m.runtime, kNameBytesMax);
    a("cpus", m.resources.cpus);
    a("gpus", m.resources.gpus);
    a("memory_bytes", m.resources.memory_bytes);
    a("time_limit_ms", m.time_limit_ms);
    a("priority", m.priority);
    a("max_attempts", m.max_attempts);
    a("counted", m.resources.counted, kCountedReadMax);
    a("lease_s", m.lease_s);
    a("max_failures", m.max_failures);
}
template <typename A>
void fields(A& a, Task& m) {  // id and payload: see runs.hpp
    a("attempt", m.attempt);
    a("owner", m.owner, kOwnerBytesMax);
    a("spec", m.spec);
    a("bundle", m.bundle);
    a("group", m.group);
    a("group_size", m.group_size);
    a("request", m.request, kRequestMax);
}
template <typename A>
void fields(A& a, Outcome& m) {  // id and output: see runs.hpp
    a("attempt", m.attempt);
    a("started_unix_ms", m.started_unix_ms);
    a("ended_unix_ms", m.ended_unix_ms);
    a("status", m.status, OutcomeStatus::could_not_run);
    a("worker", m.worker, kNameBytesMax);
    a("wall_ms", m.usage.wall_ms);
    a("cpu_ms", m.usage.cpu_ms);
    a("peak_memory_bytes", m.usage.peak_memory_bytes);
    a("output_blob", m.output_blob);
    a("cause", m.cause, Cause::store);
    a("exit_code", m.exit_code);
    a("signal", m.signal);
    a("error", m.error, kReasonBytesMax);
    a("notes", m.notes, kNotesMax, kNoteBytesMax);
    a("request", m.request, kRequestMax);
    a("retry_after_s", m.retry_after_s);
}
template <typename A>
void fields(A& a, Submit& m) {
    a("client", m.client, kNameBytesMax);
    a("tasks", m.tasks, kBatchItemsMax);
}
template <typename A>
void fields(A& a, Cancel& m) {
    a("ids", m.ids, kBatchItemsMax);
    a("groups", m.groups, kGroupsMax);
}
template <typename A>
void fields(A& a, Hello& m) {
    a("version_min", m.version_min);
    a("version_max", m.version_max);
    a("worker", m.worker, kNameBytesMax);
    a("incarnation", m.incarnation);
    a("host", m.host, kNameBytesMax);
    a("slots", m.slots);
    a("cpus", m.cpus);
    a("gpus", m.gpus);
    a("memory_bytes", m.memory_bytes);
    a("runtimes", m.runtimes, kRuntimesMax, kNameBytesMax);
    a("held", m.held, kHeldMax);
    a("ran_s", m.ran_s, kHeldMax);
    a("was_stopped", m.was_stopped);
    a("home", m.home, kNameBytesMax);
    a("unix_ms", m.unix_ms);
    a("software", m.software, kNameBytesMax);
    a("labels", m.labels, kLabelsMax, kLabelBytesMax);
    a("prepares", m.prepares);
}
template <typename A>
void fields(A& a, Welcome& m) {
    a("version", m.version);
    a("incarnation", m.incarnation);
    a("beat_ms", m.beat_ms);
    a("lease_ms", m.lease_ms);
    a("drop", m.drop, kHeldMax);
    a("number", m.number);
    a("unix_ms", m.unix_ms);
    a("text", m.text, kReasonBytesMax);
}
template <typename A>
void fields(A& a, Refused& m) {
    a("reason", m.reason, kReasonBytesMax);
    a("code", m.code, WorkerRefusal::version);
}
template <typename A>
void fields(A& a, Credit& m) {
    a("incarnation", m.incarnation);
    a("number", m.number);
    a("total", m.total);
}
template <typename A>
void fields(A& a, Tasks& m) {
    a("incarnation", m.incarnation);
    a("sent_total", m.sent_total);
    a("tasks", m.tasks, kBatchItemsMax);
}
template <typename A>
void fields(A& a, Upcoming& m) {
    a("incarnation", m.incarnation);
    a("tasks", m.tasks, kUpcomingMax);
}
template <typename A>
void fields(A& a, Started& m) {
    a("attempts", m.attempts, kHeldMax);
}
template <typename A>
void fields(A& a, Declined& m) {
    a("attempt", m.attempt);
    a("reason", m.reason, kReasonBytesMax);
    a("retry_after_s", m.retry_after_s);
}
template <typename A>
void fields(A& a, Beat& m) {
    a("incarnation", m.incarnation);
    a("digest", m.digest);
    a("held", m.held);
    a("draining", m.draining);
    a("welcome", m.welcome);
    a("load_percent", m.load_percent);
    a("received", m.received);
    a("unix_ms", m.unix_ms);
}
template <typename A>
void fields(A&, Rehello&) {}
template <typename A>
void fields(A& a, Drop& m) {
    a("attempts", m.attempts, kHeldMax);
}
template <typename A>
void fields(A& a, OutcomeReport& m) {
    a("worker", m.worker, kNameBytesMax);
    a("outcomes", m.outcomes, kBatchItemsMax);
}
template <typename A>
void fields(A& a, Outcomes& m) {
    a("worker", m.worker, kNameBytesMax);
    a("outcomes", m.outcomes, kBatchItemsMax);
}
template <typename A>
void fields(A& a, Settled& m) {
    a("attempts", m.attempts, kHeldMax);
}
template <typename A>
void fields(A& a, LogChunk& m) {
    a("attempt", m.attempt);
    a("offset", m.offset);
    a("data", m.data, kLogChunkBytes);
}
template <typename A>
void fields(A& a, Progress& m) {
    a("attempt", m.attempt);
    a("fraction", m.fraction);
    a("text", m.text, kNoteBytesMax);
}
template <typename A>
void fields(A& a, Offer& m) {
    a("blob", m.blob);
    a("unnamed", m.unnamed);
}
template <typename A>
void fields(A& a, Get& m) {
    a("hash", m.hash);
    a("offset", m.offset, kBlobBytesMax);
    a("credit_bytes", m.credit_bytes);
}
template <typename A>
void fields(A& a, Grant& m) {
    a("hash", m.hash);
    a("resume_at", m.resume_at, kBlobBytesMax);
    a("until_bytes", m.until_bytes);
}
template <typename A>
void fields(A& a, Chunk& m) {
    a("hash", m.hash);
    a("offset", m.offset, kBlobBytesMax);
    a("size_bytes", m.size_bytes, kBlobBytesMax);
    a("data", m.data, kChunkBytes);
}
template <typename A>
void fields(A& a, Stored& m) {
    a("hash", m.hash);
    a("named", m.named);
    a("resumed", m.resumed);
}
template <typename A>
void fields(A& a, BulkRefused& m) {
    a("hash", m.hash);
    a("reason", m.reason, kReasonBytesMax);
}
template <typename A>
void fields(A& a, Event& m) {  // id and the outcome's id and output: see runs.hpp
    a("kind", m.kind, EventKind::ended);
    a("state", m.state, TaskState::lost);
    a("attempt", m.attempt);
    a("unix_ms", m.unix_ms);
    a("text", m.text, kReasonBytesMax);
    a("outcome", m.outcome);
    a("group", m.group);
    a("code", m.code, EventCode::conflict);
}
template <typename A>
void fields(A& a, Standing& m) {
    a("kind", m.kind, EventKind::ended);
    a("state", m.state, TaskState::lost);
    a("attempt", m.attempt);
    a("unix_ms", m.unix_ms);
    a("text", m.text, kReasonBytesMax);
    a("ids", m.ids, kBatchItemsMax);
    a("group", m.group);
    a("code", m.code, EventCode::conflict);
}
template <typename A>
void fields(A& a, WorkerEvent& m) {
    a("worker", m.worker, kNameBytesMax);
    a("change", m.change, WorkerChange::refused);
    a("unix_ms", m.unix_ms);
    a("why", m.why, kReasonBytesMax);
    a("host", m.host, kNameBytesMax);
    a("address", m.address, kNameBytesMax);
}
template <typename A>
void fields(A& a, Events& m) {
    a("epoch", m.epoch);
    a("first_seq", m.first_seq);
    a("events", m.events, kBatchItemsMax);
    a("standing", m.standing, kBatchItemsMax);
    a("workers", m.workers, kBatchItemsMax);
}
template <typename A>
void fields(A& a, Sync& m) {
    a("ids", m.ids, kBatchItemsMax);
}
template <typename A>
void fields(A& a, Query& m) {
    a("id", m.id);
}
template <typename A>
void fields(A& a, Explained& m) {
    a("id", m.id);
    a("known", m.known);
    a("text", m.text, kReasonBytesMax);
}
template <typename A>
void fields(A& a, Retract& m) {
    a("attempts", m.attempts, kBatchItemsMax);
}
template <typename A>
void fields(A& a, Retracted& m) {
    a("attempts", m.attempts, kBatchItemsMax);
}

template <typename A>
void fields(A& a, QueryWorkers& m) {
    a("all", m.all);
}
template <typename A>
void fields(A& a, WorkerRow& m) {
    a("name", m.name, kNameBytesMax);
    a("host", m.host, kNameBytesMax);
    a("state", m.state, WorkerState::refused);
    a("reason", m.reason, kReasonBytesMax);
    a("slots", m.slots);
    a("held", m.held);
    a("running", m.running);
    a("cpus", m.cpus);
    a("load_percent", m.load_percent);
    a("gpus", m.gpus);
    a("memory_bytes", m.memory_bytes);
    a("runtimes", m.runtimes, kRuntimesMax, kNameBytesMax);
    a("software", m.software, kNameBytesMax);
    a("address", m.address, kNameBytesMax);
    a("labels", m.labels, kLabelsMax, kLabelBytesMax);
    a("since_unix_ms", m.since_unix_ms);
    a("clock_off_ms", m.clock_off_ms);
}
template <typename A>
void fields(A& a, Workers& m) {
    a("total", m.total);
    a("workers", m.workers, kBatchItemsMax);
    a("unix_ms", m.unix_ms);
}
template <typename A>
void fields(A& a, Order& m) {
    a("worker", m.worker, kNameBytesMax);
    a("kind", m.kind, OrderKind::drain);
    a("reason", m.reason, kNoteBytesMax);
}
template <typename A>
void fields(A& a, Ordered& m) {
    a("worker", m.worker, kNameBytesMax);
    a("done", m.done);
    a("text", m.text, kReasonBytesMax);
}
template <typename A>
void fields(A& a, Goodbye& m) {
    a("incarnation", m.incarnation);
    a("unsettled", m.unsettled, kHeldMax);
    a("reason", m.reason, kNoteBytesMax);
}
template <typename A>
void fields(A& a, QueryTasks& m) {
    a("number", m.number);
    a("group", m.group);
    a("owner", m.owner, kOwnerBytesMax);
    a("before", m.before);
    a("alive", m.alive);
}
template <typename A>
void fields(A& a, TaskRow& m) {
    a("id", m.id);
    a("state", m.state, TaskState::lost);
    a("attempt", m.attempt);
    a("group", m.group);
    a("group_size", m.group_size);
    a("owner", m.owner, kOwnerBytesMax);
    a("name", m.name, kNameBytesMax);
    a("text", m.text, kReasonBytesMax);
    a("ended_unix_ms", m.ended_unix_ms);
    a("failures", m.failures);
}
template <typename A>
void fields(A& a, TaskList& m) {
    a("number", m.number);
    a("tasks", m.tasks, kTaskRowsMax);
    a("more", m.more);
}
template <typename A>
void fields(A& a, LiveFile& m) {
    a("attempt", m.attempt);
    a("name", m.name, kNameBytesMax);
    a("number", m.number);
    a("offset", m.offset, kLiveFileBytesMax);
    a("size_bytes", m.size_bytes, kLiveFileBytesMax);
    a("data", m.data, kChunkBytes);
}
template <typename A>
void fields(A& a, Forget& m) {
    a("number", m.number);
    a("ids", m.ids, kForgetMax);
    a("owner", m.owner, kOwnerBytesMax);
    a("after_s", m.after_s);
    a("undo", m.undo);
}
template <typename A>
void fields(A& a, Forgotten& m) {
    a("number", m.number);
    a("done", m.done, kForgetMax);
    a("living", m.living, kForgetMax);
    a("unknown", m.unknown, kForgetMax);
    a("denied", m.denied, kReasonBytesMax);
}
template <typename A>
void fields(A& a, Erased& m) {
    a("ids", m.ids, kForgetMax);
}

}  // namespace nias::wire
