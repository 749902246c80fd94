/// NIAS for C, and for every language that calls C: give tasks away and hear their outcomes, or work on them.
/// Compiles as C11 and as any C++. It stands on the C++ headers beside it, which can do more.
///
/// Texts are UTF-8 and end with a zero byte. Everything that is passed in is copied before the call returns;
/// what a pointer that comes out belongs to is said at it. Handles may be used by several threads at once,
/// but not while, or after, they are closed. Durations are milliseconds; a negative one is taken as 0.
///
/// Each call that can fail returns a nias_code, or NULL in place of a handle, and says why in the nias_error
/// that it is given. Passing NULL there is fine. A forbidden NULL elsewhere is answered with NIAS_INVALID.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <nias/version.hpp>

/// Marks what the shared library exports to C.
#define NIAS_C_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes of a task's id as text: 32 lower-case hexadecimal digits and the zero byte.
#define NIAS_ID_BYTES 33

/// What the caller can do about a failure.
typedef enum nias_code {
    NIAS_OK = 0,           ///< nothing failed
    NIAS_INVALID = 1,      ///< change the request
    NIAS_NOT_FOUND = 2,    ///< name something that exists
    NIAS_CONFLICT = 3,     ///< somebody else holds it, or it is already so
    NIAS_OVERLOADED = 4,   ///< try again later
    NIAS_UNAVAILABLE = 5,  ///< reconnect, or wait: the peer is away, or the time is over
    NIAS_CORRUPT = 6,      ///< stop and tell the operator
    NIAS_INTERNAL = 7,     ///< a bug of NIAS
    NIAS_DENIED = 8        ///< your key or your role does not permit it
} nias_code;

/// Filled by a call that failed, untouched by one that did not. The caller owns it; one thread at a time.
typedef struct nias_error {
    nias_code code;     ///< what the caller can do
    char message[508];  ///< a sentence for a person, cut where it is longer
} nias_error;

/// How an attempt ended.
typedef enum nias_status {
    NIAS_SUCCEEDED = 0,     ///< the output is there
    NIAS_FAILED = 1,        ///< the handler's own answer, in `error`
    NIAS_CANCELLED = 2,     ///< on request
    NIAS_TIMED_OUT = 3,     ///< past the task's time limit
    NIAS_COULD_NOT_RUN = 4  ///< infrastructure: the task is lost, with its reasons in `error`
} nias_status;

/// A task, as it is submitted and as a handler gets it. Zero, or NULL, stands for the default of each member
/// but `owner`, which every task has.
typedef struct nias_task {
    const char* id;          ///< 32 hexadecimal digits; NULL: a fresh one
    const char* owner;       ///< for whom it is done; 1 to 128 bytes
    const char* name;        ///< for people; at most 200 bytes
    const char* runtime;     ///< only workers that announce it get the task; NULL: any worker
    const void* payload;     ///< input; may be NULL when payload_bytes is 0
    size_t payload_bytes;    ///< at most 65,536
    uint64_t memory_bytes;   ///< claimed while it runs; 0: no claim
    uint64_t time_limit_ms;  ///< 0: none
    uint32_t cpus;           ///< processors claimed; 0: one
    int32_t priority;        ///< higher first within one owner
    uint32_t max_attempts;   ///< tries lost to infrastructure before it is lost; 0: three
    uint32_t max_failures;   ///< failures after which it runs again; 0: the first is its end
    const char* request;     ///< names the request that made it, for logs; at most 64 bytes; NULL: none
} nias_task;

/// The one outcome of a task, with all that it points to. Given by nias_wait(), nias_next() and
/// nias_group_next(), freed by nias_outcome_free().
typedef struct nias_outcome {
    nias_status status;       ///< what it came to
    uint32_t attempt;         ///< which try; 1 for the first
    const uint8_t* output;    ///< what the handler returned
    size_t output_bytes;      ///< at most 65,536
    const char* error;        ///< a sentence; empty when it succeeded
    const char* worker;       ///< name of the worker that ran it; empty where none did
    uint64_t wall_ms;         ///< from begin to end
    int64_t started_unix_ms;  ///< by the clock of that machine
    int64_t ended_unix_ms;    ///< by the clock of that machine
    char id[NIAS_ID_BYTES];   ///< the task's id
    /// NIAS_OK, except from nias_next() and nias_group_next(): why the task has no outcome, in words in
    /// `error`. The status is NIAS_COULD_NOT_RUN then.
    nias_code why_none;
    uint32_t index;  ///< its place in its group, from 0 on; 0 outside of a group
} nias_outcome;

/// How many tasks of a group stand how.
typedef struct nias_progress {
    uint32_t tasks;      ///< all of them
    uint32_t alive;      ///< not ended
    uint32_t succeeded;  ///< ended well
    uint32_t failed;     ///< by their handler's own answer
    uint32_t cancelled;  ///< on request
    uint32_t timed_out;  ///< past their time limit
    uint32_t lost;       ///< infrastructure failed too often
    uint32_t refused;    ///< by the server, or lost by one that keeps nothing
    uint32_t stopped;    ///< 1: it was cancelled, or fails_max was reached; else 0
} nias_progress;

/// How a group behaves. Zero, or NULL, stands for the default of each member.
typedef struct nias_group_options {
    /// NULL: a fresh group. Else the nias_group_id() of an earlier life of the program, which submits the
    /// same tasks in the same order: what ended is told, what lives is followed, nothing runs twice.
    const char* id;
    /// Once so many have failed, timed out, been lost or been refused, the rest is cancelled; 0: never.
    uint64_t fails_max;
    uint32_t in_order;  ///< 0: ends are told as they come; else by index
} nias_group_options;

/// Gives tasks to one server, on a thread of its own.
typedef struct nias_submitter nias_submitter;
/// Many tasks of a submitter as one.
typedef struct nias_group nias_group;
/// Takes tasks from one server and runs a handler on them.
typedef struct nias_worker nias_worker;
/// One attempt of one task, in a handler's hands until the handler returns.
typedef struct nias_work nias_work;

/// How much a line of the log matters, as in <nias/log.hpp>.
typedef enum nias_log_level {
    NIAS_LOG_DEBUG = 0,  ///< for those who look for a fault of NIAS
    NIAS_LOG_INFO = 1,   ///< needs nothing
    NIAS_LOG_WARN = 2,   ///< something was lost, refused or is late, and is tried again
    NIAS_LOG_ERROR = 3   ///< it stays wrong until a person does something
} nias_log_level;

/// Gets one line of the library's log, without a line end, on whichever thread has something to say, one call
/// at a time. The text is the library's. It calls nothing of NIAS, and does not throw.
typedef void (*nias_log_hook)(nias_log_level level, const char* line, void* user);

/// Hands the lines of `least` and above to `hook`, in place of stderr; NULL gives them back. For the whole
/// process, any thread; once it returns the hook before does not run and is not called any more.
NIAS_C_API void nias_set_log(nias_log_hook hook, void* user, nias_log_level least);

/// The version of the library that runs, as NIAS_VERSION is that of this header. Valid for ever.
NIAS_C_API const char* nias_version(void);

/// Connects to the server on the data directory `server`, or on the machine `tcp://HOST[:PORT]`. `keys` is
/// the file of a submitter's key, or NULL; with it, `server` may be NULL: the key knows the addresses.
/// Without both it is the server on this host's loopback. The server may start later. NULL: NIAS_INVALID, an
/// address or a key that cannot be used.
NIAS_C_API nias_submitter* nias_submitter_open(const char* server, const char* keys, nias_error* error);

/// Submits the task and waits until the server has accepted it: where that is durable, it is on stable
/// storage then. `id` is written in every case but NIAS_INVALID. NIAS_OVERLOADED: refused, try later;
/// NIAS_UNAVAILABLE: no answer within `timeout_ms`, so that nobody knows: submit it again with the same id,
/// and it is the same task.
NIAS_C_API nias_code nias_submit(nias_submitter* submitter, const nias_task* task, int64_t timeout_ms,
                                 char id[NIAS_ID_BYTES], nias_error* error);

/// Waits until the task has ended and gives its outcome, of any status, into `*outcome`: the caller frees it.
/// The task may be somebody else's. NIAS_UNAVAILABLE: it has not ended within `timeout_ms`; NIAS_NOT_FOUND:
/// the server does not know it.
NIAS_C_API nias_code nias_wait(nias_submitter* submitter, const char* id, int64_t timeout_ms,
                               nias_outcome** outcome, nias_error* error);

/// Submits the task and waits for nothing; only while 65,536 tasks are not accepted yet it waits for room.
/// nias_next() gives its end, once, in every case: its outcome, or why there is none (NIAS_OVERLOADED or
/// NIAS_INVALID, the server refused it; NIAS_UNAVAILABLE, not accepted within `timeout_ms`). `id` is written
/// in every case but NIAS_INVALID. NIAS_OVERLOADED here: a million ends were not taken yet.
NIAS_C_API nias_code nias_submit_async(nias_submitter* submitter, const nias_task* task, int64_t timeout_ms,
                                       char id[NIAS_ID_BYTES], nias_error* error);

/// Readable while nias_next() has an end to give: for poll(), select() and event loops. It is the
/// submitter's, to be watched and not read or closed, until nias_submitter_close(). -1: there is no
/// submitter.
NIAS_C_API int nias_descriptor(const nias_submitter* submitter);

/// Gives the next end of the tasks of nias_submit_async() into `*outcome`, in the order in which they ended:
/// the caller frees it. NULL: none came within `timeout_ms`; with 0 it does not wait. nias_wait() of such a
/// task asks the server, which may have forgotten it.
NIAS_C_API nias_code nias_next(nias_submitter* submitter, int64_t timeout_ms, nias_outcome** outcome,
                               nias_error* error);

/// Submits `count` tasks as one group, at most 65,536 groups of a submitter at once. Their `id` is NULL.
/// `options` may be NULL. NULL: NIAS_INVALID, the message names the task that cannot be taken, and none was
/// submitted; NIAS_CONFLICT: this group is open.
NIAS_C_API nias_group* nias_group_submit(nias_submitter* submitter, const nias_task* tasks, size_t count,
                                         const nias_group_options* options, nias_error* error);

/// The group's id, which a program keeps to find it again. The group's; valid until it is freed.
NIAS_C_API const char* nias_group_id(const nias_group* group);

/// How many tasks stand how. Never waits.
NIAS_C_API nias_code nias_group_progress(const nias_group* group, nias_progress* progress, nias_error* error);

/// Gives the next end of the group's tasks into `*outcome`, as they come: the caller frees it. NULL: all have
/// ended and were told. NIAS_UNAVAILABLE: none came within `timeout_ms`.
NIAS_C_API nias_code nias_group_next(nias_group* group, int64_t timeout_ms, nias_outcome** outcome,
                                     nias_error* error);

/// Readable while nias_group_next() need not wait: for poll(), select() and event loops. It is the group's,
/// to be watched and not read or closed, until nias_group_free(). -1, with an error: no descriptor is left,
/// or the submitter is closed.
NIAS_C_API int nias_group_descriptor(nias_group* group, nias_error* error);

/// Submits again every task of the group that has ended and not succeeded, with the place that it had; also
/// in a group that was cancelled, which goes on. `*retried` is how many they were, and may be NULL. Their
/// ends are told once more.
NIAS_C_API nias_code nias_group_retry_failed(nias_group* group, size_t* retried, nias_error* error);

/// Asks that every task of the group end that lives. Never waits; repeated until all have ended.
NIAS_C_API nias_code nias_group_cancel(nias_group* group, nias_error* error);

/// Lets go of the group; its tasks go on. It may come after nias_submitter_close(). NULL is fine.
NIAS_C_API void nias_group_free(nias_group* group);

/// Asks that the task end; its outcome tells whether it did so before it was done.
NIAS_C_API nias_code nias_cancel(nias_submitter* submitter, const char* id, nias_error* error);

/// Frees the outcome and all that it points to. NULL is fine.
NIAS_C_API void nias_outcome_free(nias_outcome* outcome);

/// Ends the submitter's thread and frees it; its tasks go on. No other call of it, or of its groups, may be
/// under way; later calls of these are NIAS_UNAVAILABLE. NULL is fine.
NIAS_C_API void nias_submitter_close(nias_submitter* submitter);

/// How much work a worker takes, and which. Zero, or NULL, stands for the default of each member.
typedef struct nias_worker_options {
    const char* name;     ///< kept across restarts; NULL: that of the key, or the host's
    const char* runtime;  ///< announced to the server: gets tasks that name it, and those that name none
    const char*
        outbox;      ///< folder of outcomes that are not settled, of this worker alone; NULL: in memory only
    uint32_t slots;  ///< handlers that run at once, a thread each; 0: one
    /// 0: handlers run on threads. Else each attempt runs in a process that is forked for it: a crash ends
    /// that attempt alone, one that does not stop is killed, and what the handler changes in memory is gone
    /// with it. Threads of the program are not there, and locks that they held stay locked: that of a Python
    /// interpreter, too.
    uint32_t isolated;
} nias_worker_options;

/// Works on one attempt and ends it with nias_work_succeed() or nias_work_fail(); one that returns without
/// either has failed. It is called on threads of the worker, on as many at once as there are slots. It may
/// not throw. `user` is what was given to nias_worker_run().
typedef void (*nias_handler)(nias_work* work, void* user);

/// Connects as nias_submitter_open() does, with a key of role `worker`. `options` may be NULL. NULL:
/// NIAS_INVALID, an option, an address or a key that cannot be used; NIAS_CONFLICT, another worker has the
/// outbox.
NIAS_C_API nias_worker* nias_worker_open(const char* server, const char* keys,
                                         const nias_worker_options* options, nias_error* error);

/// Works on this thread until nias_worker_stop(), then lets handlers end and outcomes settle, up to ten
/// minutes. Once a worker. NIAS_CONFLICT: the server refused it, and why.
NIAS_C_API nias_code nias_worker_run(nias_worker* worker, nias_handler handler, void* user,
                                     nias_error* error);

/// Asks nias_worker_run() to drain and return. Any thread; safe in a signal handler.
NIAS_C_API void nias_worker_stop(nias_worker* worker);

/// Frees the worker. nias_worker_run() has returned before. NULL is fine.
NIAS_C_API void nias_worker_close(nias_worker* worker);

/// The task, owned by the work and valid until the handler returns.
NIAS_C_API const nias_task* nias_work_task(const nias_work* work);

/// 1: stop soon, for the task was cancelled, is past its time limit, or was given to another worker. Else 0.
NIAS_C_API int nias_work_cancelled(const nias_work* work);

/// The next bytes of the task's log.
NIAS_C_API void nias_work_log(nias_work* work, const char* bytes, size_t count);

/// How far the task is, 0 to 1, and a line of at most 512 bytes. The latest wins; some may be lost.
NIAS_C_API void nias_work_progress(nias_work* work, double fraction, const char* text);

/// Ends the attempt with this output, at most 65,536 bytes. The last of these two calls counts.
NIAS_C_API void nias_work_succeed(nias_work* work, const void* output, size_t output_bytes);

/// Ends the attempt as failed, or as cancelled where that was asked, with a sentence of at most 4 KiB for a
/// person.
NIAS_C_API void nias_work_fail(nias_work* work, const char* message);

#ifdef __cplusplus
}
#endif
