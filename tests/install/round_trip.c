/* A program in C11 against the installed header: submits a line to a worker of the runtime that is named, waits, and
   prints the outcome. Usage: round_trip DATA_DIR RUNTIME TEXT */
#include <nias/c.h>

#include <stdio.h>
#include <string.h>

static int fail(const nias_error* error) {
    fprintf(stderr, "%d %s\n", (int)error->code, error->message);
    return 1;
}

int main(int argc, char** argv) {
    nias_error error = {NIAS_OK, ""};
    nias_task task = {0};
    nias_outcome* outcome = NULL;
    nias_submitter* submitter;
    char id[NIAS_ID_BYTES];
    if (argc != 4) { return 2; }
    submitter = nias_submitter_open(argv[1], NULL, &error);
    if (submitter == NULL) { return fail(&error); }
    task.owner = "c";
    task.runtime = argv[2];
    task.payload = argv[3];
    task.payload_bytes = strlen(argv[3]);
    if (nias_submit(submitter, &task, 30000, id, &error) != NIAS_OK ||
        nias_wait(submitter, id, 60000, &outcome, &error) != NIAS_OK) {
        return fail(&error);
    }
    printf("%s %d %.*s %s\n", id, (int)outcome->status, (int)outcome->output_bytes, (const char*)outcome->output,
           strcmp(nias_version(), NIAS_VERSION) == 0 ? "same" : "other");
    nias_outcome_free(outcome);
    nias_submitter_close(submitter);
    return 0;
}
