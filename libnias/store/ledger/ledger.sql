-- ledger.db: which tasks exist, which attempt is current, how each ended. Single writer: the ventilator.
-- A task costs two short rows when all goes well: one of `task_rows` when it is accepted, one of `end_rows` when it has
-- ended. What neighbours share is written once, as a «head». To be read: `tasks`, `living`, `ends`.
-- Checks are chains of OR: for an IN with more than two values SQLite fills a table of its own, a row at a time.
-- Times are Unix milliseconds, 0 for «not yet». Ids are 16 bytes and sort by time of making.

-- What was asked for. Never changed once written.
CREATE TABLE IF NOT EXISTS task_heads (
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
    bundle        BLOB,                       -- SHA-256, or NULL
    bundle_bytes  INTEGER NOT NULL,
    counted       TEXT NOT NULL,              -- counted resources of the lab: «2 matlab_seats», a line each
    lease_s       INTEGER NOT NULL DEFAULT 0, -- how long its machine may be silent; 0: as long as it has run
    task_group    BLOB,                       -- id of the group that it belongs to, or NULL
    group_size    INTEGER NOT NULL DEFAULT 0, -- tasks of that group; 0: not said
    max_failures  INTEGER NOT NULL DEFAULT 0, -- failures after which it runs again
    request       TEXT NOT NULL DEFAULT ''    -- name of the request that made it, for logs
);
CREATE INDEX IF NOT EXISTS heads_of_bundle ON task_heads (bundle) WHERE bundle IS NOT NULL;
CREATE TABLE IF NOT EXISTS task_rows (
    id            BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    head          INTEGER NOT NULL REFERENCES task_heads (head),
    submitted     INTEGER NOT NULL,
    payload       BLOB NOT NULL
) WITHOUT ROWID;
-- The tasks of each group. The last four bytes of an id are the task's place in it.
CREATE TABLE IF NOT EXISTS group_rows (
    task_group    BLOB NOT NULL CHECK (length(task_group) = 16),
    id            BLOB NOT NULL,
    PRIMARY KEY (task_group, id)
) WITHOUT ROWID;
-- CROSS JOIN: from the row to its head, never the other way, for which there is no index.
CREATE VIEW IF NOT EXISTS tasks AS
    SELECT id, owner, client, name, runtime, cpus, gpus, memory_bytes, time_limit_ms, priority, max_attempts,
           payload, bundle, bundle_bytes, submitted, counted, lease_s, task_group, group_size, max_failures,
           request
    FROM task_rows CROSS JOIN task_heads USING (head);

-- Where a living task stands, once it is no longer queued for its first attempt. Gone when it has ended.
CREATE TABLE IF NOT EXISTS living (
    id            BLOB PRIMARY KEY NOT NULL,
    state         TEXT NOT NULL CHECK (state = 'queued' OR state = 'assigned' OR state = 'running'),
    attempt       INTEGER NOT NULL,           -- raised before the attempt it names is dispatched
    worker        TEXT NOT NULL,
    reason        TEXT NOT NULL,
    started       INTEGER NOT NULL,
    issued        INTEGER NOT NULL DEFAULT 0, -- the highest number given to a worker, where that is over `attempt`; or 0
    failures      INTEGER NOT NULL DEFAULT 0, -- outcomes `failed` after which it was queued again
    open          TEXT NOT NULL DEFAULT ''    -- earlier attempts, lost from sight, that may be taken back: «1 3»
) WITHOUT ROWID;

-- Workers that an administrator has paused (1) or drains (2). Gone when they are resumed.
CREATE TABLE IF NOT EXISTS worker_orders (
    worker        TEXT PRIMARY KEY NOT NULL,
    kind          INTEGER NOT NULL CHECK (kind = 1 OR kind = 2),
    reason        TEXT NOT NULL,
    at            INTEGER NOT NULL
) WITHOUT ROWID;

-- Ended tasks that were forgotten. Step 0: out of sight, and had back until `due`. 1: nothing of them is in the other
-- tables, and the sink is to erase the rest. 2: erased; the id is kept until `due`, so that a late repeat is refused.
CREATE TABLE IF NOT EXISTS forgotten (
    id            BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    step          INTEGER NOT NULL CHECK (step = 0 OR step = 1 OR step = 2),
    at            INTEGER NOT NULL,
    due           INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS forgotten_due ON forgotten (step, due);
-- Heads of rows that were deleted with a forgotten task; those that no other row has go when the ledger is opened.
CREATE TABLE IF NOT EXISTS gone_heads (
    of_end        INTEGER NOT NULL,           -- 0: of `task_heads`; 1: of `end_heads`
    head          INTEGER NOT NULL,
    PRIMARY KEY (of_end, head)
) WITHOUT ROWID;

-- How much there is, in the one row, written with the rows that it counts: counting them takes longer the more there are.
CREATE TABLE IF NOT EXISTS totals (
    one           INTEGER PRIMARY KEY CHECK (one = 1),
    tasks         INTEGER NOT NULL,           -- rows of `task_rows`
    ends          INTEGER NOT NULL,           -- rows of `end_rows`
    forgets       INTEGER NOT NULL            -- changes that were made to `forgotten`; only grows
);

-- The one end of a task. Never changed once written.
CREATE TABLE IF NOT EXISTS end_heads (
    head          INTEGER PRIMARY KEY,
    state         TEXT NOT NULL CHECK (state = 'succeeded' OR state = 'failed' OR state = 'cancelled' OR
                                       state = 'timed_out' OR state = 'lost'),
    attempt       INTEGER NOT NULL,
    by_worker     TEXT NOT NULL,
    reason        TEXT NOT NULL,
    at            INTEGER NOT NULL,
    told          INTEGER NOT NULL,           -- 1: by an outcome, whose columns follow; 2: so, but for the output, which
                                              -- results.db has; 0: they are empty
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
    notes         TEXT NOT NULL,              -- a line each
    worker        TEXT NOT NULL,
    started       INTEGER NOT NULL,
    ended         INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS end_rows (
    id            BLOB PRIMARY KEY NOT NULL,
    head          INTEGER NOT NULL REFERENCES end_heads (head),
    output        BLOB NOT NULL
) WITHOUT ROWID;
CREATE VIEW IF NOT EXISTS ends AS
    SELECT id, state, attempt, by_worker, reason, at, told, status, cause, exit_code, signal, wall_ms, cpu_ms,
           peak_memory, output, output_blob, output_bytes, error, notes, worker, started, ended
    FROM end_rows CROSS JOIN end_heads USING (head);
-- Counted once, when the table is made.
INSERT INTO totals SELECT 1, (SELECT count(*) FROM task_rows), (SELECT count(*) FROM end_rows), 0
    WHERE NOT EXISTS (SELECT 1 FROM totals);
