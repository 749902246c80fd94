-- ledger.db: which tasks exist, which attempt is current, how each ended. Single writer: the ventilator.
-- A task costs two rows when all goes well: one of `tasks` when it is accepted, one of `ends` when it has ended.
-- Checks are chains of OR: for an IN with more than two values SQLite fills a table of its own, a row at a time.
-- Times are Unix milliseconds, 0 for «not yet». Ids are 16 bytes and sort by time of making.

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
