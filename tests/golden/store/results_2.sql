-- Results of schema 2: two attempts of one task, and one of another.
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

INSERT INTO outcomes VALUES (X'01000000000000000000000000000001', 1, 0, 0, 0, 0, 10, 20, 30, X'010002', X'c800000000000000000000000000000000000000000000000000000000000000', 12, 'não "foi"', 'first note' || char(10) || 'second note' || char(10), 'lab1', 4000, 6000);
INSERT INTO outcomes VALUES (X'01000000000000000000000000000001', 2, 0, 0, 0, 0, 10, 20, 30, X'010002', X'c800000000000000000000000000000000000000000000000000000000000000', 12, 'não "foi"', 'first note' || char(10) || 'second note' || char(10), 'lab1', 4000, 6000);
INSERT INTO outcomes VALUES (X'01000000000000000000000000000002', 1, 0, 0, 0, 0, 10, 20, 30, X'010002', X'c800000000000000000000000000000000000000000000000000000000000000', 12, 'não "foi"', 'first note' || char(10) || 'second note' || char(10), 'lab1', 4000, 6000);
