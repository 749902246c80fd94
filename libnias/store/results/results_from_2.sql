-- From schema 2 of results.db, a row of `outcomes` an attempt, to schema 3: each outcome keeps a head of its own.
ALTER TABLE outcomes RENAME TO outcomes_2;
CREATE TABLE outcome_heads (
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
CREATE TABLE outcome_rows (
    id            BLOB NOT NULL CHECK (length(id) = 16),
    attempt       INTEGER NOT NULL,
    head          INTEGER NOT NULL REFERENCES outcome_heads (head),
    output        BLOB NOT NULL,
    PRIMARY KEY (id, attempt)
) WITHOUT ROWID;
INSERT INTO outcome_heads SELECT row_number() OVER (ORDER BY id, attempt),
    status, cause, exit_code, signal, wall_ms, cpu_ms, peak_memory, output_blob, output_bytes, error, notes,
    worker, started, ended
    FROM outcomes_2 ORDER BY id, attempt;
INSERT INTO outcome_rows SELECT id, attempt, row_number() OVER (ORDER BY id, attempt), output
    FROM outcomes_2 ORDER BY id, attempt;
DROP TABLE outcomes_2;
