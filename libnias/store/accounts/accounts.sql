-- accounts.db: who may use the server. Single writer: the front. Secrets are kept as SHA-256 hashes of 256 random bits,
-- passwords as argon2id texts. Times are Unix milliseconds.
CREATE TABLE IF NOT EXISTS users (
    name          TEXT NOT NULL PRIMARY KEY,
    full_name     TEXT NOT NULL,
    role          INTEGER NOT NULL,
    password      TEXT NOT NULL,
    disabled      INTEGER NOT NULL,
    made          INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS invitations (
    hash          BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    id            TEXT NOT NULL UNIQUE,
    kind          INTEGER NOT NULL,
    role          INTEGER NOT NULL,
    user          TEXT NOT NULL,
    note          TEXT NOT NULL,
    made_by       TEXT NOT NULL,
    made          INTEGER NOT NULL,
    expires       INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    hash          BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    id            TEXT NOT NULL UNIQUE,
    user          TEXT NOT NULL REFERENCES users (name),
    made          INTEGER NOT NULL,
    used          INTEGER NOT NULL,
    address       TEXT NOT NULL,
    agent         TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sessions_of ON sessions (user, made);
CREATE TABLE IF NOT EXISTS tokens (
    hash          BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    id            TEXT NOT NULL UNIQUE,
    user          TEXT NOT NULL REFERENCES users (name),
    label         TEXT NOT NULL,
    scopes        INTEGER NOT NULL,
    made          INTEGER NOT NULL,
    expires       INTEGER NOT NULL,
    used          INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tokens_of ON tokens (user, made);
CREATE TABLE IF NOT EXISTS audit (
    seq           INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,
    actor         TEXT NOT NULL,
    address       TEXT NOT NULL,
    action        TEXT NOT NULL,
    subject       TEXT NOT NULL
);
