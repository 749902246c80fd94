-- A ledger of schema 2: one task that runs for the third time, one that has ended.
CREATE TABLE IF NOT EXISTS tasks (
    id            BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
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
    payload       BLOB NOT NULL,
    bundle        BLOB,                       -- SHA-256, or NULL
    bundle_bytes  INTEGER NOT NULL,
    submitted     INTEGER NOT NULL
) WITHOUT ROWID;

-- Where a living task stands, once it is no longer queued for its first attempt. Gone when it has ended.
CREATE TABLE IF NOT EXISTS living (
    id            BLOB PRIMARY KEY NOT NULL,
    state         TEXT NOT NULL CHECK (state = 'queued' OR state = 'assigned' OR state = 'running'),
    attempt       INTEGER NOT NULL,           -- raised before the attempt it names is dispatched
    worker        TEXT NOT NULL,
    reason        TEXT NOT NULL,
    started       INTEGER NOT NULL
) WITHOUT ROWID;

-- The one end of a task. Never changed once written.
CREATE TABLE IF NOT EXISTS ends (
    id            BLOB PRIMARY KEY NOT NULL,
    state         TEXT NOT NULL CHECK (state = 'succeeded' OR state = 'failed' OR state = 'cancelled' OR
                                       state = 'timed_out' OR state = 'lost'),
    attempt       INTEGER NOT NULL,
    by_worker     TEXT NOT NULL,
    reason        TEXT NOT NULL,
    at            INTEGER NOT NULL,
    told          INTEGER NOT NULL,           -- 1: by an outcome, whose columns follow; 0: they are empty
    status        INTEGER NOT NULL,
    cause         INTEGER NOT NULL,
    exit_code     INTEGER NOT NULL,
    signal        INTEGER NOT NULL,
    wall_ms       INTEGER NOT NULL,
    cpu_ms        INTEGER NOT NULL,
    peak_memory   INTEGER NOT NULL,
    output        BLOB NOT NULL,
    output_blob   BLOB,
    output_bytes  INTEGER NOT NULL,
    error         TEXT NOT NULL,
    notes         TEXT NOT NULL,              -- a line each
    worker        TEXT NOT NULL,
    started       INTEGER NOT NULL,
    ended         INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO tasks VALUES (X'01000000000000000000000000000007', 'ana', 'c1', 'fit', 'python', 2, 0, 4096, 60000, -3, 4, X'0001ff', NULL, 0, 1700000000007);
INSERT INTO living VALUES (X'01000000000000000000000000000007', 'running', 3, 'lab2', 'attempt 1: it broke', 1700000000100);
INSERT INTO tasks VALUES (X'01000000000000000000000000000008', 'ana', 'c1', 'fit', 'python', 1, 0, 0, 0, 0, 3, X'', NULL, 0, 1700000000008);
INSERT INTO ends VALUES (X'01000000000000000000000000000008', 'succeeded', 1, 'lab1', '', 1700000000200, 1, 0, 0, 0, 0, 10, 20, 30, X'2a', NULL, 0, '', '', 'lab1', 1700000000150, 1700000000190);
