/// HOME OF THE PROTOCOL: every message that crosses a socket, who sends it, to whom, what it promises.
/// Values; encoded and decoded by wire/codec only. Fields are only ever appended.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <nias/task.hpp>

#include "wire/runs.hpp"
#include "wire/worker_words.hpp"

namespace nias::wire {

/// Submitter → intake. Idempotent by task id; repeated until each id is accepted or rejected.
struct Submit {
    std::string client;  ///< names the submitter; events about these tasks carry the topic «t» + client
    Runs<Task> tasks;
    bool operator==(const Submit&) const = default;
};

/// Submitter → intake. Ends tasks that have not ended; unknown and ended ids change nothing. Of `groups`
/// every task that lives then is ended.
struct Cancel {
    std::vector<TaskId> ids;
    std::vector<TaskId> groups = {};
    bool operator==(const Cancel&) const = default;
};

/// Worker → control. A full reconciliation in one step, at any time; resets the credit to zero.
struct Hello {
    std::uint32_t version_min = 1;
    std::uint32_t version_max = 1;
    std::string worker;             ///< kept across restarts
    std::uint64_t incarnation = 0;  ///< drawn at each start: a clone or a restart is another one
    std::string host;
    std::uint32_t slots = 1;
    std::uint32_t cpus = 1;
    std::uint32_t gpus = 0;
    std::uint64_t memory_bytes = 0;
    std::vector<std::string> runtimes;
    std::vector<AttemptRef> held;  ///< every attempt that runs here or whose outcome is unsettled
    /// For each of `held`, whole seconds since its program began, and one; 0: it has not begun, or its
    /// outcome waits. Empty: the worker does not say.
    std::vector<std::uint32_t> ran_s = {};
    /// The life before this one was stopped in order: what it ran was cut short by that, and by no fault.
    bool was_stopped = false;
    /// Names a lock that one living process at a time can hold. An earlier incarnation that gave the same
    /// one is dead. Empty: there is no such lock.
    std::string home = {};
    std::int64_t unix_ms = 0;              ///< the worker's clock, for people; 0: it does not say
    std::string software = {};             ///< version of the worker's software, for people
    std::vector<std::string> labels = {};  ///< for people, as its administrator gave them
    std::uint32_t prepares = 0;            ///< tasks of an Upcoming for it; 0: it makes none ready
    bool operator==(const Hello&) const = default;
};

/// Control → worker. The Hello is taken. `drop`: attempts to stop and forget.
struct Welcome {
    std::uint32_t version = 1;
    std::uint64_t incarnation = 0;  ///< incarnation of the Hello that this answers
    std::uint32_t beat_ms = 1000;
    std::uint32_t lease_ms = 15000;
    std::vector<AttemptRef> drop;
    std::uint64_t number = 0;  ///< number of this Welcome; the next Beats repeat it
    std::int64_t unix_ms = 0;  ///< the ventilator's clock, for people
    std::string text = {};     ///< for the worker's log: what became of its silence; empty: nothing did
    bool operator==(const Welcome&) const = default;
};

/// Control → worker. A sentence for a person; the worker stops asking for work.
struct Refused {
    std::string reason;
    WorkerRefusal code = WorkerRefusal::other;
    bool operator==(const Refused&) const = default;
};

/// Worker → control. Absolute total of tasks granted since Hello; repeats and losses do no harm.
/// The worker is never sent more than this. `number` orders the frames; older ones are ignored.
struct Credit {
    std::uint64_t incarnation = 0;
    std::uint64_t number = 0;
    std::uint64_t total = 0;
    bool operator==(const Credit&) const = default;
};

/// Control → worker. Work, never more than the credit granted.
struct Tasks {
    std::uint64_t incarnation = 0;
    std::uint64_t sent_total = 0;  ///< tasks sent since Hello, these included: a gap shows a lost frame
    Runs<Task> tasks;
    bool operator==(const Tasks&) const = default;
};

/// Worker → control. The programs of these attempts run.
struct Started {
    std::vector<AttemptRef> attempts;
    bool operator==(const Started&) const = default;
};

/// Worker → control. This attempt was not taken and will not be run here.
struct Declined {
    AttemptRef attempt;
    std::string reason;
    /// Seconds after which the task is given out again, because the whole lab lacks what it needs. 0: this
    /// worker cannot run it, and others may.
    std::uint32_t retry_after_s = 0;
    bool operator==(const Declined&) const = default;
};

/// Both ways on control. Renews the lease; a digest or a count that differs from the ventilator's asks for a
/// Hello.
struct Beat {
    std::uint64_t incarnation = 0;
    std::uint64_t digest = 0;  ///< attempts_digest() of the held attempts
    std::uint32_t held = 0;
    bool draining = false;      ///< no new work; held attempts finish. From control: an administrator says so
    std::uint64_t welcome = 0;  ///< from a worker: the number of the last Welcome that reached it
    std::uint32_t load_percent = 0;  ///< from a worker: its host's load average of a minute; 100 is one cpu
    std::uint64_t received = 0;      ///< from a worker: tasks that reached it since its Hello
    std::int64_t unix_ms = 0;        ///< the sender's clock, for people; 0: it does not say
    bool operator==(const Beat&) const = default;
};

/// Control → worker. «I do not know you»: after a restart or an eviction. Answered by Hello.
struct Rehello {
    bool operator==(const Rehello&) const = default;
};

/// Control → worker. Stop these attempts (cancelled, superseded); each still gives an Outcome.
struct Drop {
    std::vector<AttemptRef> attempts;
    bool operator==(const Drop&) const = default;
};

/// Worker → sink. Repeated from the worker's outbox until Settled.
struct OutcomeReport {
    std::string worker;
    Runs<Outcome> outcomes;
    bool operator==(const OutcomeReport&) const = default;
};

/// Sink → intake. The same outcomes, once output and index are durable.
struct Outcomes {
    std::string worker;
    Runs<Outcome> outcomes;
    bool operator==(const Outcomes&) const = default;
};

/// Control → worker. Accepted or fenced off: forget these outcomes.
struct Settled {
    std::vector<AttemptRef> attempts;
    bool operator==(const Settled&) const = default;
};

/// Worker → sink. Bytes of the log of one attempt at an absolute offset; repeats are harmless.
struct LogChunk {
    AttemptRef attempt;
    std::uint64_t offset = 0;
    Bytes data;
    bool operator==(const LogChunk&) const = default;
};

/// Worker → sink. How far an attempt is, 0 to 1, and a line of text.
struct Progress {
    AttemptRef attempt;
    double fraction = 0;
    std::string text;
    bool operator==(const Progress&) const = default;
};

/// Client → bulk. «I have this blob.» Answered by Grant from the offset to send, or Stored.
struct Offer {
    BlobRef blob;
    /// The sink is to name it: `blob.hash` is a random number, by which the messages of this upload know it.
    bool unnamed = false;
    bool operator==(const Offer&) const = default;
};

/// Client → bulk. «Send me this blob from `offset`; I can take `credit_bytes` now.»
struct Get {
    BlobHash hash;
    std::uint64_t offset = 0;
    std::uint64_t credit_bytes = 0;
    bool operator==(const Get&) const = default;
};

/// Receiver of chunks → sender. Absolute: bytes may be sent up to `until_bytes` of the blob,
/// beginning at `resume_at` when the sender has not sent that far.
struct Grant {
    BlobHash hash;
    std::uint64_t resume_at = 0;
    std::uint64_t until_bytes = 0;
    bool operator==(const Grant&) const = default;
};

/// Sender → receiver of chunks. At most kChunkBytes of data.
struct Chunk {
    BlobHash hash;
    std::uint64_t offset = 0;
    std::uint64_t size_bytes = 0;  ///< size of the whole blob
    Bytes data;
    bool operator==(const Chunk&) const = default;
};

/// Bulk → client. The blob is whole, its hash checked, and on stable storage.
struct Stored {
    BlobHash hash;        ///< hash that the Offer named
    BlobHash named = {};  ///< the blob's name, where the Offer had none
    /// Whether some bytes of an upload without a name came from another connection or an earlier life of the
    /// sink. They may be damaged: the client compares the name with the hash of its own bytes.
    bool resumed = false;
    bool operator==(const Stored&) const = default;
};

/// Bulk → client. The transfer cannot be done; `reason` is for a person.
struct BulkRefused {
    BlobHash hash;
    std::string reason;
    bool operator==(const BulkRefused&) const = default;
};

/// Tasks of which the same is told, and no outcome: one event each, in little room.
struct Standing {
    EventKind kind = EventKind::state;
    TaskState state = TaskState::queued;
    Attempt attempt = 0;
    std::int64_t unix_ms = 0;
    std::string text;  ///< reason, or the worker's name
    std::vector<TaskId> ids;
    TaskId group = {};  ///< group of all these tasks
    EventCode code = EventCode::none;
    [[nodiscard]] Event event_of(const TaskId& id) const {
        return {id, kind, state, attempt, unix_ms, text, std::nullopt, group, code};
    }
    bool operator==(const Standing&) const = default;
};

/// One change of one worker, for people and programs that watch.
struct WorkerEvent {
    std::string worker;
    WorkerChange change = WorkerChange::joined;
    std::int64_t unix_ms = 0;  ///< by the ventilator's clock
    std::string why;           ///< a sentence
    std::string host;
    std::string address = {};  ///< its connection's; empty: on the server's machine
    bool operator==(const WorkerEvent&) const = default;
};

/// Ventilator → everyone who watches, topic «t» + client of the tasks. `first_seq` numbers the first
/// event in this ventilator's life `epoch`; a gap or a new epoch calls for Sync. Those of `standing` come
/// first. Changes of workers have the topic «workers» and no number. An answer to Sync has the number of the
/// last event that was published before it.
struct Events {
    std::uint64_t epoch = 0;
    std::uint64_t first_seq = 0;
    Runs<Event> events;
    std::vector<Standing> standing;
    std::vector<WorkerEvent> workers = {};
    bool operator==(const Events&) const = default;
};

/// Client → control. «What became of these?» Answered by Events with the state of each known one,
/// and a `rejected` event «unknown task» for each other.
struct Sync {
    std::vector<TaskId> ids;
    bool operator==(const Sync&) const = default;
};

/// Client → control. «Where does this task stand, and why does it wait?» Answered by Explained.
struct Query {
    TaskId id;
    bool operator==(const Query&) const = default;
};

/// Control → client. For a person: a sentence, and below it a line for each attempt that was lost.
struct Explained {
    TaskId id;
    bool known = false;  ///< false: no such task lives, or ended lately
    std::string text;
    bool operator==(const Explained&) const = default;
};

/// Control → worker. Another machine could start these at once: those that have not begun are taken back.
/// Answered by Retracted for each that is not begun, Started for each that is; an outcome answers too.
struct Retract {
    std::vector<AttemptRef> attempts;
    bool operator==(const Retract&) const = default;
};

/// Worker → control. These never began here and never will: not the same as lost, and no fault.
struct Retracted {
    std::vector<AttemptRef> attempts;
    bool operator==(const Retracted&) const = default;
};

/// Client → control. «Which workers are there, and how do they stand?» Answered by Workers.
struct QueryWorkers {
    bool all = false;  ///< those that are gone or were refused as well, as far as they are remembered
    bool operator==(const QueryWorkers&) const = default;
};

/// One worker, for a person.
struct WorkerRow {
    std::string name;
    std::string host;
    WorkerState state = WorkerState::ready;
    std::string reason;  ///< why it stands so
    std::uint32_t slots = 0;
    std::uint32_t held = 0;     ///< attempts that it has
    std::uint32_t running = 0;  ///< those of which it said Started; small tasks never do
    std::uint32_t cpus = 0;
    std::uint32_t load_percent = 0;  ///< load of its host, as in Beat
    std::uint32_t gpus = 0;
    std::uint64_t memory_bytes = 0;
    std::vector<std::string> runtimes = {};
    std::string software = {};
    std::string address = {};  ///< its connection's; empty: on the server's machine
    std::vector<std::string> labels = {};
    std::int64_t since_unix_ms = 0;  ///< since when it stands so, by the ventilator's clock
    std::int64_t clock_off_ms = 0;   ///< its clock less the ventilator's, as last heard
    bool operator==(const WorkerRow&) const = default;
};

/// Control → client. Answers of several messages are whole when `total` rows have come.
struct Workers {
    std::uint32_t total = 0;
    std::vector<WorkerRow> workers;
    std::int64_t unix_ms = 0;  ///< the ventilator's clock
    bool operator==(const Workers&) const = default;
};

/// Client → control. An administrator's word about a worker. Answered by Ordered; a repeat changes nothing.
struct Order {
    std::string worker;
    OrderKind kind = OrderKind::resume;
    std::string reason = {};  ///< for people; may be empty
    bool operator==(const Order&) const = default;
};

/// Control → client. For a person: what came of the Order, or why it could not be followed.
struct Ordered {
    std::string worker;
    bool done = false;
    std::string text;
    bool operator==(const Ordered&) const = default;
};

/// Both ways on control. From a worker that was stopped in order: it ends, and runs nothing of what it held
/// when this was sent. `unsettled` names attempts whose outcomes it keeps for its next start. Repeated until
/// it is answered by the same with no list.
struct Goodbye {
    std::uint64_t incarnation = 0;
    std::vector<AttemptRef> unsettled;
    std::string reason;
    bool operator==(const Goodbye&) const = default;
};

/// Client → control. «Which tasks are there?» Of a group or an owner, or of all; the one with the largest id
/// first. Answered by TaskList.
struct QueryTasks {
    std::uint64_t number = 0;  ///< drawn by the client, repeated by the answer
    TaskId group;              ///< all zero: of any, or of none
    std::string owner;         ///< empty: of any
    TaskId before;             ///< only tasks with a smaller id; all zero: of any
    bool alive = false;        ///< only those that have not ended
    bool operator==(const QueryTasks&) const = default;
};

/// One task, for a program that takes up its tasks again, or for a person.
struct TaskRow {
    TaskId id;
    TaskState state = TaskState::queued;
    Attempt attempt = 0;
    TaskId group;
    std::uint32_t group_size = 0;
    std::string owner;
    std::string name;
    std::string text;                ///< the reason, or the worker's name
    std::int64_t ended_unix_ms = 0;  ///< 0: it has not, or that is not known
    std::uint32_t failures = 0;      ///< outcomes `failed` after which it ran again
    bool operator==(const TaskRow&) const = default;
};

/// Control → client. At most kTaskRowsMax tasks. `more`: there are others, with smaller ids than the last.
struct TaskList {
    std::uint64_t number = 0;
    std::vector<TaskRow> tasks;
    bool more = false;
    bool operator==(const TaskList&) const = default;
};

/// Worker → sink. A piece of a version of a file that a running attempt shows; a version is sent whole before
/// the next one begins. Sink → worker and watchers: the same, without data, once the version is whole there.
struct LiveFile {
    AttemptRef attempt;
    std::string name;          ///< empty: the attempt has ended, and shows nothing any more
    std::uint64_t number = 0;  ///< counts the versions of an attempt
    std::uint64_t offset = 0;
    std::uint64_t size_bytes = 0;  ///< size of this version
    Bytes data;
    bool operator==(const LiveFile&) const = default;
};

/// Client → control. Ended tasks leave every list at once, and all that is kept of them goes `after_s` later,
/// unless a Forget with `undo` comes before. A repeat changes nothing. Answered by Forgotten.
struct Forget {
    std::uint64_t number = 0;   ///< drawn by the client, repeated by the answer
    std::vector<TaskId> ids;    ///< at most kForgetMax
    std::string owner;          ///< only tasks of this owner; empty, from the server's machine alone: of any
    std::uint32_t after_s = 0;  ///< how long the tasks can be had back
    bool undo = false;          ///< the tasks come back, where they are not gone yet
    bool operator==(const Forget&) const = default;
};

/// Control → client. Each id of the Forget is in one of the lists, unless all was denied.
struct Forgotten {
    std::uint64_t number = 0;
    std::vector<TaskId> done;     ///< these stand as they were asked to, durably
    std::vector<TaskId> living;   ///< these have not ended: cancelled first, they can be forgotten
    std::vector<TaskId> unknown;  ///< no such tasks, or gone, or of another owner
    std::string denied = {};      ///< why nothing was done, for a person; empty: it was not denied
    bool operator==(const Forgotten&) const = default;
};

/// Sink → intake. Results and logs of these tasks, which the ledger names as gone, are no longer kept.
struct Erased {
    std::vector<TaskId> ids;
    bool operator==(const Erased&) const = default;
};

/// Control → worker. Tasks that are queued and that this worker may be given next, so that it can make them
/// ready; in place of those of the Upcoming before. Nothing is given by it: a task may never come, or start
/// elsewhere. At most as many as its Hello says it prepares. A lost one costs time alone.
struct Upcoming {
    std::uint64_t incarnation = 0;
    Runs<Task> tasks;
    bool operator==(const Upcoming&) const = default;
};

using Message = std::variant<Submit, Cancel, Hello, Welcome, Refused, Credit, Tasks, Started, Declined, Beat,
                             Rehello, Drop, OutcomeReport, Outcomes, Settled, LogChunk, Progress, Offer, Get,
                             Grant, Chunk, Stored, BulkRefused, Events, Sync, Query, Explained, Retract,
                             Retracted, QueryWorkers, Workers, Order, Ordered, Goodbye, QueryTasks, TaskList,
                             LiveFile, Forget, Forgotten, Erased, Upcoming>;

}  // namespace nias::wire
