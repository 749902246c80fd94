-- From schema 3 of ledger.db, a row of `tasks` and of `ends` a task, to schema 4: each task keeps a head of its own.
ALTER TABLE tasks RENAME TO tasks_3;
ALTER TABLE ends RENAME TO ends_3;
CREATE TABLE task_heads (
    head          INTEGER PRIMARY KEY,
    owner         TEXT NOT NULL,
    client        TEXT NOT NULL,
    name          TEXT NOT NULL,
    runtime       TEXT NOT NULL,
    cpus          INTEGER NOT NULL,
    gpus          INTEGER NOT NULL,
    memory_bytes  INTEGER NOT NULL,
    time_limit_ms INTEGER NOT NULL,
    priority      INTEGER NOT NULL,
    max_attempts  INTEGER NOT NULL,
    bundle        BLOB,
    bundle_bytes  INTEGER NOT NULL,
    counted       TEXT NOT NULL
);
CREATE TABLE task_rows (
    id            BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    head          INTEGER NOT NULL REFERENCES task_heads (head),
    submitted     INTEGER NOT NULL,
    payload       BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO task_heads SELECT row_number() OVER (ORDER BY id),
    owner, client, name, runtime, cpus, gpus, memory_bytes, time_limit_ms, priority, max_attempts, bundle,
    bundle_bytes, counted
    FROM tasks_3 ORDER BY id;
INSERT INTO task_rows SELECT id, row_number() OVER (ORDER BY id), submitted, payload
    FROM tasks_3 ORDER BY id;
DROP TABLE tasks_3;
CREATE TABLE end_heads (
    head          INTEGER PRIMARY KEY,
    state         TEXT NOT NULL CHECK (state = 'succeeded' OR state = 'failed' OR state = 'cancelled' OR
                                       state = 'timed_out' OR state = 'lost'),
    attempt       INTEGER NOT NULL,
    by_worker     TEXT NOT NULL,
    reason        TEXT NOT NULL,
    at            INTEGER NOT NULL,
    told          INTEGER NOT NULL,
    status        INTEGER NOT NULL,
    cause         INTEGER NOT NULL,
    exit_code     INTEGER NOT NULL,
    signal        INTEGER NOT NULL,
    wall_ms       INTEGER NOT NULL,
    cpu_ms        INTEGER NOT NULL,
    peak_memory   INTEGER NOT NULL,
    output_blob   BLOB,
    output_bytes  INTEGER NOT NULL,
    error         TEXT NOT NULL,
    notes         TEXT NOT NULL,
    worker        TEXT NOT NULL,
    started       INTEGER NOT NULL,
    ended         INTEGER NOT NULL
);
CREATE TABLE end_rows (
    id            BLOB PRIMARY KEY NOT NULL,
    head          INTEGER NOT NULL REFERENCES end_heads (head),
    output        BLOB NOT NULL
) WITHOUT ROWID;
INSERT INTO end_heads SELECT row_number() OVER (ORDER BY id),
    state, attempt, by_worker, reason, at, told, status, cause, exit_code, signal, wall_ms, cpu_ms,
    peak_memory, output_blob, output_bytes, error, notes, worker, started, ended
    FROM ends_3 ORDER BY id;
INSERT INTO end_rows SELECT id, row_number() OVER (ORDER BY id), output
    FROM ends_3 ORDER BY id;
DROP TABLE ends_3;
