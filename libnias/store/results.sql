-- results.db: the outcome of each attempt, as its worker reported it. Single writer: the sink.
-- The columns from status on are those of `ends` in ledger.sql.
CREATE TABLE IF NOT EXISTS outcomes (
    id            BLOB NOT NULL CHECK (length(id) = 16),
    attempt       INTEGER NOT NULL,
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
    notes         TEXT NOT NULL,
    worker        TEXT NOT NULL,
    started       INTEGER NOT NULL,
    ended         INTEGER NOT NULL,
    PRIMARY KEY (id, attempt)
) WITHOUT ROWID;
