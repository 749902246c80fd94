-- results.db: the outcome of each attempt, as its worker reported it. Single writer: the sink.
-- What neighbours share is written once, as a «head», whose columns are those of `end_heads` in ledger.sql from status
-- on. To be read: `outcomes`.
CREATE TABLE IF NOT EXISTS outcome_heads (
    head          INTEGER PRIMARY KEY,
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
CREATE TABLE IF NOT EXISTS outcome_rows (
    id            BLOB NOT NULL CHECK (length(id) = 16),
    attempt       INTEGER NOT NULL,
    head          INTEGER NOT NULL REFERENCES outcome_heads (head),
    output        BLOB NOT NULL,
    PRIMARY KEY (id, attempt)
) WITHOUT ROWID;
-- Heads of rows that were erased; those that no other row has go when the store is opened.
CREATE TABLE IF NOT EXISTS gone_heads (
    head          INTEGER PRIMARY KEY
);
-- CROSS JOIN: from the row to its head, never the other way, for which there is no index.
CREATE VIEW IF NOT EXISTS outcomes AS
    SELECT id, attempt, status, cause, exit_code, signal, wall_ms, cpu_ms, peak_memory, output, output_blob,
           output_bytes, error, notes, worker, started, ended
    FROM outcome_rows CROSS JOIN outcome_heads USING (head);
