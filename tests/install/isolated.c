/* A worker in C whose handlers run in processes of their own, and a submitter of it. Usage: isolated DATA_DIR
   Prints a line a task: status, attempt and error of one that crashes and of one that does not. */
#define _POSIX_C_SOURCE 200809L
#include <nias/c.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static void handle(nias_work* work, void* user) {
    (void)user;
    const nias_task* task = nias_work_task(work);
    if (task->payload_bytes == 5 && memcmp(task->payload, "crash", 5) == 0) { raise(SIGSEGV); }
    nias_work_succeed(work, task->payload, task->payload_bytes);
}

static void* run(void* worker) {
    nias_error error;
    if (nias_worker_run(worker, handle, NULL, &error) != NIAS_OK) { fprintf(stderr, "%s\n", error.message); }
    return NULL;
}

static int tell(nias_submitter* lab, const char* payload) {
    nias_error error;
    char id[NIAS_ID_BYTES];
    nias_outcome* outcome;
    nias_task task = {
        .owner = "ana", .runtime = "isolated-c", .payload = payload, .payload_bytes = strlen(payload)};
    if (nias_submit(lab, &task, 30000, id, &error) != NIAS_OK ||
        nias_wait(lab, id, 60000, &outcome, &error) != NIAS_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    printf("%s %u %s\n", outcome->status == NIAS_SUCCEEDED ? "succeeded" : "failed", outcome->attempt,
           outcome->error);
    nias_outcome_free(outcome);
    return 0;
}

int main(int argc, char** argv) {
    nias_error error;
    nias_worker_options options = {.name = "isolated-c", .runtime = "isolated-c", .isolated = 1};
    nias_worker* worker = argc == 2 ? nias_worker_open(argv[1], NULL, &options, &error) : NULL;
    pthread_t thread;
    if (worker == NULL || pthread_create(&thread, NULL, run, worker) != 0) { return 1; }
    nias_submitter* lab = nias_submitter_open(argv[1], NULL, &error);
    int status = lab == NULL || tell(lab, "crash") != 0 || tell(lab, "good") != 0;
    nias_submitter_close(lab);
    nias_worker_stop(worker);
    pthread_join(thread, NULL);
    nias_worker_close(worker);
    return status;
}
