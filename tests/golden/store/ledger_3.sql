-- A ledger of schema 3: tasks that wait (1), run for the third time (2), ended by an outcome (3), and without one (4).
-- What was asked for. Never changed once written.
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
    submitted     INTEGER NOT NULL,
    counted       TEXT NOT NULL DEFAULT ''    -- counted resources of the lab: «2 matlab_seats», a line each
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

INSERT INTO tasks VALUES (X'01000000000000000000000000000001', 'ana', 'c1', 'fit', 'python', 2, 1, 12884901888, 60000, -3, 4, X'0001ff', X'0000000000000000000000000000000000000000000000000000000000000009', 77, 1700000000001, '2 matlab_seats' || char(10));
INSERT INTO tasks VALUES (X'01000000000000000000000000000002', 'ana', 'c1', 'fit', 'python', 2, 1, 12884901888, 60000, -3, 4, X'0001ff', X'0000000000000000000000000000000000000000000000000000000000000009', 77, 1700000000002, '');
INSERT INTO living VALUES (X'01000000000000000000000000000002', 'running', 3, 'lab2', 'attempt 1: it broke', 1700000000100);
INSERT INTO tasks VALUES (X'01000000000000000000000000000003', 'ana', 'c1', 'fit', 'python', 2, 1, 12884901888, 60000, -3, 4, X'0001ff', X'0000000000000000000000000000000000000000000000000000000000000009', 77, 1700000000003, '');
INSERT INTO ends VALUES (X'01000000000000000000000000000003', 'succeeded', 1, 'lab1', '', 5000, 1, 0, 0, 0, 0, 10, 20, 30, X'010002', X'c800000000000000000000000000000000000000000000000000000000000000', 12, 'não "foi"', 'first note' || char(10) || 'second note' || char(10), 'lab1', 4000, 6000);
INSERT INTO tasks VALUES (X'01000000000000000000000000000004', 'ana', 'c1', 'fit', 'python', 2, 1, 12884901888, 60000, -3, 4, X'0001ff', X'0000000000000000000000000000000000000000000000000000000000000009', 77, 1700000000004, '');
INSERT INTO ends VALUES (X'01000000000000000000000000000004', 'lost', 2, 'lab1', 'gone', 6000, 0, 0, 0, 0, 0, 0, 0, 0, X'', NULL, 0, '', '', '', 0, 0);
